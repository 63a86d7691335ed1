package remote

import (
	"maps"
	"slices"
	"sync"

	"github.com/idpsync/idpsync/internal/model"
)

// twins keeps one tree of the many that say the same: applications differ in
// few of their settings, and trees that were read are never written to.
type twins struct {
	mu   sync.Mutex
	last map[string]tree // by the key it was read under
}

// share puts the tree met last in the place of each that is the same, all the
// way down.
func (a *twins) share(t tree) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.last == nil {
		a.last = map[string]tree{}
	}
	a.below(t)
}

func (a *twins) below(t tree) {
	for k, v := range t {
		inner, ok := v.(tree)
		if !ok || len(inner) == 0 {
			continue
		}
		a.below(inner)
		if last := a.last[k]; sameJSON(inner, last) {
			t[k] = last
		} else {
			a.last[k] = inner
		}
	}
}

// sameJSON compares what an answer holds; numbers by how they are written.
func sameJSON(x, y any) bool {
	switch x := x.(type) {
	case tree:
		y, ok := y.(tree)
		return ok && maps.EqualFunc(x, y, sameJSON)
	case []any:
		y, ok := y.([]any)
		return ok && slices.EqualFunc(x, y, sameJSON)
	case model.Secret:
		y, ok := y.(model.Secret)
		return ok && x.Equal(y)
	}
	return x == y
}
