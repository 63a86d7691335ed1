package cli

import (
	"strings"
	"testing"
	"time"

	"github.com/idpsync/idpsync/internal/reconcile"
)

// TestWatchLineHasAVerdict: a first pass that the lock ended has compared
// nothing, and its line has a word for that in every format.
func TestWatchLineHasAVerdict(t *testing.T) {
	s := &reconcile.Status{Target: "prod", Trouble: &reconcile.Trouble{Message: "held by another"}}
	a := &app{env: Env{Now: func() time.Time { return time.Time{} }}}
	if got := a.passLine(s, nil); !strings.HasSuffix(got, "Z prod failing; held by another") {
		t.Error(got)
	}
	if got := newPassDocument(s, nil, time.Time{}).Verdict; got != "failing" {
		t.Errorf("%q", got)
	}
}
