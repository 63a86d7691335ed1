package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
)

func compare(a, b string) int { return cmp.Compare(a, b) }

// mark is how an action looks in front of a line.
type mark struct {
	symbol string
	tone   tone
}

var marks = map[string]mark{
	string(plan.Create):  {"  +", good},
	string(plan.Update):  {"  ~", careful},
	string(plan.Delete):  {"  -", bad},
	string(plan.Replace): {"-/+", bad},
}

// Text writes the pool first, then a line for each change and for each of its
// fields, then what forbids the plan, and the summary last.
func (doc *Plan) Text(w io.Writer, s Style) error {
	p := newPrinter(w, s)
	p.pool(doc.Target)
	if len(doc.Changes) > 0 {
		p.line()
	}
	for _, c := range doc.Changes {
		p.change(c)
	}
	for _, a := range doc.notEvaluated {
		p.line("  ? ", clean(a.Key), " ", clean(a.Path), ": ", p.told(plan.NoteNotEvaluated))
	}
	for _, n := range doc.NotKept {
		p.line("  ? ", clean(n.Key), " ", clean(n.Path), ": ", p.say("not kept at run %s; --push notkept sends it again", clean(n.RunID)))
	}
	p.guards(doc.Guards)
	p.line()
	p.line(p.paint(strong, doc.summary(s)))
	return p.end()
}

// pool names what everything below is about.
func (p *printer) pool(t Target) {
	p.line(p.paint(strong, p.say("Pool %s at %s (target %s)", clean(t.UserPoolID), clean(t.Host), clean(t.Name))))
}

func (doc *Plan) summary(in Style) string {
	s := doc.Summary
	rest := in.say("%d unchanged, %d unmanaged", s.Unchanged, s.Unmanaged)
	if s.Uncompared > 0 {
		rest += in.say(", %d not compared", s.Uncompared)
	}
	if n := len(doc.Ignored); n > 0 {
		rest += in.say(", %d ignored", n)
	}
	if len(doc.Changes) == 0 {
		return in.say("No changes. %s.", rest)
	}
	return in.say("Plan: %d to create, %d to change, %d to replace, %d to delete; %s.", s.Create, s.Update, s.Replace, s.Delete, rest)
}

// changeHang sets what belongs to a change in behind its mark and its fields.
const changeHang = len("  + ") + 4

func (p *printer) change(c Change) {
	m := marks[c.Action]
	p.put(p.paint(m.tone, m.symbol+" "+clean(c.Key)))
	if c.Reason != "" {
		p.put(p.Colon(), clean(p.told(c.Reason)))
	}
	if notes := p.notes(c); notes != "" {
		p.put(" [", notes, "]")
	}
	if c.Source != nil {
		p.put(" ", p.paint(faint, fmt.Sprintf("(%s:%d)", clean(c.Source.File), c.Source.Line)))
	}
	p.hang = changeHang
	p.line()
	p.fields(c)
}

// notes tells a high risk, and whose users notice where the key does not say it.
func (p *printer) notes(c Change) string {
	var out []string
	if c.Risk == string(plan.High) {
		out = append(out, p.say("high risk"))
		if l := c.Impact.Loses; len(l) > 0 && !slices.Equal(l, []string{c.Key}) {
			out = append(out, p.say("takes %s", p.shortList(l)))
		}
	}
	if others := others(c); len(others) > 0 {
		out = append(out, p.say("used by %s", p.shortList(others)))
	}
	return strings.Join(out, p.mark("; ", "；"))
}

func others(c Change) []string {
	self := ""
	if k, err := model.ParseKey(c.Key); err == nil {
		self = k.Owner().Name
	}
	if slices.Equal(c.Impact.Applications, []string{self}) {
		return nil
	}
	return c.Impact.Applications
}

func (s Style) shortList(names []string) string {
	const shown = 5
	more := ""
	if len(names) > shown {
		more = s.say(" and %d more", len(names)-shown)
		names = names[:shown]
	}
	return clean(strings.Join(names, ", ")) + more
}

func (p *printer) fields(c Change) {
	paths, longest := make([]string, len(c.Fields)), 0
	for i, f := range c.Fields {
		paths[i] = clean(f.Path) + ":"
		longest = max(longest, width(paths[i]))
	}
	const indent = len("    ") + len("  ~") + len(" ")
	longest = p.column(indent, longest)
	for i, f := range c.Fields {
		m := fieldMark(c, f)
		p.put("    ", p.paint(m.tone, m.symbol), " ", padRight(paths[i], longest), " ", p.values(c, f))
		if f.Note != "" {
			p.put(" [", clean(p.told(f.Note)), "]")
		}
		p.hang = indent + max(longest+1, 2)
		p.line()
	}
}

// fieldMark: "=" is sent though nothing is known to differ; "-/+" is the fixed
// attribute that forces a replace.
func fieldMark(c Change, f Field) mark {
	k, _ := model.ParseKey(c.Key)
	switch {
	case f.Note == plan.NoteWillBeSent || f.Note == plan.NoteNotEvaluated && c.Action != string(plan.Create):
		return mark{"  =", faint}
	case c.Action == string(plan.Replace) && slices.Contains(k.Kind.Trait().Fixed, f.Path):
		return marks[string(plan.Replace)]
	case f.Before == nil && f.Note != plan.NoteUncomparable:
		return marks[string(plan.Create)]
	case f.After == nil:
		return marks[string(plan.Delete)]
	}
	return marks[string(plan.Update)]
}

// values: what does not exist yet has no "before" worth a word, and what could
// not be read has none to show.
func (s Style) values(c Change, f Field) string {
	before, after := s.secretOr(f.Before, f.Sensitive), s.secretOr(f.After, f.Sensitive)
	if f.Before == nil && (c.Action == string(plan.Create) || f.Note != "") {
		return s.clip(after)
	}
	if f.Sensitive && f.Before != nil && f.After != nil && f.Note == "" {
		return s.say("%s, another than on the server", before)
	}
	return s.arrow(before, after)
}

// column is how wide a column of names may be: on a narrow terminal they are
// not aligned, so that the values keep some room.
func (p *printer) column(indent, longest int) int {
	if p.Width > 0 && indent+longest > p.Width/2 {
		return 0
	}
	return longest
}

func (p *printer) guards(gs []Guard) {
	if len(gs) == 0 {
		return
	}
	p.line()
	p.line(p.paint(bad, p.say("Refused:")))
	for _, g := range gs {
		p.line("  ! ", p.paint(bad, fmt.Sprintf("%s %s", clean(g.Code), clean(g.Name))), ": ", clean(p.told(g.Message)))
		if g.Override != "" {
			p.line("    ", p.hint(), clean(p.told(g.Override)))
		}
	}
}
