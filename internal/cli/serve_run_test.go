package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/idpsync/idpsync/internal/reconcile"
)

// TestServeWaitsForALock: a first look that somebody's lock puts off is no line
// that says failing, and is told once beside the lines.
func TestServeWaitsForALock(t *testing.T) {
	var out, said bytes.Buffer
	a := newApp(Env{Now: func() time.Time { return time.Time{} }}, nil, &out, &said)
	s := &serving{app: a, f: &serveFlags{outs: outputs{{format: textFormat}}}}
	held := &reconcile.Status{Trouble: &reconcile.Trouble{Message: "the ledger is held by process 7"}}
	s.told("main/prod", nil, held)
	s.told("main/prod", held, held)
	if out.Len() > 0 || strings.Count(said.String(), "main/prod waits for its first look: the ledger is held by process 7") != 1 {
		t.Errorf("stdout: %q, stderr: %q", out.String(), said.String())
	}
	s.told("main/prod", held, &reconcile.Status{Verdict: reconcile.InSync})
	if !strings.HasSuffix(out.String(), "main/prod in sync\n") {
		t.Errorf("%q", out.String())
	}
}
