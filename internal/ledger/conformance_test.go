package ledger_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/idpsync/idpsync/internal/ledger"
	"github.com/idpsync/idpsync/internal/model"
)

// place is where one backend keeps a ledger; open may be called many times and
// opens the same one, as other processes would.
type place struct {
	open func(t *testing.T) ledger.Ledger
}

// TestFilesConform holds the files to the contract. Another backend is one more
// line here.
func TestFilesConform(t *testing.T) {
	conformance(t, func(t *testing.T) place {
		dir := t.TempDir()
		return place{func(t *testing.T) ledger.Ledger {
			l, err := ledger.Open("file:memory", dir, ledger.Options{Tell: func(e *ledger.Error) { t.Errorf("told: %v", e) }})
			if err != nil {
				t.Fatal(err)
			}
			return l
		}}
	})
}

// conformance is what every backend promises.
func conformance(t *testing.T, make func(t *testing.T) place) {
	for name, test := range map[string]func(*testing.T, place){
		"an empty pool is empty":                   emptyPool,
		"objects are saved and forgotten":          objects,
		"pools are apart":                          poolsApart,
		"one writer at a time":                     oneWriter,
		"a released writer writes nothing":         releasedWriter,
		"a journal tells everything":               journalTells,
		"what was done is told after an interrupt": interrupted,
		"a run that was cut off is unfinished":     cutOff,
		"a later run settles":                      settles,
		"a run has one name":                       runNames,
		"a plan is used once":                      plansOnce,
		"traits are learnt":                        traits,
		"many write at once":                       many,
	} {
		t.Run(name, func(t *testing.T) { test(t, make(t)) })
	}
}

var (
	noon   = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	corp   = model.Key{Kind: model.Connection, Name: "corp"}
	portal = model.Key{Kind: model.Application, Name: "portal"}
)

func (p place) pool(t *testing.T) ledger.Pool { return p.open(t).Pool("62eaa95fe0a1b29a5295bf7c") }

func lock(t *testing.T, p ledger.Pool) ledger.Writer {
	t.Helper()
	w, err := p.Lock(t.Context(), ledger.Holder{Host: "ci-7", PID: 42, Run: "r-later", Since: noon})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Release() })
	return w
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// seal is a fingerprint that everybody can see through.
func seal(s model.Secret) (string, string) { return "k1", fmt.Sprint(len(s.Ref()), s.Resolved()) }

func example(k model.Key) ledger.Object {
	return ledger.Object{
		Key: k, ID: "6500aa", Type: "oidc", Run: "r1", At: noon, Protect: true, Refs: map[string]string{"fields.clientSecret": "env:CORP_OIDC_SECRET"},
		Applied: ledger.Remember(map[string]any{
			"fields": map[string]any{
				"clientSecret": model.SecretValue("env:X", "canary"), "unread": model.SecretRef("env:Y"),
				"n": json.Number("12345678901234567890"), "on": false, "none": nil, "$secret": "not one", "$$": "x",
				"list": []any{"a", model.SecretValue("env:Z", "canary"), []any{}}, "empty": map[string]any{}, "名": "<&>\u2028",
			},
		}, seal),
		AfterNull: map[string]ledger.Value{"fields.logo": ledger.Remember("https://x.example/<logo>", nil)},
		NotKept: map[string]ledger.NotKept{
			"displayName": {Run: "r0", Declared: ledger.Remember("A", nil), Server: ledger.Remember(nil, nil)},
		},
	}
}

func sameObjects(t *testing.T, p ledger.Pool, want ...ledger.Object) {
	t.Helper()
	got, err := p.Objects(t.Context())
	must(t, err)
	wanted := map[model.Key]ledger.Object{}
	for _, o := range want {
		wanted[o.Key] = o
	}
	trees := cmp.Transformer("tree", func(v ledger.Value) map[string]any { return map[string]any{"tree": v.Tree()} })
	if diff := cmp.Diff(wanted, got, trees); diff != "" {
		t.Error(diff)
	}
}

func emptyPool(t *testing.T, at place) {
	p := at.pool(t)
	sameObjects(t, p)
	traits, err := p.Traits(t.Context())
	if err != nil || traits == nil || len(traits) > 0 {
		t.Errorf("traits %v, %v", traits, err)
	}
	runs, err := p.Runs(t.Context())
	if err != nil || len(runs) > 0 {
		t.Errorf("runs %v, %v", runs, err)
	}
	unfinished, err := p.Unfinished(t.Context())
	if err != nil || len(unfinished) > 0 {
		t.Errorf("unfinished %v, %v", unfinished, err)
	}
	if _, used, err := p.UsedPlan(t.Context(), "sha256:x"); used || err != nil {
		t.Errorf("a plan is used: %v", err)
	}
	var none *ledger.NoRunError
	if _, err := p.Run(t.Context(), "r1"); !errors.As(err, &none) {
		t.Errorf("err = %v", err)
	}
	if ids, err := at.open(t).Pools(t.Context()); err != nil || len(ids) > 0 {
		t.Errorf("pools %v, %v", ids, err)
	}
}

func objects(t *testing.T, at place) {
	p := at.pool(t)
	w := lock(t, p)
	a, b := example(corp), example(portal)
	must(t, w.Save(t.Context(), a, b))
	sameObjects(t, p, a, b)
	a.ID, a.NotKept, a.Applied = "6500bb", nil, ledger.Value{}
	must(t, w.Save(t.Context(), a))
	must(t, w.Save(t.Context()))
	must(t, w.Forget(t.Context(), portal, model.Key{Kind: model.Application, Name: "never"}))
	sameObjects(t, p, a)
	must(t, w.Release())
	sameObjects(t, at.pool(t), a)
	w = lock(t, at.pool(t))
	must(t, w.Save(t.Context(), b))
	must(t, w.Release())
	sameObjects(t, p, a, b)
}

