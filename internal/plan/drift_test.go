package plan_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
)

// TestDrift reads testdata/drift/*.txtar: files, server and what was last
// applied in, who changed what out. Without a part "applied" nothing is
// remembered.
func TestDrift(t *testing.T) {
	files, err := filepath.Glob("../../testdata/drift/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no testdata/drift/*.txtar", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			want := ""
			for _, f := range ar.Files {
				if f.Name == "drift" {
					want = string(f.Data)
				}
			}
			if got := drift(t, ar); got != want {
				t.Errorf("drift differs; got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

func drift(t *testing.T, ar *txtar.Archive) string {
	t.Helper()
	o := plan.Options{Semantics: semantics{}}
	var desired, actual *model.State
	for _, f := range ar.Files {
		switch f.Name {
		case "files":
			desired = state(t, f.Data, true)
		case "server":
			actual = state(t, f.Data, false)
		case "applied":
			remember(&o, state(t, f.Data, true))
		case "options":
			if err := json.Unmarshal(f.Data, &o); err != nil {
				t.Fatal(err)
			}
		}
	}
	p, err := plan.New(desired, actual, o)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, d := range p.Drift(o) {
		fmt.Fprintf(&b, "%s %s", d.State, d.Key)
		if d.Idle {
			b.WriteString(" idle")
		}
		b.WriteByte('\n')
		for _, f := range d.Fields {
			text, err := json.Marshal([]any{f.LastApplied, f.Server, f.File})
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&b, "  %q %s %s\n", f.Path, f.ChangedBy, text)
		}
	}
	return b.String()
}

// remember makes the memory of what was applied; secrets become marks.
func remember(o *plan.Options, applied *model.State) {
	for r := range applied.All() {
		marks(r.Attributes)
	}
	o.Owned = func(k model.Key) bool { return applied.Get(k) != nil }
	o.Recall = func(got *model.Resource) *plan.Memory {
		r := applied.Get(got.Key)
		if r == nil {
			return nil
		}
		m := &plan.Memory{Applied: r.Attributes}
		if keep, ok := r.Attributes["#notKept"].(map[string]any); ok {
			m.NotKept = map[string]plan.Lapse{}
			for path, v := range keep {
				declared, _ := r.At(path)
				m.NotKept[path] = plan.Lapse{Run: "r1", Declared: declared, Server: v}
			}
		}
		return m
	}
}

// mark is what is remembered of a secret; the value "?" is known to nobody.
type mark struct{ s model.Secret }

func (m mark) Fits(declared any) (same, known bool) {
	s, ok := declared.(model.Secret)
	return ok && s.Equal(m.s), !m.s.Equal(model.SecretValue("", "?"))
}

func marks(m map[string]any) {
	for k, v := range m {
		switch v := v.(type) {
		case model.Secret:
			m[k] = mark{v}
		case map[string]any:
			marks(v)
		}
	}
}

// TestDriftShowsNoSecret: neither side of a secret path, nor what stood there.
func TestDriftShowsNoSecret(t *testing.T) {
	o := plan.Options{Semantics: semantics{}, SecretsClear: true}
	remember(&o, state(t, []byte(`{"connection/c": {"type": "x", "fields": {"aSecret": "!secret canary-old", "plain": "!secret canary-was"}}}`), true))
	desired := state(t, []byte(`{"connection/c": {"type": "x", "fields": {"aSecret": "!secret canary-new", "plain": "now in the open"}}}`), true)
	actual := state(t, []byte(`{"connection/c": {"type": "x", "fields": {"aSecret": "!secret canary-server", "plain": "canary-shown"}}}`), false)
	p, err := plan.New(desired, actual, o)
	if err != nil {
		t.Fatal(err)
	}
	drifted := p.Drift(o)
	if len(drifted) != 1 || len(drifted[0].Fields) != 2 || !slices.Equal([]plan.ChangedBy{plan.ByBoth, plan.ByBoth}, []plan.ChangedBy{drifted[0].Fields[0].ChangedBy, drifted[0].Fields[1].ChangedBy}) {
		t.Fatalf("got %+v", drifted)
	}
	for _, f := range drifted[0].Fields {
		text, err := json.Marshal([]any{f.LastApplied, f.Server, f.File})
		if err != nil || !f.Sensitive || strings.Contains(string(text)+fmt.Sprintf("%+v", f), "canary") {
			t.Errorf("%s: %s %v", f.Path, text, err)
		}
	}
}

// TestDriftLeavesAloneWhatIsSomebodyElses: an object of a tenant is nobody's here.
func TestDriftLeavesAloneWhatIsSomebodyElses(t *testing.T) {
	actual := state(t, []byte(`{"application/hand": {"appName": "H"}, "application/tenant": {"appName": "T"}}`), false)
	actual.Get(model.Key{Kind: model.Application, Name: "tenant"}).Foreign = "tenant 1"
	p, err := plan.New(model.NewState(), actual, plan.Options{Semantics: semantics{}})
	if err != nil {
		t.Fatal(err)
	}
	if d := p.Drift(plan.Options{Semantics: semantics{}}); len(d) != 1 || d[0].Key.Name != "hand" || !d[0].Idle {
		t.Errorf("got %+v", d)
	}
}
