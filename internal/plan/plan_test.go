package plan_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
)

var update = flag.Bool("update", false, "rewrite the golden parts of testdata/plan")

// semantics is a small world: sets and secrets by their last word.
type semantics struct{}

func (semantics) Secret(_ model.Kind, _ string, p model.Path) bool {
	return strings.HasSuffix(p[len(p)-1], "Secret")
}

func (semantics) Set(_ model.Kind, _ string, p model.Path) bool {
	return p[len(p)-1] == "redirectUris" || p[len(p)-1] == "enabledBasicLoginMethods"
}

func (semantics) Structured(_ model.Kind, p model.Path) bool { return p.String() == "brandingConfig" }

func (semantics) Default(_ model.Kind, p model.Path) (any, bool) {
	if p.String() == "brandingConfig.guardVersion" {
		return "Advanced", true
	}
	return nil, false
}

// TestPlan reads testdata/plan/*.txtar: two states and options in, the plan out.
func TestPlan(t *testing.T) {
	files, err := filepath.Glob("../../testdata/plan/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no testdata/plan/*.txtar", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := run(t, ar)
			i := slices.IndexFunc(ar.Files, func(f txtar.File) bool { return f.Name == "plan" })
			if *update {
				if i < 0 {
					ar.Files = append(ar.Files, txtar.File{Name: "plan"})
					i = len(ar.Files) - 1
				}
				ar.Files[i].Data = []byte(got)
				if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if i < 0 || string(ar.Files[i].Data) != got {
				t.Errorf("plan differs; got:\n%s", got)
			}
		})
	}
}

func run(t *testing.T, ar *txtar.Archive) string {
	t.Helper()
	o := plan.Options{Semantics: semantics{}}
	var desired, actual *model.State
	for _, f := range ar.Files {
		switch f.Name {
		case "desired":
			desired = state(t, f.Data, true)
		case "actual":
			actual = state(t, f.Data, false)
		case "options":
			var opts struct {
				Prune           plan.Prune
				Push            plan.Push
				SecretsClear    bool
				Select, Exclude []string
				Ignore          []plan.Ignore
				Spared          json.RawMessage
			}
			if err := json.Unmarshal(f.Data, &opts); err != nil {
				t.Fatal(err)
			}
			o.Prune, o.Push, o.SecretsClear = opts.Prune, opts.Push, opts.SecretsClear
			o.Ignore = opts.Ignore
			if opts.Spared != nil {
				o.Spared = slices.Collect(state(t, opts.Spared, true).All())
			}
			o.Scope = plan.Scope{Select: opts.Select, Exclude: opts.Exclude}
		}
	}
	p, err := plan.New(desired, actual, o)
	if err != nil {
		var pe *plan.ProblemsError
		if !errors.As(err, &pe) {
			t.Fatalf("not a *ProblemsError: %v", err)
		}
		var b strings.Builder
		for _, pr := range pe.Problems {
			fmt.Fprintf(&b, "problem %s %s %s %s\n", pr.Name, pr.Key, pr.Path, pr.Detail)
		}
		return b.String()
	}
	check(t, p)
	return render(p)
}

// check holds the laws that every plan keeps, whatever it says.
func check(t *testing.T, p *plan.Plan) {
	t.Helper()
	touching := map[model.Key]int{}
	for i, s := range p.Steps {
		for _, before := range append(slices.Clone(s.After), s.Behind...) {
			if before >= i {
				t.Errorf("step %d waits for step %d", i, before)
			}
		}
		owners := []model.Key{s.Change.Key.Owner()}
		if s.Half == plan.Remove { // takes the buttons of other applications
			for _, e := range s.Change.Release {
				owners = append(owners, e.Key.Owner())
			}
		}
		for _, owner := range owners {
			if last, ok := touching[owner]; ok && !slices.Contains(s.Behind, last) {
				t.Errorf("steps %d and %d of %s may run side by side", last, i, owner)
			}
			touching[owner] = i
		}
	}
}