func poolsApart(t *testing.T, at place) {
	l := at.open(t)
	ids := []string{"../../up", "Upper", "plain", "upper", "with space/slash"}
	for _, id := range ids {
		w := lock(t, l.Pool(id))
		o := example(corp)
		o.ID = id
		must(t, w.Save(t.Context(), o))
	}
	for _, id := range ids {
		got, err := at.open(t).Pool(id).Objects(t.Context())
		if err != nil || len(got) != 1 || got[corp].ID != id {
			t.Errorf("%q: %v, %v", id, got, err)
		}
	}
	got, err := l.Pools(t.Context())
	if diff := cmp.Diff([]string{"../../up", "Upper", "plain", "upper", "with space/slash"}, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

func oneWriter(t *testing.T, at place) {
	p := at.pool(t)
	w := lock(t, p)
	_, err := at.pool(t).Lock(t.Context(), ledger.Holder{Host: "other", PID: 7, Since: noon.Add(90 * time.Second)})
	var held *ledger.HeldError
	if !errors.As(err, &held) || held.Holder.PID != 42 || held.Holder.Run != "r-later" {
		t.Fatalf("err = %v", err)
	}
	var trouble *ledger.Error
	if errors.As(err, &trouble) {
		t.Errorf("a lock that is held is called trouble: %v", err)
	}
	sameObjects(t, at.pool(t)) // readers do not wait
	first := w.Epoch()
	must(t, w.Release())
	second := lock(t, at.pool(t))
	if first < 1 || second.Epoch() <= first {
		t.Errorf("epochs %d, %d", first, second.Epoch())
	}
}

func releasedWriter(t *testing.T, at place) {
	p := at.pool(t)
	w := lock(t, p)
	must(t, w.Save(t.Context(), example(corp)))
	must(t, w.Release())
	must(t, w.Release())
	if err := w.Save(t.Context(), example(portal)); err == nil {
		t.Error("a writer that let go has written")
	}
	if _, err := w.Begin(t.Context(), ledger.RunHead{ID: "r1"}); err == nil {
		t.Error("a writer that let go has begun a run")
	}
	if err := w.Settle(t.Context(), "r0", nil); err == nil {
		t.Error("a writer that let go has settled a run")
	}
	sameObjects(t, p, example(corp))
}

func plansOnce(t *testing.T, at place) {
	p, ctx := at.pool(t), t.Context()
	w := lock(t, p)
	must(t, w.UsePlan(ctx, "sha256:a", "r1"))
	var twice *ledger.PlanUsedError
	if err := w.UsePlan(ctx, "sha256:a", "r2"); !errors.As(err, &twice) || twice.Run != "r1" {
		t.Errorf("err = %v", err)
	}
	must(t, w.Release())
	w = lock(t, at.pool(t))
	if err := w.UsePlan(ctx, "sha256:a", "r2"); !errors.As(err, &twice) {
		t.Errorf("another process used it again: %v", err)
	}
	must(t, w.UsePlan(ctx, "sha256:b", "r2"))
	run, used, err := p.UsedPlan(ctx, "sha256:a")
	if run != "r1" || !used || err != nil {
		t.Errorf("%q %v %v", run, used, err)
	}
}

func traits(t *testing.T, at place) {
	p, ctx := at.pool(t), t.Context()
	_ = lock(t, p) // learning needs no lock
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			if err := at.pool(t).LearnTraits(ctx, map[string]string{fmt.Sprint("t", i): "on"}, noon); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	must(t, p.LearnTraits(ctx, map[string]string{"t0": "off", "t1": ""}, noon.Add(-time.Hour)))
	must(t, p.LearnTraits(ctx, nil, noon))
	got, err := p.Traits(ctx)
	must(t, err)
	want := map[string]string{"t0": "off", "t2": "on", "t3": "on", "t4": "on", "t5": "on", "t6": "on", "t7": "on"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func many(t *testing.T, at place) {
	p, ctx := at.pool(t), t.Context()
	w := lock(t, p)
	j, err := w.Begin(ctx, head("r1"))
	must(t, err)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 25 {
				k := model.Key{Kind: model.Application, Name: fmt.Sprintf("a-%d-%d", g, i)}
				n, err := j.Intent(ctx, ledger.Entry{Time: noon, Key: k, Action: "create"})
				if err == nil {
					err = j.Outcome(ctx, n, ledger.Outcome{Time: noon, Fate: ledger.Done, ID: k.Name})
				}
				if err == nil {
					err = w.Save(ctx, ledger.Object{Key: k, ID: k.Name, Run: "r1", At: noon})
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	must(t, j.Close(ctx, ledger.Summary{Time: noon, Done: 200}))
	must(t, w.Release())
	r, err := at.pool(t).Run(ctx, "r1")
	must(t, err)
	seen := map[int]bool{}
	for _, s := range r.Steps {
		seen[s.N] = true
		if s.Outcome == nil || s.Outcome.ID != s.Key.Name {
			t.Errorf("step %d of %s: %+v", s.N, s.Key, s.Outcome)
		}
	}
	objects, err := at.pool(t).Objects(ctx)
	if len(seen) != 200 || len(objects) != 200 || err != nil {
		t.Errorf("%d steps, %d objects, %v", len(seen), len(objects), err)
	}
}
