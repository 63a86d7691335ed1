package plan

import (
	"fmt"
	"slices"

	"github.com/idpsync/idpsync/internal/model"
)

// New compares the two states and puts the changes in order. The error is a
// *ProblemsError.
func New(desired, actual *model.State, o Options) (*Plan, error) {
	b := &builder{
		o: o, desired: desired, actual: actual,
		changes: make(map[model.Key]*Change, max(0, desired.Len()-actual.Len())), declared: &lister{sem: o.Semantics, names: map[string]string{}},
		out: &Plan{Desired: desired, Actual: actual},
	}
	b.survey()
	b.compareAll()
	b.deletes()
	b.replaceAlong()
	b.enablements()
	b.repoint()
	b.pruneNothingForeign()
	slices.SortFunc(b.inOrder, func(x, y *Change) int { return x.Key.Compare(y.Key) })
	b.judge()
	if b.missingDependencies(); len(b.problems) > 0 {
		return nil, &ProblemsError{Problems: b.problems}
	}
	if err := b.order(); err != nil {
		return nil, err
	}
	b.summarise()
	return b.out, nil
}

type builder struct {
	o               Options
	desired, actual *model.State
	changes         map[model.Key]*Change
	inOrder         []*Change // the same: as they were found, and once all are there by key
	out             *Plan
	problems        []Problem
	unchanged       int
	// actualEdges lists the actual enablements by either end; actualUsers the
	// actual resources that depend on or refer to a key.
	actualEdges map[model.Key][]*model.Resource
	actualUsers map[model.Key][]*model.Resource
	edgesByApp  map[model.Key][]model.Key
	sparedIDs   map[string]bool
	declared    *lister
}

func (b *builder) survey() {
	b.actualEdges, b.actualUsers = map[model.Key][]*model.Resource{}, map[model.Key][]*model.Resource{}
	for r := range b.actual.All() {
		if app, conn, ok := r.Key.Ends(); ok {
			b.actualEdges[app] = append(b.actualEdges[app], r)
			b.actualEdges[conn] = append(b.actualEdges[conn], r)
			continue
		}
		for _, k := range needs(r) {
			b.actualUsers[k] = append(b.actualUsers[k], r)
		}
	}
}

// needs lists what a resource depends on or refers to, each once, sorted.
func needs(r *model.Resource) []model.Key {
	ks := slices.Clone(r.DependsOn)
	for _, k := range r.Refs {
		ks = append(ks, k)
	}
	slices.SortFunc(ks, model.Key.Compare)
	return slices.Compact(ks)
}

func (b *builder) problem(p Problem) { b.problems = append(b.problems, p) }

// put records a change; the first one for a key stands.
func (b *builder) put(c *Change) *Change {
	if have := b.changes[c.Key]; have != nil {
		return have
	}
	if c.To != nil {
		c.Source = c.To.Source
	}
	b.changes[c.Key] = c
	b.inOrder = append(b.inOrder, c)
	return c
}

// compareAll plans creates, updates and replaces of documented kinds. When a
// secret of this run reads back equal, the target shows secrets of that kind as
// they are (one kind may be read another way than the next), and the ones left
// open are compared once more.
func (b *builder) compareAll() {
	type pair struct{ want, got *model.Resource }
	pairs := make([]pair, 0, b.desired.Len())
	found := map[model.Key]differences{} // of those that are not simply equal
	proven := map[model.Kind]bool{}
	for want := range b.desired.All() {
		if !b.compared(want) {
			continue
		}
		got := b.actual.Get(want.Key)
		pairs = append(pairs, pair{want, got})
		if got == nil {
			continue
		}
		d := compare(b.o.Semantics, want, got, b.o.SecretsClear, b.o.Recall)
		proven[want.Key.Kind] = proven[want.Key.Kind] || d.proofs > 0
		if d.any() {
			found[want.Key] = d
		}
	}
	b.out.SecretsClear = proven
	for _, p := range pairs {
		if p.got == nil {
			b.create(p.want, "not on the server")
			continue
		}
		d := found[p.want.Key]
		if proven[p.want.Key.Kind] && !b.o.SecretsClear && len(d.uncompared)+len(d.carried)+len(d.fields) > 0 {
			d = compare(b.o.Semantics, p.want, p.got, true, b.o.Recall)
		}
		b.settle(p.want, p.got, d)
	}
}

// compared tells whether the document asks for its object to be as it says.
func (b *builder) compared(r *model.Resource) bool {
	return r.Lifecycle != model.Absent && r.Lifecycle != model.External &&
		r.Key.Kind != model.Enablement && b.o.Scope.Has(r.Key)
}

func (b *builder) create(want *model.Resource, reason string) {
	b.put(&Change{Key: want.Key, Action: Create, Reason: reason, To: want, declared: b.declared})
	b.refuseServerSecrets(want)
}

