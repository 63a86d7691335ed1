package report

import (
	"fmt"
	"io"
	"slices"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
)

// Drift is the document of spec 7.
type Drift struct {
	Header
	Target  Target       `json:"target"`
	Ledger  string       `json:"ledger"`
	Summary DriftSummary `json:"summary"`
	Objects []Drifted    `json:"objects"`
	Ignored []Ignored    `json:"ignored"`
}

// DriftSummary counts resources, and values by who changed them. Drifted leaves
// out what no plan would touch, which Unmanaged counts.
type DriftSummary struct {
	Drifted   int `json:"drifted"`
	Unmanaged int `json:"unmanaged"`
	Server    int `json:"server"`
	File      int `json:"file"`
	Both      int `json:"both"`
	Unknown   int `json:"unknown"`
}

// Drifted is one resource. A field with an empty path is about the resource as
// a whole, and its values are "present" and "absent".
type Drifted struct {
	Key   string `json:"key"`
	State string `json:"state"`
	// Planned tells that a plan would do something about it.
	Planned bool         `json:"planned"`
	Source  *Source      `json:"source"` // null when no file is the reason
	Fields  []DriftField `json:"fields"`
}

// DriftField is one path seen three ways. null stands for absent, or for what
// nobody knows.
type DriftField struct {
	Path        string `json:"path"`
	LastApplied any    `json:"lastApplied"`
	Server      any    `json:"server"`
	File        any    `json:"file"`
	ChangedBy   string `json:"changedBy"`
}

// NewDrift makes the document. No secret enters it. ledger is what is
// remembered, as in a plan.
func NewDrift(t Target, ledger string, drifted []plan.Drifted, ignored []plan.Ignored) *Drift {
	doc := &Drift{Header: NewHeader("drift"), Target: t, Ledger: ledger, Objects: make([]Drifted, 0, len(drifted)), Ignored: []Ignored{}}
	for _, d := range drifted {
		one := Drifted{Key: d.Key.String(), State: string(d.State), Planned: !d.Idle, Fields: make([]DriftField, 0, len(d.Fields))}
		if d.Source.File != "" {
			one.Source = &Source{d.Source.File, d.Source.Line}
		}
		for _, f := range d.Fields {
			one.Fields = append(one.Fields, DriftField{
				f.Path, plain(f.LastApplied, f.Sensitive), plain(f.Server, f.Sensitive),
				plain(f.File, f.Sensitive), string(f.ChangedBy),
			})
		}
		doc.Objects = append(doc.Objects, one)
		doc.Summary.count(d)
	}
	for _, i := range ignored {
		doc.Ignored = append(doc.Ignored, Ignored{i.Key.String(), i.Path, i.Reason, i.Until})
	}
	return doc
}

func (s *DriftSummary) count(d plan.Drifted) {
	if d.Idle {
		s.Unmanaged++
		return
	}
	s.Drifted++
	for _, f := range d.Fields {
		switch f.ChangedBy {
		case plan.ByServer:
			s.Server++
		case plan.ByFile:
			s.File++
		case plan.ByBoth:
			s.Both++
		default:
			s.Unknown++
		}
	}
}

var driftMarks = map[string]mark{
	string(plan.Changed):   marks[string(plan.Update)],
	string(plan.Missing):   marks[string(plan.Delete)],
	string(plan.Unmanaged): marks[string(plan.Create)],
}

// Text writes the pool first, then a line for each resource and for each value,
// and the summary last. What no plan would touch is only counted.
func (doc *Drift) Text(w io.Writer, s Style) error {
	p := newPrinter(w, s)
	p.pool(doc.Target)
	if doc.Summary.Drifted > 0 {
		p.line()
	}
	for _, o := range doc.Objects {
		if o.Planned {
			p.drifted(o)
		}
	}
	p.line()
	p.line(p.paint(strong, doc.summary(s)))
	return p.end()
}

