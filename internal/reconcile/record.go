package reconcile

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"strings"
	"time"

	"github.com/idpsync/idpsync/internal/ledger"
	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
)

// recorder makes the records of a plan's objects.
type recorder struct {
	pass *Pass
	now  func() time.Time
	// left lists, by key, the dotted paths that the plan does not bring about:
	// what an ignore rule hides, what was not kept before; for a resource without
	// a change also what could not be compared.
	left    map[model.Key][]string
	changes map[model.Key]*plan.Change
}

func newRecorder(p *Pass, now func() time.Time) *recorder {
	r := &recorder{pass: p, now: now, left: map[model.Key][]string{}, changes: make(map[model.Key]*plan.Change, len(p.Plan.Changes))}
	for _, c := range p.Plan.Changes {
		r.changes[c.Key] = c
	}
	for _, i := range p.Plan.Ignored {
		r.left[i.Key] = append(r.left[i.Key], i.Path)
	}
	for _, n := range p.Plan.NotKept {
		r.left[n.Key] = append(r.left[n.Key], n.Path)
	}
	for _, at := range append(append([]plan.At(nil), p.Plan.Uncompared...), p.Plan.NotEvaluated...) {
		if r.changes[at.Key] == nil {
			r.left[at.Key] = append(r.left[at.Key], at.Path)
		}
	}
	return r
}

// record is what is known of a declared resource now that it is as declared
// under the id; ok is false for one that no file declares. Of what was left as it
// is, what was known before stays.
func (r *recorder) record(k model.Key, id string) (o ledger.Object, ok bool) {
	want := r.pass.Plan.Desired.Get(k)
	if want == nil || want.Lifecycle == model.Absent || want.Lifecycle == model.External {
		return o, false
	}
	before := r.before(k, id)
	attributes, refs := want.Attributes, maps.Clone(references(want))
	for _, path := range r.left[k] {
		old, had := before.Applied.At(model.SplitPath(path)...)
		if _, doubted := before.Applied.Tree().(ledger.Fingerprint); doubted {
			old, had = before.Applied.Tree(), true
		}
		attributes = with(attributes, model.SplitPath(path), old, had)
		delete(refs, path)
		if ref, was := before.Refs[path]; was {
			refs[path] = ref
		}
	}
	o = ledger.Object{Key: k, ID: id, Type: want.Text("type"), Applied: ledger.Remember(attributes, r.pass.memory.seal.Seal), Protect: want.Protect, Run: r.pass.runID, At: r.now()}
	if len(refs) > 0 {
		o.Refs = refs
	}
	o.AfterNull = stillNull(want, before.AfterNull)
	o.NotKept = r.stillNotKept(k, before.NotKept)
	return o, true
}

// before is what was known of the object with the id.
func (r *recorder) before(k model.Key, id string) ledger.Object {
	o, _ := r.pass.memory.of(&model.Resource{Key: k, ID: id})
	return o
}

func stillNull(want *model.Resource, before map[string]ledger.Value) map[string]ledger.Value {
	var out map[string]ledger.Value
	for path, v := range before {
		if now, declared := want.At(model.SplitPath(path)...); declared && now == nil {
			out = put(out, path, v)
		}
	}
	return out
}

func (r *recorder) stillNotKept(k model.Key, before map[string]ledger.NotKept) map[string]ledger.NotKept {
	var out map[string]ledger.NotKept
	for _, path := range r.left[k] {
		if n, had := before[path]; had {
			out = put(out, path, n)
		}
	}
	return out
}

func put[V any](m map[string]V, k string, v V) map[string]V {
	if m == nil {
		m = map[string]V{}
	}
	m[k] = v
	return m
}

// with copies the maps along the path and sets its end, or leaves it out.
func with(m map[string]any, path model.Path, v any, has bool) map[string]any {
	m = maps.Clone(m)
	if m == nil {
		m = map[string]any{}
	}
	switch inner, ok := m[path[0]].(map[string]any); {
	case len(path) > 1 && (ok || has):
		m[path[0]] = with(inner, path[1:], v, has)
	case len(path) == 1 && has:
		m[path[0]] = v
	default:
		delete(m, path[0])
	}
	return m
}

// adopted lists the records of what is as declared without a change, where they
// say something new, and the keys of what the files want absent and is.
func (r *recorder) adopted() (records []ledger.Object, gone []model.Key) {
	p := r.pass
	for want := range p.Plan.Desired.All() {
		if r.changes[want.Key] != nil || !p.scope.Has(want.Key) {
			continue
		}
		got := p.Plan.Actual.Get(want.Key)
		if got == nil {
			if p.memory.owned(want.Key) && want.Lifecycle == model.Absent {
				gone = append(gone, want.Key)
			}
			continue
		}
		o, ok := r.record(want.Key, got.ID)
		if before, known := p.memory.objects[want.Key]; ok && !(known && sameRecord(before, o)) {
			records = append(records, o)
		}
	}
	for _, o := range records {
		if before, renamed := p.memory.renamed(o.Key, o.ID); renamed {
			gone = append(gone, before)
		}
	}
	return records, gone
}

