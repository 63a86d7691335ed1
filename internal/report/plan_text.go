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
	p.line(p.paint(strong, fmt.Sprintf("Pool %s at %s (target %s)", clean(doc.Target.UserPoolID), clean(doc.Target.Host), clean(doc.Target.Name))))
	if len(doc.Changes) > 0 {
		p.line()
	}
	for _, c := range doc.Changes {
		p.change(c)
	}
	for _, a := range doc.notEvaluated {
		p.line("  ? ", clean(a.Key), " ", clean(a.Path), ": ", plan.NoteNotEvaluated)
	}
	for _, n := range doc.NotKept {
		p.line("  ? ", clean(n.Key), " ", clean(n.Path), ": not kept at run ", clean(n.RunID), "; --push notkept sends it again")
	}
	p.guards(doc.Guards)
	p.line()
	p.line(p.paint(strong, doc.summary()))
	return p.end()
}

func (doc *Plan) summary() string {
	s := doc.Summary
	rest := fmt.Sprintf("%d unchanged, %d unmanaged", s.Unchanged, s.Unmanaged)
	if s.Uncompared > 0 {
		rest += fmt.Sprintf(", %d not compared", s.Uncompared)
	}
	if n := len(doc.Ignored); n > 0 {
		rest += fmt.Sprintf(", %d ignored", n)
	}
	if len(doc.Changes) == 0 {
		return "No changes. " + rest + "."
	}
	return fmt.Sprintf("Plan: %d to create, %d to change, %d to replace, %d to delete; %s.", s.Create, s.Update, s.Replace, s.Delete, rest)
}

func (p *printer) change(c Change) {
	m := marks[c.Action]
	p.put(p.paint(m.tone, m.symbol+" "+clean(c.Key)))
	if c.Reason != "" {
		p.put(": ", clean(c.Reason))
	}
	if notes := notes(c); notes != "" {
		p.put(" [", notes, "]")
	}
	if c.Source != nil {
		p.put(p.paint(faint, fmt.Sprintf(" (%s:%d)", clean(c.Source.File), c.Source.Line)))
	}
	p.line()
	p.fields(c)
}

// notes tells a high risk, and whose users notice where the key does not say it.
func notes(c Change) string {
	var out []string
	if c.Risk == string(plan.High) {
		out = append(out, "high risk")
		if l := c.Impact.Loses; len(l) > 0 && !slices.Equal(l, []string{c.Key}) {
			out = append(out, "takes "+shortList(l))
		}
	}
	if others := others(c); len(others) > 0 {
		out = append(out, "used by "+shortList(others))
	}
	return strings.Join(out, "; ")
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

func shortList(names []string) string {
	const shown = 5
	more := ""
	if len(names) > shown {
		more = fmt.Sprintf(" and %d more", len(names)-shown)
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
	for i, f := range c.Fields {
		m := fieldMark(c, f)
		p.put("    ", p.paint(m.tone, m.symbol), " ", padRight(paths[i], longest), " ", values(c, f))
		if f.Note != "" {
			p.put(" [", clean(f.Note), "]")
		}
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
func values(c Change, f Field) string {
	before, after := secretOr(f.Before, f.Sensitive), secretOr(f.After, f.Sensitive)
	if f.Before == nil && (c.Action == string(plan.Create) || f.Note != "") {
		return clip(after)
	}
	if before == model.Shown && after == model.Shown && f.Note == "" {
		return model.Shown + ", another than on the server"
	}
	return arrow(before, after)
}

func (p *printer) guards(gs []Guard) {
	if len(gs) == 0 {
		return
	}
	p.line()
	p.line(p.paint(bad, "Refused:"))
	for _, g := range gs {
		p.line("  ! ", p.paint(bad, fmt.Sprintf("%s %s", clean(g.Code), clean(g.Name))), ": ", clean(g.Message))
		if g.Override != "" {
			p.line("    hint: ", clean(g.Override))
		}
	}
}
