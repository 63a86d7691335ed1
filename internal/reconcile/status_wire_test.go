package reconcile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
	"github.com/idpsync/idpsync/internal/rules"
)

// travel sends a status whole and in brief, and gives back what arrives.
func travel(t interface{ Fatal(...any) }, s *Status) (short, whole *Status) {
	b, w, err := EncodeStatus(s)
	if err != nil {
		t.Fatal(err)
	}
	if short, err = DecodeStatus(b); err != nil {
		t.Fatal(err)
	}
	if whole, err = DecodeStatus(w); err != nil {
		t.Fatal(err)
	}
	return short, whole
}

// arrived is what differs between two statuses, but for the error itself and how
// to list what a create declares, which do not travel.
func arrived(a, b *Status) string {
	return cmp.Diff(a, b, cmpopts.IgnoreUnexported(Trouble{}, plan.Change{}))
}

// TestStatusTravelsWhole: what a loop really published, in every state that a
// pass can end in.
func TestStatusTravelsWhole(t *testing.T) {
	n := 0
	check := func(s *stage) {
		for _, st := range append(s.told, s.loop.Status()) {
			n++
			short, whole := travel(s.t, st)
			if diff := arrived(st, whole); diff != "" {
				s.t.Fatal(diff)
			}
			if short.Tally() != st.Tally() || short.Verdict != st.Verdict || short.Counts != st.Counts || len(short.Objects)+len(short.Runs) > 0 {
				s.t.Fatalf("%+v", short)
			}
		}
	}
	staged(t, Apply, "a b", func(s *stage) {
		s.shelf.edit("b", "somebody")
		s.shelf.set(func() { s.shelf.refuse["b"] = errors.New("the server says no") })
		s.pass(time.Hour)
		check(s)
		s.shelf.set(func() { s.shelf.down = away{} })
		s.pass(time.Hour)
		check(s)
		s.write("b.yaml", "kind: Nonsense\n")
		s.pass(time.Hour)
		check(s)
	})
	if n < 6 {
		t.Error(n)
	}
}

// TestStatusTravelsLawfully: any status arrives as it was sent, twice the same.
func TestStatusTravelsLawfully(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		st := drawnStatus(t)
		_, whole := travel(t, st)
		if diff := arrived(st, whole); diff != "" {
			t.Fatal(diff)
		}
		for i, d := range st.Diagnostics {
			for _, lang := range []string{diagnostic.English, diagnostic.Chinese} {
				if a, b := d.Line(lang)+d.HintIn(lang), whole.Diagnostics[i].Line(lang)+whole.Diagnostics[i].HintIn(lang); a != b {
					t.Fatalf("%q became %q", a, b)
				}
			}
		}
		b1, w1, _ := EncodeStatus(st)
		b2, w2, _ := EncodeStatus(whole)
		if !bytes.Equal(b1, b2) || !bytes.Equal(w1, w2) {
			t.Fatal("it is written otherwise the second time")
		}
	})
}

