package ledger_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idpsync/idpsync/internal/ledger"
	"github.com/idpsync/idpsync/internal/model"
)

// The part of the conformance suite that is about journals.

func head(id string) ledger.RunHead {
	return ledger.RunHead{
		ID: id, Time: noon, Tool: "idpsync/1", Target: "prod", Host: "https://x.example",
		ConfigDigest: "sha256:c", StateDigest: "sha256:s", Plan: "sha256:p", Holder: ledger.Holder{Host: "ci-7", PID: 42, Run: id, Since: noon},
	}
}

func journalTells(t *testing.T, at place) {
	p, ctx := at.pool(t), t.Context()
	w := lock(t, p)
	j, err := w.Begin(ctx, head("r1"))
	must(t, err)
	must(t, j.Override(ctx, "lockout", "only \"<test>\" users"))
	create := ledger.Entry{Time: noon, Key: corp, Action: "create", Seen: []string{"a", "b"}}
	update := ledger.Entry{Time: noon, Key: model.EnablementKey("portal", "corp"), Action: "update", Part: "mfa", ID: "6500cc"}
	one, err := j.Intent(ctx, create)
	must(t, err)
	two, err := j.Intent(ctx, update)
	must(t, err)
	done := ledger.Outcome{Time: noon, Fate: ledger.Done, ID: "6500aa"}
	failed := ledger.Outcome{Time: noon, Fate: ledger.Failed, Code: "IDP0502", Message: "no\nway", RequestID: "q1"}
	must(t, j.Outcome(ctx, two, failed))
	unfinished, err := at.pool(t).Unfinished(ctx)
	must(t, err)
	if len(unfinished) != 1 || len(unfinished[0].Open()) != 1 || unfinished[0].Open()[0].Key != corp {
		t.Fatalf("unfinished: %+v", unfinished)
	}
	must(t, j.Outcome(ctx, one, done))
	sum := ledger.Summary{Time: noon, Done: 1, Failed: 1, Exit: 5}
	must(t, j.Close(ctx, sum))
	must(t, j.Close(ctx, sum))
	if unfinished, err = p.Unfinished(ctx); err != nil || len(unfinished) > 0 {
		t.Errorf("unfinished: %+v, %v", unfinished, err)
	}
	r, err := at.pool(t).Run(ctx, "r1")
	must(t, err)
	want := head("r1")
	want.Epoch = w.Epoch()
	if diff := cmp.Diff(want, r.RunHead); diff != "" {
		t.Error(diff)
	}
	steps := []ledger.Step{{N: one, Entry: create, Outcome: &done}, {N: two, Entry: update, Outcome: &failed}}
	if diff := cmp.Diff(steps, r.Steps); diff != "" {
		t.Error(diff)
	}
	if r.Summary == nil || *r.Summary != sum || len(r.Overrides) != 1 || r.Overrides[0].Reason != "only \"<test>\" users" || r.Torn {
		t.Errorf("%+v", r)
	}
}

func interrupted(t *testing.T, at place) {
	p := at.pool(t)
	w := lock(t, p)
	j, err := w.Begin(t.Context(), head("r1"))
	must(t, err)
	n, err := j.Intent(t.Context(), ledger.Entry{Time: noon, Key: corp, Action: "create"})
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := j.Intent(ctx, ledger.Entry{Time: noon, Key: portal, Action: "create"}); !errors.Is(err, context.Canceled) {
		t.Errorf("an intent after the interrupt: %v", err)
	}
	must(t, j.Outcome(ctx, n, ledger.Outcome{Time: noon, Fate: ledger.Done, ID: "x"}))
	must(t, j.Close(ctx, ledger.Summary{Time: noon, Done: 1}))
	r, err := p.Run(t.Context(), "r1")
	if err != nil || len(r.Steps) != 1 || r.Summary == nil || r.Steps[0].Outcome == nil {
		t.Errorf("%+v, %v", r, err)
	}
}

func cutOff(t *testing.T, at place) {
	p, ctx := at.pool(t), t.Context()
	w := lock(t, p)
	for _, id := range []string{"r1", "r2"} {
		j, err := w.Begin(ctx, head(id))
		must(t, err)
		if id == "r1" {
			_, err = j.Intent(ctx, ledger.Entry{Time: noon, Key: corp, Action: "create"})
			must(t, err)
			n, err := j.Intent(ctx, ledger.Entry{Time: noon, Key: portal, Action: "create"})
			must(t, err)
			must(t, j.Outcome(ctx, n, ledger.Outcome{Time: noon, Fate: ledger.Unknown}))
		}
		must(t, w.Release())
		w = lock(t, p)
	}
	got, err := p.Unfinished(ctx)
	must(t, err)
	if len(got) != 2 || got[0].ID != "r1" || len(got[0].Open()) != 2 || got[1].ID != "r2" || len(got[1].Open()) != 0 {
		t.Errorf("%+v", got)
	}
	runs, err := p.Runs(ctx)
	must(t, err)
	if len(runs) != 2 || runs[0].ID != "r2" || runs[1].ID != "r1" || runs[1].Open != 2 || runs[1].Steps != 2 || runs[1].Summary != nil {
		t.Errorf("%+v", runs)
	}
}

func settles(t *testing.T, at place) {
	p, ctx := at.pool(t), t.Context()
	w := lock(t, p)
	j, err := w.Begin(ctx, head("r1"))
	must(t, err)
	a, err := j.Intent(ctx, ledger.Entry{Time: noon, Key: corp, Action: "create"})
	must(t, err)
	b, err := j.Intent(ctx, ledger.Entry{Time: noon, Key: portal, Action: "create"})
	must(t, err)
	must(t, w.Release())

	w = lock(t, p)
	found := ledger.Outcome{Time: noon, Fate: ledger.Done, ID: "x", By: "r-later"}
	must(t, w.Settle(ctx, "r1", map[int]ledger.Outcome{a: found, 99: found}))
	left, err := p.Unfinished(ctx)
	if err != nil || len(left) != 1 || len(left[0].Open()) != 1 || left[0].Open()[0].N != b {
		t.Fatalf("%+v, %v", left, err)
	}
	must(t, w.Settle(ctx, "r1", map[int]ledger.Outcome{b: {Time: noon, Fate: ledger.Absent, By: "r-later"}}))
	if left, err = p.Unfinished(ctx); err != nil || len(left) > 0 {
		t.Fatalf("%+v, %v", left, err)
	}
	r, err := p.Run(ctx, "r1")
	must(t, err)
	if r.SettledBy != "r-later" || *r.Steps[0].Outcome != found || r.Steps[1].Outcome.Fate != ledger.Absent || r.Summary != nil {
		t.Errorf("%+v", r)
	}
	must(t, w.Settle(ctx, "r1", nil)) // once more changes nothing
	var none *ledger.NoRunError
	if err := w.Settle(ctx, "never", nil); !errors.As(err, &none) {
		t.Errorf("err = %v", err)
	}
}

func runNames(t *testing.T, at place) {
	w := lock(t, at.pool(t))
	_, err := w.Begin(t.Context(), head("r1"))
	must(t, err)
	for _, id := range []string{"r1", "", "../r2", "a/b", "a.open", "r 3"} {
		if _, err := w.Begin(t.Context(), head(id)); err == nil {
			t.Errorf("a run was begun as %q", id)
		}
	}
}
