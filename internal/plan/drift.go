package plan

import (
	"sort"

	"github.com/idpsync/idpsync/internal/model"
)

// ChangedBy says who moved away from what was last applied.
type ChangedBy string

// Who changed a value. Unknown: nothing is remembered of it.
const (
	ByServer  ChangedBy = "server"
	ByFile    ChangedBy = "file"
	ByBoth    ChangedBy = "both"
	ByUnknown ChangedBy = "unknown"
)

// DriftState is how an object of the server differs from its document.
type DriftState string

// The states. Missing: a file asks for it and the server does not have it.
// Unmanaged: the server has it and no file asks for it.
const (
	Changed   DriftState = "changed"
	Missing   DriftState = "missing"
	Unmanaged DriftState = "unmanaged"
)

// The values of a DriftField whose Path is empty, which is about the resource as
// a whole.
const (
	IsPresent = "present"
	IsAbsent  = "absent"
)

// DriftField is one path seen three ways. nil stands for absent, for null, or
// for what nobody knows.
type DriftField struct {
	Path                      string
	LastApplied, Server, File any
	Sensitive                 bool
	ChangedBy                 ChangedBy
}

// Drifted is one resource that is not as its document says. Idle tells that a
// plan leaves it alone all the same: it is in no file, and is not pruned.
type Drifted struct {
	Key    model.Key
	State  DriftState
	Fields []DriftField
	Source model.Source
	Idle   bool
}

// Drift sorts the differences that a plan found by who made them: what was last
// applied is held against the server on one side and the files on the other.
// What the plan ignores or could not compare is in neither. It comes in the
// order of keys. Of o only Semantics, Recall and Owned count; a nil Owned says that
// nothing at all is remembered.
func (p *Plan) Drift(o Options) []Drifted {
	d := drifter{p, o, make(map[model.Key]*Change, len(p.Changes))}
	for _, c := range p.Changes {
		d.changes[c.Key] = c
	}
	var out []Drifted
	for _, c := range p.Changes {
		if one, ok := d.change(c); ok {
			out = append(out, one)
		}
	}
	for r := range p.Actual.All() {
		if r.Key.Kind != model.Enablement && r.Foreign == "" && d.changes[r.Key] == nil && p.Desired.Get(r.Key) == nil {
			one := d.undeclared(r.Key)
			one.Idle = true
			out = append(out, one)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Key.Compare(out[j].Key) < 0 })
	return out
}

type drifter struct {
	p       *Plan
	o       Options
	changes map[model.Key]*Change
}

// change is what a change of the plan tells about drift; ok is false for one
// that only follows from another.
func (d drifter) change(c *Change) (one Drifted, ok bool) {
	switch {
	case c.Restores:
		return one, false
	case c.Action == Create:
		one = Drifted{Key: c.Key, State: Missing, Fields: []DriftField{d.missing(c.Key)}}
	case c.Action == Delete && d.follows(c):
		return one, false
	case c.Action == Delete && d.p.Desired.Get(c.Key) != nil:
		one = Drifted{Key: c.Key, State: Changed, Fields: []DriftField{d.surplus(c.Key)}}
	case c.Action == Delete:
		one = d.undeclared(c.Key)
	default:
		one = Drifted{Key: c.Key, State: Changed, Fields: d.fields(c)}
	}
	one.Source = c.Source
	return one, len(one.Fields) > 0
}

// follows tells that a button goes because its connection does.
func (d drifter) follows(c *Change) bool {
	_, conn, edge := c.Key.Ends()
	if !edge {
		return false
	}
	gone := d.changes[conn]
	return gone != nil && gone.Action == Delete
}

func (d drifter) undeclared(k model.Key) Drifted {
	return Drifted{Key: k, State: Unmanaged, Fields: []DriftField{d.surplus(k)}}
}

// applied tells whether an earlier run applied the key.
func (d drifter) applied(k model.Key) bool { return d.o.Owned != nil && d.o.Owned(k) }

// missing: what was applied and is gone, somebody deleted on the server; what
// never was applied is new in the files.
func (d drifter) missing(k model.Key) DriftField {
	f := DriftField{Server: IsAbsent, File: IsPresent}
	switch {
	case d.applied(k):
		f.LastApplied, f.ChangedBy = IsPresent, ByServer
	case d.o.Owned != nil:
		f.LastApplied, f.ChangedBy = IsAbsent, ByFile
	default:
		f.ChangedBy = ByUnknown
	}
	return f
}

// surplus: what was applied and is in no file any more, somebody took out of the
// files. A button that never was applied, of an application that was, somebody
// switched on; of anything else nobody knows how long it has been there.
func (d drifter) surplus(k model.Key) DriftField {
	f := DriftField{Server: IsPresent, File: IsAbsent, ChangedBy: ByUnknown}
	if d.applied(k) {
		f.LastApplied, f.ChangedBy = IsPresent, ByFile
		return f
	}
	if app, _, edge := k.Ends(); edge && d.applied(app) {
		f.LastApplied, f.ChangedBy = IsAbsent, ByServer
	}
	return f
}

// fields sorts the differences of an update or a replace. What is sent only
// because it could not be compared is none.
func (d drifter) fields(c *Change) []DriftField {
	var memory *Memory
	if d.o.Recall != nil {
		memory = d.o.Recall(c.From)
	}
	var out []DriftField
	for _, f := range c.Found {
		one := DriftField{Path: f.Path, Server: f.Before, File: f.After, Sensitive: f.Sensitive, ChangedBy: ByUnknown}
		switch f.Note {
		case NoteWillBeSent, NoteUncomparable, NoteNotEvaluated:
			continue
		case NoteLastApplied: // the server does not show it
			one.LastApplied, one.Server, one.ChangedBy = f.Before, nil, ByFile
		default:
			d.blame(c, memory, &one)
		}
		out = append(out, one)
	}
	return out
}

// blame holds what was last applied against both sides. A path that was not
// applied then is new in the files.
func (d drifter) blame(c *Change, m *Memory, f *DriftField) {
	if m == nil {
		return
	}
	path := model.SplitPath(f.Path)
	was, applied := m.at(path)
	if !applied {
		f.ChangedBy = ByFile
		return
	}
	if f.LastApplied = was; f.Sensitive || holdsMark(was) {
		f.Sensitive, f.LastApplied, f.Server, f.File = true, shown(was), shown(f.Server), shown(f.File)
	}
	server, serverKnown := d.differs(c, path, was, c.From)
	file, fileKnown := d.differs(c, path, was, c.To)
	switch {
	case !serverKnown || !fileKnown:
	case server && file:
		f.ChangedBy = ByBoth
	case server:
		f.ChangedBy = ByServer
	case file:
		f.ChangedBy = ByFile
	}
}

// differs compares what was last applied with one side, by the rules by which
// the two sides are compared with each other.
func (d drifter) differs(c *Change, path model.Path, was any, side *model.Resource) (differs, known bool) {
	a := newAligner(d.o.Semantics, c.To, c.From, true)
	a.hidden = nil
	now, _ := side.At(path...)
	if holdsMark(was) || holdsSecret(now) {
		same, known := a.agrees(path, now, was)
		return !same, known
	}
	x, y, comparable := a.value(path, was, now)
	return comparable && fingerprint(x) != fingerprint(y), comparable
}
