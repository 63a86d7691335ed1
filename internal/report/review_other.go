package report

import (
	"slices"
	"strings"

	"github.com/idpsync/idpsync/internal/apply"
	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/plan"
)

func (doc *Drift) review(s Style) *review {
	sum := doc.Summary
	r := &review{
		title: s.Say("Drift of %s", clean(doc.Target.Name)), verdict: doc.summary(s), good: sum.Drifted == 0, facts: s.poolFacts(doc.Target), noun: s.Say("objects"), picture: doc.picture,
		tallies: []tally{
			{s.Say("objects drifted"), "update", sum.Drifted},
			{s.Say("changes on the server"), "delete", sum.Server},
			{s.Say("changes in the files"), "create", sum.File},
			{s.Say("changes on both"), "replace", sum.Both},
			{s.Say("changes that cannot be told apart"), "", sum.Unknown},
			{s.Say("objects unmanaged"), "", sum.Unmanaged},
		},
	}
	for _, o := range doc.Objects {
		if o.Planned {
			r.items = append(r.items, s.driftItem(o))
		}
	}
	for _, i := range doc.Ignored {
		r.remarks = append(r.remarks, clean(i.Key+" "+i.Path)+": "+s.Say("ignored: %s", clean(i.Reason)))
	}
	return r.settle()
}

// picture draws what drifted.
func (doc *Drift) picture() *Graph {
	d := newDrawing()
	for _, o := range doc.Objects {
		if o.Planned {
			d.states[o.Key] = driftClass[o.State]
		}
	}
	for _, o := range doc.Objects {
		if o.Planned {
			d.object(o.Key, driftClass[o.State])
		}
	}
	return d.graph
}

var dangerOfSide = map[string]int{string(plan.ByBoth): 0, string(plan.ByServer): 1, string(plan.ByFile): 3}

// driftClass gives a state the look of the action that a person would think of.
var driftClass = map[string]string{string(plan.Changed): "update", string(plan.Missing): "delete", string(plan.Unmanaged): "create"}

func (s Style) driftItem(o Drifted) item {
	i := item{
		symbol: strings.TrimSpace(driftMarks[o.State].symbol), key: clean(o.Key), action: s.Told(clean(o.State)), class: driftClass[o.State],
		place: o.Source.text(), danger: 4,
	}
	if words := o.words(); words != o.State {
		i.words = clean(s.Told(words))
	}
	for _, f := range o.Fields {
		by, known := dangerOfSide[f.ChangedBy]
		if !known {
			by = 2
		}
		i.danger = min(i.danger, by)
	}
	fields := slices.DeleteFunc(slices.Clone(o.Fields), func(f DriftField) bool { return f.Path == "" })
	i.n, i.row = len(fields), func(k int) row { return s.driftRow(fields[k]) }
	return i
}

func (s Style) driftRow(f DriftField) row {
	return row{symbol: "~", path: clean(f.Path), note: s.changedBy(f.ChangedBy), values: []sided{
		{" ", s.Say("last applied"), shown(f.LastApplied, false)}, {"-", s.Say("server"), shown(f.Server, false)}, {"+", s.Say("file"), shown(f.File, false)},
	}}
}

func (s Style) changedBy(side string) string {
	switch plan.ChangedBy(side) {
	case plan.ByServer:
		return s.Say("changed on the server")
	case plan.ByFile:
		return s.Say("changed in the files")
	case plan.ByBoth:
		return s.Say("changed on both")
	}
	return s.Say("cannot be told")
}

// stepLook: what went wrong comes first.
var stepLook = map[string]struct {
	symbol, class string
	danger        int
}{
	string(apply.Failed): {"!", "delete", 0}, string(apply.Unknown): {"?", "replace", 1}, string(apply.Skipped): {"/", "update", 2}, string(apply.Done): {"+", "create", 3},
}

func (doc *Result) review(s Style) *review {
	sum := doc.Summary
	r := &review{
		title:   s.Say("Result for %s", clean(doc.Target.Name)),
		verdict: s.Say("Result: %d done, %d failed, %d skipped, %d unknown.", sum.Done, sum.Failed, sum.Skipped, sum.Unknown),
		good:    sum.Done == len(doc.Steps) && len(doc.NotKept) == 0, heading: s.Say("Not kept by the server"), noun: s.Say("steps"), picture: doc.picture,
		facts: append(s.poolFacts(doc.Target), [2]string{s.Say("run"), clean(doc.RunID)}),
		tallies: []tally{
			{s.Say("done"), "create", sum.Done},
			{s.Say("failed"), "delete", sum.Failed},
			{s.Say("skipped"), "update", sum.Skipped},
			{s.Say("unknown"), "replace", sum.Unknown},
			{s.Say("not kept"), "delete", len(doc.NotKept)},
			{s.Say("not verified"), "", len(doc.Unverified)},
		},
	}
	for _, a := range doc.NotKept {
		r.notices = append(r.notices, notice{"IDP0503", clean(a.Key + " " + a.Path), ""})
	}
	for _, st := range doc.Steps {
		r.items = append(r.items, s.stepItem(st))
	}
	return r.settle()
}

// picture draws what was done, by the action, and what was not, without one.
func (doc *Result) picture() *Graph {
	d := newDrawing()
	for _, st := range doc.Steps {
		if st.Status == string(apply.Done) {
			d.states[st.Key] = st.Action
		}
	}
	for _, st := range doc.Steps {
		d.object(st.Key, d.states[st.Key])
	}
	return d.graph
}

func (s Style) stepItem(st Step) item {
	look := stepLook[st.Status]
	i := item{symbol: look.symbol, key: clean(st.Key), action: s.Told(clean(st.Status)) + ": " + s.Told(clean(st.Action)), class: look.class, danger: look.danger}
	if st.Error != nil {
		i.words = clean(s.Told(st.Error.Message)) + " [" + clean(st.Error.Code) + "]"
	} else if st.why != "" {
		i.words = clean(s.Told(st.why))
	}
	if id := clientID(st); id != "" {
		i.tags = append(i.tags, s.Say("client id %s", clean(id)))
	}
	for _, e := range st.SideEffects {
		i.tags = append(i.tags, clean(s.Told(e)))
	}
	if len(st.PartsDone) > 0 && st.Status != string(apply.Done) {
		i.tags = append(i.tags, s.Say("done before: %s", clean(strings.Join(st.PartsDone, ", "))))
	}
	return i
}

func (doc *Diagnostics) review(s Style) *review {
	errs, warnings := 0, 0
	r := &review{title: s.Say("Check of the files"), noun: s.Say("findings"), good: len(doc.Diagnostics) == 0}
	for _, d := range doc.Diagnostics {
		i := item{symbol: "!", key: clean(d.Code), action: s.Told(d.Severity), class: "delete", words: clean(d.Message), place: place(d)}
		if d.Severity == string(diagnostic.Error) {
			errs++
		} else {
			warnings++
			i.symbol, i.class, i.danger = "~", "update", 1
		}
		if d.Hint != "" {
			i.tags = []string{s.Say("hint: %s", clean(d.Hint))}
		}
		r.items = append(r.items, i)
	}
	r.verdict = s.tallyOf(errs, warnings)
	r.tallies = []tally{{s.Say("errors"), "delete", errs}, {s.Say("warnings"), "update", warnings}}
	return r.settle()
}
