package plan

import (
	"slices"
	"sort"
	"strings"

	"github.com/google/go-cmp/cmp"

	"github.com/idpsync/idpsync/internal/model"
)

// differences is what comparing one resource found.
type differences struct {
	fields       []FieldDiff
	uncompared   []string
	notEvaluated []string
	// carried are paths that no read shows and that are as last applied.
	carried []string
	proofs  int
}

// any tells that there is something beside equality.
func (d differences) any() bool {
	return len(d.fields)+len(d.uncompared)+len(d.notEvaluated)+len(d.carried) > 0
}

// compare finds the declared paths of want that got does not agree with. recall
// gives what is remembered of the resource, for what got does not show; nil is
// nothing.
func compare(sem Semantics, want, got *model.Resource, secretsClear bool, recall func(*model.Resource) *Memory) differences {
	if sure := (&agreement{}); !declaresHidden(want, got) && sure.tree(want.Attributes, got.Attributes) {
		return differences{proofs: sure.proofs}
	}
	return closely(sem, want, got, secretsClear, recall)
}

// closely compares by every rule there is.
func closely(sem Semantics, want, got *model.Resource, secretsClear bool, recall func(*model.Resource) *Memory) differences {
	a := newAligner(sem, want, got, secretsClear)
	if recall != nil {
		a.recall = func() *Memory { return recall(got) }
	}
	w, g := a.tree(nil, want.Attributes, got.Attributes)
	r := &reporter{}
	cmp.Equal(g, w, cmp.Reporter(r), arraysAreLeaves)
	d := differences{uncompared: a.uncompared, notEvaluated: a.notEvaluated, carried: a.carried, fields: a.against, proofs: a.proofs}
	slices.Sort(d.uncompared)
	slices.Sort(d.notEvaluated)
	slices.Sort(d.carried)
	for _, p := range r.paths {
		d.fields = append(d.fields, field(sem, a.kind, a.typ, p.String(), p, want, got))
	}
	sortFields(d.fields)
	return d
}

// arraysAreLeaves reports an array as one value: its elements have no names.
var arraysAreLeaves = cmp.Comparer(func(x, y []any) bool { return fingerprint(x) == fingerprint(y) })

// reporter collects the paths at which go-cmp finds a difference.
type reporter struct {
	path  cmp.Path
	paths []model.Path
}

func (r *reporter) PushStep(ps cmp.PathStep) { r.path = append(r.path, ps) }
func (r *reporter) PopStep()                 { r.path = r.path[:len(r.path)-1] }

func (r *reporter) Report(rs cmp.Result) {
	if rs.Equal() {
		return
	}
	var p model.Path
	for _, step := range r.path {
		if m, ok := step.(cmp.MapIndex); ok {
			p = append(p, m.Key().String())
		}
	}
	r.paths = append(r.paths, p)
}

// field is one difference with the values as they were written, not as they
// were compared; a secret path shows neither side.
func field(sem Semantics, kind model.Kind, typ, name string, p model.Path, want, got *model.Resource) FieldDiff {
	f := FieldDiff{Path: name}
	if want != nil {
		f.After, _ = want.At(p...)
	}
	if got != nil {
		f.Before, _ = got.At(p...)
	}
	_, wantSecret := f.After.(model.Secret)
	_, gotSecret := f.Before.(model.Secret)
	if wantSecret || gotSecret || sem.Secret(kind, typ, p) {
		f.Sensitive = true
		f.Before, f.After = shown(f.Before), shown(f.After)
	}
	return f
}

// shown puts a secret in the place of a value, and leaves nothing as nothing.
func shown(v any) any {
	if v == nil {
		return nil
	}
	return model.SecretRef("")
}

func sortFields(fields []FieldDiff) {
	sort.Slice(fields, func(i, j int) bool { return fields[i].Path < fields[j].Path })
}

// fixedDiffers tells whether the server really shows another value for an
// attribute that no update can change: an empty one says nothing, and space
// around it means nothing (spec 6, Replace).
func fixedDiffers(f FieldDiff, got *model.Resource) bool {
	has := strings.TrimSpace(got.Text(f.Path))
	want, _ := f.After.(string)
	return has != "" && has != strings.TrimSpace(want)
}
