package report

import (
	"slices"
	"strings"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
)

var dangerOfRisk = map[string]int{string(plan.High): 0, string(plan.Medium): 10, string(plan.Low): 20}

var dangerOfAction = map[string]int{string(plan.Delete): 0, string(plan.Replace): 1, string(plan.Update): 2, string(plan.Create): 3}

func (doc *Plan) review(s Style) *review {
	sum := doc.Summary
	r := &review{
		title: s.Say("Plan for %s", clean(doc.Target.Name)), verdict: doc.summary(s), good: len(doc.Changes)+len(doc.Guards) == 0,
		facts: s.poolFacts(doc.Target), noun: s.Say("changes"), heading: s.Say("Refused"), picture: doc.picture,
		tallies: []tally{
			{s.Say("to create"), "create", sum.Create},
			{s.Say("to change"), "update", sum.Update},
			{s.Say("to replace"), "replace", sum.Replace},
			{s.Say("to delete"), "delete", sum.Delete},
			{s.Say("unchanged"), "", sum.Unchanged},
			{s.Say("unmanaged"), "", sum.Unmanaged},
			{s.Say("not compared"), "", sum.Uncompared},
		},
	}
	for _, g := range doc.Guards {
		r.notices = append(r.notices, notice{clean(g.Code + " " + g.Name), clean(s.Told(g.Message)), clean(s.Told(g.Override))})
	}
	for _, c := range doc.Changes {
		r.items = append(r.items, s.changeItem(c))
	}
	r.remarks = doc.remarks(s)
	return r.settle()
}

// remarks are what stands beside the changes, each with its number.
func (doc *Plan) remarks(s Style) []string {
	var out []string
	for _, a := range doc.notEvaluated {
		out = append(out, clean(a.Key+" "+a.Path)+": "+s.Told(plan.NoteNotEvaluated))
	}
	for _, n := range doc.NotKept {
		out = append(out, clean(n.Key+" "+n.Path)+": "+s.Say("not kept at run %s; --push notkept sends it again", clean(n.RunID)))
	}
	for _, i := range doc.Ignored {
		out = append(out, clean(i.Key+" "+i.Path)+": "+s.Say("ignored: %s", clean(i.Reason)))
	}
	for _, u := range doc.Unsupported {
		out = append(out, clean(u.Key+" "+u.Path)+": "+s.Say("not supported by this server"))
	}
	return out
}

func (s Style) changeItem(c Change) item {
	i := item{
		symbol: strings.TrimSpace(marks[c.Action].symbol), key: clean(c.Key), action: s.Told(clean(c.Action)), class: c.Action,
		danger: dangerOfRisk[c.Risk] + dangerOfAction[c.Action], risk: c.Risk, words: clean(s.Told(c.Reason)), place: c.Source.text(),
	}
	if l := c.Impact.Loses; len(l) > 0 && !slices.Equal(l, []string{c.Key}) {
		i.tags = append(i.tags, s.Say("takes %s", s.shortList(l)))
	}
	if o := others(c); len(o) > 0 {
		i.tags = append(i.tags, s.Say("used by %s", s.shortList(o)))
	}
	i.n, i.row = len(c.Fields), func(k int) row { return s.fieldRow(c, c.Fields[k]) }
	return i
}

func (s Style) fieldRow(c Change, f Field) row {
	r := row{symbol: strings.TrimSpace(fieldMark(c, f).symbol), path: clean(f.Path), note: clean(s.Told(f.Note))}
	before, after := shown(f.Before, f.Sensitive), shown(f.After, f.Sensitive)
	if before == model.Shown && after == model.Shown && f.Note == "" {
		r.note = s.Say("another than on the server")
	}
	if before == after { // two masks say no more than one
		before = ""
	}
	r.values = []sided{{"-", s.Say("before"), before}, {"+", s.Say("after"), after}}
	return r
}

// picture draws the objects that change, and what they hang together with.
func (doc *Plan) picture() *Graph {
	d := newDrawing()
	for _, c := range doc.Changes {
		d.states[c.Key] = c.Action
	}
	for _, c := range doc.Changes {
		k, ok := d.object(c.Key, c.Action)
		if !ok {
			continue
		}
		for _, on := range c.DependsOn {
			if other, err := model.ParseKey(on); err == nil && other.Kind != model.Enablement && other.Kind.Trait().Rank < k.Kind.Trait().Rank {
				d.join(other, k, c.Action)
			}
		}
		for _, name := range c.Impact.Applications {
			if k.Kind != model.Application {
				d.join(k, model.Key{Kind: model.Application, Name: name}, "")
			}
		}
	}
	return d.graph
}
