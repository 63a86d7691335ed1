package cli

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/idpsync/idpsync/internal/ledger"
)

func TestJoinedErrorsAreALineEachAndOnce(t *testing.T) {
	gone := func() error {
		return &ledger.Error{Problem: ledger.Unreachable, Path: "postgres://db/x", Reason: "refused"}
	}
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"one", errors.New("a"), "error: a\n"},
		{"nested", errors.Join(errors.Join(errors.New("a"), errors.New("b")), errors.New("a")), "error: a\nerror: b\n"},
		{
			"below words", fmt.Errorf("not all that was done is in the ledger: %w", errors.Join(gone(), errors.Join(gone(), gone()), errors.New("b"))),
			"error: not all that was done is in the ledger: the ledger's database cannot be reached: postgres://db/x: refused\n" +
				"hint: see that the database runs, takes this login and has connections free; no step is begun without it\nerror: b\n",
		},
		{
			"one wrapped", fmt.Errorf("while: %w", gone()),
			"error: while: the ledger's database cannot be reached: postgres://db/x: refused\nhint: see that the database runs, takes this login and has connections free; no step is begun without it\n",
		},
	} {
		var b bytes.Buffer
		a := &app{err: &b, env: Env{Terminal: func(any) bool { return false }}}
		a.sayError(c.err)
		if b.String() != c.want {
			t.Errorf("%s:\n got %q\nwant %q", c.name, b.String(), c.want)
		}
	}
}