// renamed is the key under which an object was known before its document got
// another name.
func (m *memory) renamed(k model.Key, id string) (before model.Key, renamed bool) {
	before, known := m.byID()[model.ObjectID{Kind: k.Kind, ID: id}]
	return before, known && before != k
}

// sameRecord tells whether two records say the same but for who wrote them.
func sameRecord(a, b ledger.Object) bool {
	return a.ID == b.ID && a.Type == b.Type && a.Protect == b.Protect && maps.Equal(a.Refs, b.Refs) &&
		sameText(a.Applied, b.Applied) && sameText(a.AfterNull, b.AfterNull) && len(a.NotKept) == len(b.NotKept) && sameNotKept(a.NotKept, b.NotKept)
}

func sameNotKept(a, b map[string]ledger.NotKept) bool {
	for path, n := range a {
		if m, has := b[path]; !has || m.Run != n.Run || !sameText(m.Declared, n.Declared) || !sameText(m.Server, n.Server) {
			return false
		}
	}
	return true
}

func sameText(a, b any) bool {
	x, errA := json.Marshal(a)
	y, errB := json.Marshal(b)
	return errA == nil && errB == nil && (bytes.Equal(x, y) || isEmpty(a) && isEmpty(b))
}

func isEmpty(v any) bool {
	r := reflect.ValueOf(v)
	return r.Kind() == reflect.Map && r.Len() == 0
}

// fallen lists the keys that are known and fall with a removed one: the buttons
// of an application or a connection.
func (m *memory) fallen(k model.Key) []model.Key {
	if m.buttons == nil { // a look at all of them for each that goes would grow with the square
		m.buttons = map[model.Key][]model.Key{}
		for other := range m.objects {
			if app, conn, edge := other.Ends(); edge {
				m.buttons[app] = append(m.buttons[app], other)
				m.buttons[conn] = append(m.buttons[conn], other)
			}
		}
	}
	return append([]model.Key{k}, m.buttons[k]...)
}

// after is the record of what was done, with what the end of the run showed of
// it: what null became, and what was not kept. Without news there is none.
func (r *recorder) after(k model.Key, id string, notKept []string, state *model.State) (o ledger.Object, news bool) {
	want, got := r.pass.Plan.Desired.Get(k), state.Get(k)
	if want == nil || got == nil {
		return o, false
	}
	null := nullsOf(want)
	if len(null)+len(notKept) == 0 { // as it is of nearly all
		return o, false
	}
	o, declared := r.record(k, id)
	if !declared {
		return o, false
	}
	seal, nulls := r.pass.memory.seal.Seal, map[string]bool{}
	for _, path := range null {
		nulls[path] = true
		v, _ := got.At(model.SplitPath(path)...)
		if hidden(got, path) || isNothing(v) {
			continue
		}
		o.AfterNull, news = put(o.AfterNull, path, ledger.Remember(v, seal)), true
	}
	for _, path := range notKept {
		if path == "" || nulls[path] {
			continue
		}
		at := model.SplitPath(path)
		declared, _ := want.At(at...)
		server, _ := got.At(at...)
		o.NotKept = put(o.NotKept, path, ledger.NotKept{Run: r.pass.runID, Declared: ledger.Remember(declared, seal), Server: ledger.Remember(server, seal)})
		if tree, ok := o.Applied.Tree().(map[string]any); ok && hidden(got, path) {
			o.Applied = ledger.Remember(with(tree, at, inDoubt, true), seal)
		}
		news = true
	}
	return o, news
}

// nullsOf lists the dotted paths at which a resource declares null.
func nullsOf(r *model.Resource) []string {
	var paths []string
	var walk func(path model.Path, t map[string]any)
	walk = func(path model.Path, t map[string]any) {
		for k, v := range t {
			switch v := v.(type) {
			case nil:
				paths = append(paths, path.Child(k).String())
			case map[string]any:
				walk(path.Child(k), v)
			}
		}
	}
	walk(nil, r.Attributes)
	return paths
}

func hidden(got *model.Resource, path string) bool {
	for _, h := range got.Hidden {
		if path == h || strings.HasPrefix(path, h+".") {
			return true
		}
	}
	return false
}

func isNothing(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case bool:
		return !v
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}