func render(p *plan.Plan) string {
	var b strings.Builder
	for _, c := range p.Changes {
		fmt.Fprintf(&b, "%s %s %s (%s)", c.Action, c.Key, c.Risk, c.Reason)
		if len(c.DependsOn) > 0 {
			fmt.Fprintf(&b, " after %v", c.DependsOn)
		}
		if len(c.Applications) > 0 {
			fmt.Fprintf(&b, " touches %v", c.Applications)
		}
		b.WriteByte('\n')
		for _, r := range c.Release {
			fmt.Fprintf(&b, "  release %s\n", r.Key)
		}
		for _, f := range c.Fields() {
			before, _ := json.Marshal(f.Before)
			after, _ := json.Marshal(f.After)
			fmt.Fprintf(&b, "  %s: %s -> %s %s\n", f.Path, before, after, f.Note)
		}
	}
	for _, i := range p.Ignored {
		fmt.Fprintf(&b, "ignored %s %s (%s, until %s)\n", i.Key, i.Path, i.Reason, i.Until)
	}
	for _, c := range p.Changes {
		if sent, _ := json.Marshal(toOf(c)); len(p.Ignored) > 0 {
			fmt.Fprintf(&b, "sent %s %s\n", c.Key, sent)
		}
	}
	for i, s := range p.Steps {
		fmt.Fprintf(&b, "step %d %s %s %v last=%t\n", i, s.Half, s.Change.Key, s.After, s.Last)
	}
	fmt.Fprintf(&b, "%+v\n", p.Summary)
	for _, u := range p.Uncompared {
		fmt.Fprintf(&b, "uncompared %s %s\n", u.Key, u.Path)
	}
	return b.String()
}

func toOf(c *plan.Change) map[string]any {
	if c.To == nil {
		return nil
	}
	return c.To.Attributes
}

// state reads {"kind/name": {attributes}} with a few words of its own:
// "!secret x" and "!server" are secrets, "connections" becomes enablements, and
// "#state" (absent, external) is the lifecycle.
func state(t *testing.T, data []byte, desired bool) *model.State {
	t.Helper()
	var raw map[string]map[string]any
	d := json.NewDecoder(strings.NewReader(string(data)))
	d.UseNumber()
	if err := d.Decode(&raw); err != nil {
		t.Fatal(err)
	}
	s := model.NewState()
	for name, attrs := range raw {
		k, err := model.ParseKey(name)
		if err != nil {
			t.Fatal(err)
		}
		resource(s, k, attrs, desired)
	}
	return s
}

func resource(s *model.State, k model.Key, attrs map[string]any, desired bool) {
	r := &model.Resource{Key: k, Attributes: attrs, Refs: map[string]model.Key{}}
	if !desired {
		r.ID = "id-" + k.Name
	}
	if l, ok := attrs["#state"].(string); ok {
		r.Lifecycle = model.Lifecycle(l)
		delete(attrs, "#state")
	}
	if h, ok := attrs["#hidden"].([]any); ok {
		for _, e := range h {
			r.Hidden = append(r.Hidden, e.(string))
		}
		delete(attrs, "#hidden")
	}
	secrets(attrs)
	if p := r.Text("provider"); p != "" {
		r.DependsOn = append(r.DependsOn, model.Key{Kind: model.IdentityProvider, Name: p})
	}
	if c := r.Text("loginConfig", "defaultLoginMethod", "qrcodeConnection"); c != "" {
		ref := model.Key{Kind: model.Connection, Name: c}
		r.Refs["loginConfig.defaultLoginMethod.qrcodeConnection"] = ref
		r.DependsOn = append(r.DependsOn, ref)
	}
	if list, ok := attrs["connections"].([]any); ok {
		r.Whole = true
		delete(attrs, "connections")
		for _, e := range list {
			conn := model.Key{Kind: model.Connection, Name: e.(string)}
			s.Put(&model.Resource{Key: model.EnablementKey(k.Name, conn.Name), Attributes: map[string]any{}, DependsOn: []model.Key{k, conn}})
		}
	}
	s.Put(r)
}

func secrets(m map[string]any) {
	for k, v := range m {
		switch v := v.(type) {
		case string:
			if rest, ok := strings.CutPrefix(v, "!secret "); ok {
				m[k] = model.SecretValue("env:X", rest)
			}
			if v == "!server" {
				m[k] = model.ServerSecret()
			}
			if v == "!unresolved" {
				m[k] = model.SecretRef("env:X")
			}
		case map[string]any:
			secrets(v)
		}
	}
}
