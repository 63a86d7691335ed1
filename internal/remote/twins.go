package remote

import (
	"reflect"
	"sync"
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
		if last := a.last[k]; reflect.DeepEqual(inner, last) {
			t[k] = last
		} else {
			a.last[k] = inner
		}
	}
}
