package plan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/idpsync/idpsync/internal/model"
)

// aligner walks a declared tree beside the actual one and builds the two trees
// that go-cmp may compare: only declared paths, sets in one order, and equal
// values wherever the two sides mean the same by different words.
type aligner struct {
	sem    Semantics
	kind   model.Kind
	typ    string
	hidden map[string]bool
	// clear tells that a secret read from the server can be believed.
	clear bool

	// recall gives the memory of the resource once; nil when there is none.
	recall func() *Memory
	memory *Memory

	uncompared   []string
	notEvaluated []string
	// carried are paths that no read shows and that are as last applied; against
	// the differences from that.
	carried []string
	against []FieldDiff
	// proofs counts declared secrets that read back equal.
	proofs int
}

// missing stands for "no value here" in an aligned tree, so that it differs
// from every value and from null.
type missing struct{}

func newAligner(sem Semantics, want, got *model.Resource, secretsClear bool) *aligner {
	a := &aligner{sem: sem, kind: want.Key.Kind, clear: secretsClear}
	if a.kind == model.Connection {
		a.typ = want.Text("type")
	}
	if len(got.Hidden) > 0 {
		a.hidden = make(map[string]bool, len(got.Hidden))
		for _, h := range got.Hidden {
			a.hidden[h] = true
		}
	}
	return a
}

// tree aligns two maps. The results hold one entry for each declared key that
// can be compared.
func (a *aligner) tree(path model.Path, want, got map[string]any) (w, g map[string]any) {
	w, g = make(map[string]any, len(want)), make(map[string]any, len(want))
	for k, wv := range want {
		p := path.Child(k)
		gv, present := got[k]
		if !present {
			gv = missing{}
		}
		wv, gv, comparable := a.value(p, wv, gv)
		if comparable {
			w[k], g[k] = wv, gv
		}
	}
	return w, g
}

func (a *aligner) value(path model.Path, want, got any) (w, g any, comparable bool) {
	if s, ok := want.(model.Secret); ok {
		return a.secret(path, s, got)
	}
	if a.hidden[path.String()] {
		a.leaves(path, want)
		return nil, nil, false
	}
	switch want := want.(type) {
	case nil:
		return a.null(path, got)
	case map[string]any:
		return a.object(path, want, got)
	case []any:
		return a.array(path, want, got)
	}
	if _, absent := got.(missing); absent || got == nil {
		if def, ok := a.sem.Default(a.kind, path); ok {
			got = def
		} else if empty(want) {
			return want, want, true
		}
	}
	if w, ok := listIn(want); ok {
		if list, isList := got.([]any); isList && a.same(path, w, list) {
			return want, want, true
		}
	}
	return canonical(want), canonical(got), true
}

// leaves notes every declared value below a path that no read shows.
func (a *aligner) leaves(path model.Path, want any) {
	if s, ok := want.(model.Secret); ok && (s.Server() || !s.Resolved()) {
		if !s.Server() {
			a.notEvaluated = append(a.notEvaluated, path.String())
		}
		return
	}
	m, ok := want.(map[string]any)
	if !ok || len(m) == 0 {
		a.unseen(path, want)
		return
	}
	for k, v := range m {
		a.leaves(path.Child(k), v)
	}
}

// secret compares a declared secret. What stands at a secret path is a mask
// until the target is known to show secrets as they are (spec 6).
func (a *aligner) secret(path model.Path, want model.Secret, got any) (w, g any, comparable bool) {
	name := path.String()
	switch {
	case want.Server():
		return nil, nil, false
	case !want.Resolved():
		a.notEvaluated = append(a.notEvaluated, name)
		return nil, nil, false
	case a.hidden[name] || a.hidden[path[0]]:
		a.unseen(path, want)
		return nil, nil, false
	}
	if s, ok := got.(string); ok { // no secret path: the server shows it in clear
		return want, model.SecretValue("", s), true
	}
	if s, ok := got.(model.Secret); ok && want.Equal(s) {
		a.proofs++
		return want, want, true
	}
	if !a.clear {
		a.unseen(path, want)
		return nil, nil, false
	}
	return want, got, true
}

// null asks for the server's default; it agrees with whatever means "nothing".
func (a *aligner) null(path model.Path, got any) (w, g any, comparable bool) {
	if _, absent := got.(missing); absent || empty(got) {
		return nil, nil, true
	}
	if a.isDefault(path, got) {
		return nil, nil, true
	}
	if m := a.recalled(); m != nil {
		if after, has := m.AfterNull[path.String()]; has {
			if same, known := a.agrees(path, got, after); same && known {
				return nil, nil, true
			}
		}
	}
	return nil, got, true
}

