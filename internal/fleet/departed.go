package fleet

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// departedError names the targets that nobody looks after any more: a merge that
// went wrong must not end the care for a pool unseen.
type departedError struct{ names []string }

// mostNamed is how many targets one line names.
const mostNamed = 5

func (e *departedError) Error() string {
	slices.Sort(e.names)
	if more := len(e.names) - mostNamed; more > 0 {
		return fmt.Sprintf("no longer looked after: %s and %d more", strings.Join(e.names[:mostNamed], ", "), more)
	}
	return "no longer looked after: " + strings.Join(e.names, ", ")
}

// Hint tells what next.
func (e *departedError) Hint() string {
	return "no entry of the fleet file picks them, or their project does not have them; their pools and what is known of them stay as they are"
}

// departing carries out a statement that takes rows of targets away and returns
// their names.
func departing(ctx context.Context, tx pgx.Tx, sql string, args ...any) ([]string, error) {
	gone, err := query[struct{ Name string }](ctx, tx, sql, args...)
	names := make([]string, len(gone))
	for i, g := range gone {
		names[i] = g.Name
	}
	return names, err
}

// depart tells of targets that went.
func (f *Fleet) depart(names []string) {
	if len(names) > 0 {
		f.o.Warn(&departedError{names})
	}
}
