package reconcile_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/reconcile"
)

// TestALoopGoesOnWhereAnotherEnded: what one loop knew another one knows, and hands
// on as it was; what cannot be read is only forgotten.
func TestALoopGoesOnWhereAnotherEnded(t *testing.T) {
	now := time.Date(2026, 11, 22, 16, 0, 0, 0, time.UTC)
	portal := model.Key{Kind: model.Application, Name: "portal"}
	want := &reconcile.Carried{
		Failures: 3, Superseded: 1, Verdict: reconcile.Differs, Digest: "sha256:1/t/2", Seen: now, Journal: now.Add(time.Second),
		Held: []reconcile.CarriedHold{{Key: portal.String(), Failures: 2, Until: now.Add(time.Minute), Err: "it did not work"}},
		Status: &reconcile.Status{
			Seq: 7, Target: "t", Verdict: reconcile.Differs, Since: now, LastPass: now, Ready: true, Drift: "sha256:3",
			Objects:  []reconcile.ObjectStatus{{Key: portal, State: reconcile.ObjectDrifted, Why: "changed on the server: appName", LastChange: now}},
			Counters: reconcile.Counters{Passes: map[reconcile.Verdict]uint64{reconcile.Differs: 4}, Steps: map[string]uint64{"done": 2}},
		},
	}
	text, err := want.Encode()
	if err != nil {
		t.Fatal(err)
	}
	l := reconcile.NewLoop(reconcile.LoopOptions{Target: "t", Resume: reconcile.DecodeCarried(text, want.Status)})
	got := l.Carry()
	status, before := *got.Status, *want.Status
	if status.Seq <= before.Seq {
		t.Errorf("the number of the snapshot went from %d to %d", before.Seq, status.Seq)
	}
	status.Seq, status.Phase, before.Phase = before.Seq, "", ""
	if d := cmp.Diff(before, status); d != "" {
		t.Error(d)
	}
	got.Status = want.Status
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if c := reconcile.DecodeCarried([]byte("{half"), nil); c == nil || c.Failures != 0 || c.Status != nil {
		t.Errorf("%+v", c)
	}
}