// isDefault tells whether a value is what the server puts where nothing was
// said; an object is when each of its members is, or means nothing.
func (a *aligner) isDefault(path model.Path, got any) bool {
	if def, ok := a.sem.Default(a.kind, path); ok && a.same(path, def, got) {
		return true
	}
	if a.hidden[path.String()] || empty(got) {
		return true
	}
	m, ok := got.(map[string]any)
	if !ok {
		return false
	}
	for k, v := range m {
		if !a.isDefault(path.Child(k), v) {
			return false
		}
	}
	return true
}

func (a *aligner) object(path model.Path, want map[string]any, got any) (w, g any, comparable bool) {
	if len(want) == 0 {
		if a.sem.Structured(a.kind, path) {
			return nil, nil, false // its members are declared one by one: none is
		}
		if _, absent := got.(missing); absent || empty(got) {
			return want, want, true
		}
		return want, got, true
	}
	m, isMap := got.(map[string]any)
	if _, absent := got.(missing); !isMap && !absent && !empty(got) {
		return want, got, true
	}
	wt, gt := a.tree(path, want, m)
	return wt, gt, true
}

func (a *aligner) array(path model.Path, want []any, got any) (w, g any, comparable bool) {
	if _, absent := got.(missing); absent || got == nil {
		if def, ok := a.sem.Default(a.kind, path); ok {
			got = def
		} else if len(want) == 0 {
			return want, want, true
		}
	}
	if slices.ContainsFunc(want, holdsSecret) {
		a.unseen(path, want) // elements have no path to mask by
		return nil, nil, false
	}
	arr, ok := got.([]any)
	if !ok {
		arr, ok = listIn(got)
	}
	if !ok {
		return want, got, true
	}
	if a.same(path, want, arr) {
		return want, want, true
	}
	return want, got, true
}

// same compares two values the way this path is compared.
func (a *aligner) same(path model.Path, x, y any) bool {
	xs, xok := x.([]any)
	ys, yok := y.([]any)
	if xok && yok && a.sem.Set(a.kind, a.typ, path) {
		return slices.Equal(fingerprints(xs), fingerprints(ys))
	}
	return fingerprint(x) == fingerprint(y)
}

// fingerprints writes the members of a set in one order, each once.
func fingerprints(vs []any) []string {
	out := make([]string, len(vs))
	for i, v := range vs {
		out[i] = fingerprint(v)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func holdsSecret(v any) bool {
	switch v := v.(type) {
	case model.Secret:
		return true
	case []any:
		return slices.ContainsFunc(v, holdsSecret)
	case map[string]any:
		for _, e := range v {
			if holdsSecret(e) {
				return true
			}
		}
	}
	return false
}

// fingerprint writes a value so that equal values give equal text.
func fingerprint(v any) string {
	switch v := canonical(v).(type) {
	case map[string]any:
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		var b strings.Builder
		for _, k := range keys {
			fmt.Fprintf(&b, "%q:%s,", k, fingerprint(v[k]))
		}
		return "{" + b.String() + "}"
	case []any:
		var b strings.Builder
		for _, e := range v {
			b.WriteString(fingerprint(e) + ",")
		}
		return "[" + b.String() + "]"
	case string: // as nearly all values are
		return strconv.Quote(v)
	default:
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		_ = e.Encode(v)
		return fmt.Sprintf("%T%s", v, b.String())
	}
}

// canonical writes numbers in one way, so that 1, 1.0 and 1e0 are one number.
func canonical(v any) any {
	var text string
	switch n := v.(type) {
	case json.Number:
		text = n.String()
	case int, int64, float64:
		text = fmt.Sprint(n)
	default:
		return v
	}
	// An exponent beyond all use would cost memory; such a number stays as it is.
	if len(text) > 64 || strings.ContainsAny(text, "eE") && exponentBeyond(text, 400) {
		return json.Number(text)
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return json.Number(text)
	}
	return json.Number(r.RatString())
}

func exponentBeyond(text string, limit int) bool {
	_, exp, _ := strings.Cut(strings.ToLower(text), "e")
	var n int
	if _, err := fmt.Sscanf(exp, "%d", &n); err != nil {
		return true
	}
	return n > limit || n < -limit
}

// empty tells whether a value means nothing: absent, null, "", [], {} or false.
func empty(v any) bool {
	switch v := v.(type) {
	case nil, missing:
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