func drawnStatus(t *rapid.T) *Status {
	word := rapid.StringN(0, 12, -1)
	moment := rapid.Map(rapid.Int64Range(-1<<60, 1<<60), func(n int64) time.Time { return time.Unix(0, n).UTC() })
	key := rapid.Map(rapid.IntRange(0, 40), func(i int) model.Key {
		return model.Key{Kind: model.Kinds[i%4].Kind, Name: fmt.Sprintf("a%d/b", i)}
	})
	keys := rapid.SliceOfN(key, 1, 3)
	leaf := rapid.OneOf(rapid.Just[any](nil), rapid.Just[any](true), rapid.Map(word, func(s string) any { return s }),
		rapid.Just[any](json.Number("1e3")), rapid.Just[any](map[string]any{}), rapid.Just[any]([]any{}))
	value := rapid.OneOf(leaf, rapid.Map(rapid.SliceOfN(leaf, 1, 3), func(l []any) any { return map[string]any{"x": l, "<&>": nil} }))
	text := rapid.Map(word, func(s string) diagnostic.Text {
		return diagnostic.T("ref.only", s, 7, diagnostic.T("list.more", "a b", 3))
	})
	st := &Status{
		Seq: rapid.Uint64().Draw(t, "seq"), Target: word.Draw(t, "target"), Mode: Apply, Since: moment.Draw(t, "since"), Verdict: Held, Note: word.Draw(t, "note"),
		Trouble:  &Trouble{Code: "IDP0501", Message: word.Draw(t, "message"), Retry: moment.Draw(t, "retry")},
		Counters: Counters{Passes: map[Verdict]uint64{Looking: 1, Held: 1 << 60}, Steps: map[string]uint64{"done": 2}, Seconds: .1, Last: time.Hour},
		Runs:     []RunStatus{{ID: word.Draw(t, "run"), Time: moment.Draw(t, "at"), Finished: true, NotKept: 1}},
	}
	for range rapid.IntRange(0, 3).Draw(t, "objects") {
		hidden := rapid.Bool().Draw(t, "hidden")
		st.Objects = append(st.Objects, ObjectStatus{
			Key: key.Draw(t, "key"), State: ObjectDrifted, Why: word.Draw(t, "why"), Links: keys.Draw(t, "links"), Source: model.Source{File: "a.yaml", Line: 3},
			Fields: []ObjectField{{key.Draw(t, "of"), plan.DriftField{Path: "x", Server: masked(value.Draw(t, "server"), hidden), Sensitive: hidden, ChangedBy: plan.ByBoth}}},
		})
		st.Diagnostics = append(st.Diagnostics, diagnostic.Diagnostic{Code: "IDP0102", Severity: diagnostic.Error, File: "a", Pointer: "/x", Message: text.Draw(t, "text"), Hint: text.Draw(t, "hint")})
	}
	st.Pending = &PendingPlan{PlannedAt: moment.Draw(t, "planned"), Refusals: []rules.Refusal{{Code: "IDP0301", Key: key.Draw(t, "refused")}, {Name: "about all"}}, Plan: &plan.Plan{
		Changes: []*plan.Change{{
			Key: key.Draw(t, "changed"), Action: plan.Replace, DependsOn: keys.Draw(t, "on"), Gains: keys.Draw(t, "gains"), Applications: []string{"x"},
			Found: []plan.FieldDiff{{Path: "x", Before: value.Draw(t, "before"), Note: plan.NoteWillBeSent}},
		}},
		Summary: plan.Summary{Replace: 1}, Ignored: []plan.Ignored{{At: plan.At{Key: key.Draw(t, "ignored"), Path: "p"}, Until: "x"}},
		NotKept: []plan.NotKept{{At: plan.At{Path: "p"}, Run: "r"}}, SecretsClear: map[model.Kind]bool{model.Connection: true},
	}}
	return st
}

// TestStatusTravelsWithoutSecrets: whatever is marked, or is a secret by its type,
// is masked on the way even if it was not before.
func TestStatusTravelsWithoutSecrets(t *testing.T) {
	const canary = "canary-0b5e7c"
	secret := model.SecretValue("env:S", canary)
	r := &model.Resource{Attributes: map[string]any{"x": canary}}
	st := &Status{
		Objects: []ObjectStatus{{Fields: []ObjectField{
			{DriftField: plan.DriftField{Path: "a", LastApplied: secret, Server: canary, File: map[string]any{"x": canary}, Sensitive: true}},
			{DriftField: plan.DriftField{Path: "b", Server: map[string]any{"x": []any{secret}}}},
		}}},
		Pending: &PendingPlan{Plan: &plan.Plan{Desired: model.NewState(), Changes: []*plan.Change{{
			From: r, To: r, Release: []*model.Resource{r}, Found: []plan.FieldDiff{{Before: canary, After: secret, Sensitive: true}},
		}}}},
	}
	st.Pending.Plan.Steps = []plan.Step{{Change: st.Pending.Plan.Changes[0]}}
	_, whole := travel(t, st)
	back, err := json.Marshal(whole)
	if err != nil || bytes.Contains(back, []byte(canary)) {
		t.Fatalf("%v %s", err, back)
	}
	if f := whole.Objects[0].Fields[0]; f.LastApplied != model.Shown || f.Server != model.Shown || f.File != model.Shown {
		t.Errorf("%+v", f)
	}
}