// settle turns what comparing found into no change, an update or a replace.
func (b *builder) settle(want, got *model.Resource, d differences) {
	k := want.Key
	fixed := 0
	d.fields = slices.DeleteFunc(d.fields, func(f FieldDiff) bool {
		if !slices.Contains(k.Kind.Trait().Fixed, f.Path) {
			return false
		}
		if fixedDiffers(f, got) {
			fixed++
			return false
		}
		return true
	})
	want, d = b.ignore(want, d)
	want, d = b.lapsed(want, got, d)
	for _, p := range d.notEvaluated {
		b.out.NotEvaluated = append(b.out.NotEvaluated, At{k, p})
	}
	if pushed := b.pushed(want, d.uncompared); len(pushed) > 0 {
		d.fields = append(d.fields, pushed...)
		d.uncompared = without(d.uncompared, pushed)
		sortFields(d.fields)
	}
	switch {
	case fixed > 0:
		b.replace(want, got, d.fields, "a fixed attribute differs: "+fixedNames(k.Kind, d.fields))
	case len(d.fields) > 0:
		c := b.put(&Change{Key: k, Action: Update, From: got, To: want, Found: d.fields, Reason: countFields(d.fields)})
		for _, p := range d.uncompared {
			c.Found = append(c.Found, b.unread(want, p, NoteWillBeSent))
			b.out.Sent = append(b.out.Sent, At{k, p})
		}
		for _, p := range d.carried {
			c.Found = append(c.Found, b.unread(want, p, NoteWillBeSent))
		}
		sortFields(c.Found)
		c.To = onlyOpenNulls(c.To, c.Found)
	default:
		b.unchanged++
		for _, p := range d.uncompared {
			b.out.Uncompared = append(b.out.Uncompared, At{k, p})
		}
	}
}

func fixedNames(k model.Kind, fields []FieldDiff) string {
	names := ""
	for _, f := range fields {
		if slices.Contains(k.Trait().Fixed, f.Path) {
			if names != "" {
				names += ", "
			}
			names += f.Path
		}
	}
	return names
}

func countFields(fields []FieldDiff) string {
	if len(fields) == 1 {
		return "1 field differs"
	}
	return fmt.Sprintf("%d fields differ", len(fields))
}

func (b *builder) replace(want, got *model.Resource, fields []FieldDiff, reason string) {
	b.put(&Change{Key: want.Key, Action: Replace, From: got, To: want, Found: fields, Reason: reason + "; " + want.Key.Kind.Trait().Lost})
	b.refuseServerSecrets(want)
}

// deletes plans what a document wants absent, and what prune takes away.
func (b *builder) deletes() {
	for got := range b.actual.All() {
		if got.Key.Kind == model.Enablement || got.Foreign != "" || !b.o.Scope.Has(got.Key) {
			continue
		}
		want := b.desired.Get(got.Key)
		switch {
		case want != nil && want.Lifecycle == model.Absent:
			c := b.put(&Change{Key: got.Key, Action: Delete, From: got, Reason: "declared absent"})
			c.Source = want.Source
		case want == nil && b.pruned(got.Key) && !b.spared(got):
			b.put(&Change{Key: got.Key, Action: Delete, From: got, Reason: "in no file (prune: " + string(b.o.Prune) + ")"})
		}
	}
}

// spared tells whether a document for another target means this object.
func (b *builder) spared(got *model.Resource) bool {
	if b.sparedIDs == nil {
		b.sparedIDs = make(map[string]bool, len(b.o.Spared))
		for _, r := range b.o.Spared {
			b.sparedIDs[identity(r)] = true
		}
	}
	return b.sparedIDs[identity(got)]
}

// identity is what the server knows a resource by, in one text.
func identity(r *model.Resource) string {
	id := string(r.Key.Kind)
	for _, a := range r.Key.Kind.Trait().Identity {
		id += "\x00" + r.Text(a)
	}
	return id
}

func (b *builder) pruned(k model.Key) bool {
	switch b.o.Prune {
	case PruneAll:
		return true
	case PruneOwned:
		return b.owned(k)
	}
	return false
}

// owned tells whether an earlier run applied the key.
func (b *builder) owned(k model.Key) bool { return b.o.Owned != nil && b.o.Owned(k) }

// replaceAlong replaces what cannot outlive a thing that is replaced: a
// connection is fixed to its provider, and falls with it.
func (b *builder) replaceAlong() {
	if !b.replacesAny() {
		return
	}
	for got := range b.actual.All() {
		want := b.desired.Get(got.Key)
		if want == nil || got.Key.Kind == model.Enablement || !b.compared(want) {
			continue
		}
		if k, ok := got.Parent(); ok && b.replaced(k) {
			b.fallWith(k, want, got)
		}
	}
}

func (b *builder) replacesAny() bool {
	for _, c := range b.changes {
		if c.Action == Replace {
			return true
		}
	}
	return false
}

func (b *builder) replaced(k model.Key) bool {
	c := b.changes[k]
	return c != nil && c.Action == Replace
}

func (b *builder) fallWith(parent model.Key, want, got *model.Resource) {
	reason := "falls with " + parent.String() + ", which is replaced"
	have := b.changes[got.Key]
	if have != nil && have.Action == Update {
		have.Action, have.Reason = Replace, reason+"; "+have.Key.Kind.Trait().Lost
		b.refuseServerSecrets(want)
		return
	}
	if have == nil {
		b.unchanged--
	}
	b.replace(want, got, nil, reason)
}

// missingDependencies reports what was left out by selection and is not there.
func (b *builder) missingDependencies() {
	if b.o.Scope.Empty() {
		return
	}
	for _, c := range b.inOrder {
		if c.To == nil {
			continue
		}
		for _, dep := range c.To.DependsOn {
			if b.actual.Get(dep) == nil && b.changes[dep] == nil {
				b.problem(Problem{Name: DependencyMissing, Key: c.Key, Detail: dep.String()})
			}
		}
	}
}

func (b *builder) summarise() {
	s := &b.out.Summary
	for _, c := range b.out.Changes {
		switch c.Action {
		case Create:
			s.Create++
		case Update:
			s.Update++
		case Replace:
			s.Replace++
		case Delete:
			s.Delete++
		}
	}
	s.Unchanged, s.Uncompared = b.unchanged, len(b.out.Uncompared)
	for got := range b.actual.All() {
		if got.Key.Kind != model.Enablement && b.desired.Get(got.Key) == nil && b.changes[got.Key] == nil {
			s.Unmanaged++
		}
	}
}