func (doc *Drift) summary(in Style) string {
	s := doc.Summary
	rest := in.say("%d unmanaged", s.Unmanaged)
	if n := len(doc.Ignored); n > 0 {
		rest += in.say(", %d ignored", n)
	}
	if s.Drifted == 0 {
		return in.say("No drift. %s.", rest)
	}
	what := in.say("%s changed on the server, %s in the files", counted(s.Server, "field"), counted(s.File, "field"))
	if doc.whole() {
		what = in.say("%s made on the server, %s in the files", counted(s.Server, "change"), counted(s.File, "change"))
	}
	if s.Both > 0 {
		what += in.say(", %d on both", s.Both)
	}
	if s.Unknown > 0 {
		what += in.say(", %d that cannot be told apart", s.Unknown)
	}
	return in.say("Drift: %s; %s; %s.", in.told(counted(s.Drifted, "object")), what, rest)
}

// whole tells that some of the changes are no field's: a resource came or went.
func (doc *Drift) whole() bool {
	return slices.ContainsFunc(doc.Objects, func(o Drifted) bool {
		return o.Planned && slices.ContainsFunc(o.Fields, func(f DriftField) bool { return f.Path == "" })
	})
}

func (p *printer) drifted(o Drifted) {
	m := driftMarks[o.State]
	p.put(p.paint(m.tone, m.symbol+" "+clean(o.Key)), p.Colon(), p.told(o.words()))
	if o.Source != nil {
		p.put(" ", p.paint(faint, fmt.Sprintf("(%s:%d)", clean(o.Source.File), o.Source.Line)))
	}
	p.hang = changeHang
	p.line()
	longest := 0
	for _, f := range o.Fields {
		longest = max(longest, width(clean(f.Path)))
	}
	longest = p.column(len("      "), longest+1)
	for _, f := range o.Fields {
		if f.Path != "" {
			p.put("      ", padRight(clean(f.Path)+":", longest), " ", p.driftValues(f))
			p.hang = len("      ") + max(longest+1, 2)
			p.line()
		}
	}
}

// words tells what is with the resource as a whole.
func (o Drifted) words() string {
	if len(o.Fields) == 0 || o.Fields[0].Path != "" {
		return o.State
	}
	f := o.Fields[0]
	switch {
	case f.Server == plan.IsAbsent && f.ChangedBy == string(plan.ByServer):
		return "deleted on the server"
	case f.Server == plan.IsAbsent && f.ChangedBy == string(plan.ByFile):
		return "new in the files"
	case f.Server == plan.IsAbsent:
		return "in the files, and not on the server"
	case o.State == string(plan.Changed):
		return "declared absent, and on the server"
	case f.ChangedBy == string(plan.ByServer):
		return "added on the server"
	case f.ChangedBy == string(plan.ByFile):
		return "taken out of the files"
	}
	return "on the server, and not in the files"
}

// driftValues writes who changed what: what one side had before stands in front of
// its arrow.
func (s Style) driftValues(f DriftField) string {
	was, server, file := s.side(f.LastApplied), s.side(f.Server), s.side(f.File)
	switch plan.ChangedBy(f.ChangedBy) {
	case plan.ByServer:
		return s.say("%s [changed on the server]", s.arrow(was, server))
	case plan.ByFile:
		return s.say("%s [changed in the files]", s.arrow(was, file))
	case plan.ByBoth:
		return s.say("%s -> %s on the server, %s in the files [changed on both]", s.clip(was), s.clip(server), s.clip(file))
	}
	if f.Server == model.Shown && f.File == model.Shown {
		return s.say("%s on the server, another in the files", server)
	}
	server, file = s.clipPair(server, file)
	return s.say("%s on the server, %s in the files", server, file)
}

// arrow writes what a value was and is. Of two secrets there is nothing to tell.
func (s Style) arrow(was, is string) string {
	if hidden := s.told(model.Shown); was == hidden && is == hidden {
		return hidden
	}
	was, is = s.clipPair(was, is)
	return was + " -> " + is
}

// side writes a value of one side; what was masked is no text of anybody's.
func (s Style) side(v any) string {
	if v == model.Shown {
		return s.told(model.Shown)
	}
	return s.value(v)
}

// ReadDrift reads what JSON wrote.
func ReadDrift(r io.Reader) (*Drift, error) {
	doc := &Drift{}
	return doc, read(r, "drift", doc, &doc.Header)
}