func TestStatusBriefIsSmall(t *testing.T) {
	st := &Status{Trouble: &Trouble{Message: strings.Repeat("长", 100_000)}, Pending: &PendingPlan{Plan: &plan.Plan{Summary: plan.Summary{Update: 9}}}}
	for i := range 10_000 {
		st.Objects = append(st.Objects, ObjectStatus{Key: model.Key{Kind: model.Application, Name: fmt.Sprint(i)}})
		st.Diagnostics = append(st.Diagnostics, diagnostic.Diagnostic{Severity: diagnostic.Warning, Message: diagnostic.Words("w")})
		st.Pending.Refusals = append(st.Pending.Refusals, rules.Refusal{Name: "lockout"})
	}
	st.Diagnostics[5_000] = diagnostic.Diagnostic{Severity: diagnostic.Error, Message: diagnostic.Words("the worst")}
	brief, _, err := EncodeStatus(st)
	if err != nil || len(brief) > 8<<10 {
		t.Fatal(err, len(brief))
	}
	got, _ := travel(t, st)
	if want := (Brief{Errors: 1, Warnings: 9_999, Refusals: 10_000}); got.Tally() != want || got.Diagnostics[0].MessageIn("en") != "the worst" || got.Pending.Plan.Summary.Update != 9 {
		t.Errorf("%+v", got)
	}
}

func TestStatusOfAnotherForm(t *testing.T) {
	var form *StatusFormError
	if _, err := DecodeStatus([]byte(`{"Form":9,"Objects":"what is this"}`)); !errors.As(err, &form) || form.Form != 9 || form.Hint() == "" {
		t.Error(err)
	}
	for _, bad := range []string{"", "{", "null", wholeMark, wholeMark + "x", `{"Form":1,"Objects":[{"Key":"nonsense"}]}`} {
		if _, err := DecodeStatus([]byte(bad)); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
}

// FuzzDecodeStatus: what a database may hold never brings a replica down, and
// what is read can be sent on.
func FuzzDecodeStatus(f *testing.F) {
	b, w, err := EncodeStatus(&Status{Objects: []ObjectStatus{{Key: model.Key{Kind: model.Application, Name: "a"}}}, Pending: &PendingPlan{Plan: &plan.Plan{Changes: []*plan.Change{{}}}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add(w)
	f.Add([]byte(`{"Form":1,"Pending":{"Plan":{"Changes":[null],"Desired":{},"Steps":[{}]}},"Diagnostics":[{"Message":{"ID":"x","Args":[{"ID":"y"},null,1.5,[]]}}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if s, err := DecodeStatus(data); err == nil {
			travel(t, s)
		}
	})
}

// BenchmarkStatusTravels is a status of ten thousand objects, a tenth drifted.
func BenchmarkStatusTravels(b *testing.B) {
	for _, n := range []int{20, 10_000} {
		st := &Status{Target: "prod", Verdict: Differs, Since: time.Now(), Counters: Counters{Passes: map[Verdict]uint64{}}}
		for i := range n {
			o := ObjectStatus{Key: model.Key{Kind: model.Connection, Name: fmt.Sprintf("customer-%05d-oidc", i)}, State: ObjectInSync, LastChange: time.Now(), ID: fmt.Sprintf("%024x", i*7919), Source: model.Source{File: fmt.Sprintf("connections/customer-%05d.yaml", i), Line: 7}}
			if i%10 == 0 {
				o.State, o.Why = ObjectDrifted, "changed on the server: displayName"
				o.Fields = []ObjectField{{o.Key, plan.DriftField{Path: "displayName", LastApplied: "a", Server: "b", File: "a", ChangedBy: plan.ByServer}}}
			}
			st.Objects = append(st.Objects, o)
		}
		brief, whole, _ := EncodeStatus(st)
		b.Run(fmt.Sprintf("encode/%d", n), func(b *testing.B) {
			for b.Loop() {
				_, _, _ = EncodeStatus(st)
			}
			b.ReportMetric(float64(len(brief)), "B-brief")
			b.ReportMetric(float64(len(whole)), "B-whole")
		})
		b.Run(fmt.Sprintf("decode/%d", n), func(b *testing.B) {
			for b.Loop() {
				_, _ = DecodeStatus(whole)
			}
		})
	}
}
