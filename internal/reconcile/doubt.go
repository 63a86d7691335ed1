package reconcile

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"time"

	"github.com/idpsync/idpsync/internal/ledger"
	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
)

// doubt is a step of a run that did not end well, of which the memory does not
// tell what it came to.
type doubt struct {
	run  string
	step ledger.Step
	// silence is how long the run's journal has told nothing more.
	silence time.Duration
}

// open tells that nobody knows what the step did.
func (d doubt) open() bool { return d.step.Outcome == nil || d.step.Outcome.Fate == ledger.Unknown }

// makes tells that the step was to make something.
func (d doubt) makes() bool { return d.step.Part == "create" }

// removes tells that it was to take something away.
func (d doubt) removes() bool {
	return d.step.Action == string(plan.Delete) || d.step.Action == "disable" || d.step.Part == "delete"
}

// take lays what an unfinished run did over what is remembered. What the run
// saved itself is the truth; of every other key that it touched the values are
// in doubt, and an id that it learnt is kept.
func (m *memory) take(r *ledger.Run, now time.Time) {
	m.unfinished = append(m.unfinished, r.ID)
	silence := r.Silence(now)
	for _, s := range r.Steps {
		d := doubt{r.ID, s, silence}
		m.doubts = append(m.doubts, d)
		o, known := m.objects[s.Key]
		if known && o.Run == r.ID || !d.open() && s.Outcome.Fate != ledger.Done || d.removes() {
			continue
		}
		id := s.ID
		if s.Outcome != nil && s.Outcome.ID != "" {
			id = s.Outcome.ID
		}
		switch {
		case id != "" && id != o.ID:
			o = ledger.Object{Key: s.Key, ID: id, Protect: o.Protect, Run: o.Run, At: s.Time}
		case id == "" && !known:
			m.unborn[s.Key] = m.unborn[s.Key] || d.makes()
			continue // nothing is known of it yet; born or its identifier may find it
		}
		o.Applied = ledger.Remember(inDoubt, nil)
		m.objects[s.Key] = o
		m.touched[s.Key] = true
	}
}

// born finds what an interrupted request made where no identifier tells: what
// fits what the files say and was not there before (spec 7).
func (m *memory) born(d doubt, desired *model.State, observed []model.Observed) string {
	want := desired.Get(d.step.Key)
	if !d.makes() || !d.open() || want == nil {
		return ""
	}
	var fit []string
	for _, ob := range observed {
		mine := model.ObjectID{Kind: ob.Kind, ID: ob.ID}
		owner, taken := m.byID()[mine]
		if akin(want, ob) && !slices.Contains(d.step.Seen, ob.ID) && (!taken || owner == d.step.Key) {
			fit = append(fit, ob.ID)
		}
	}
	if len(fit) != 1 {
		return ""
	}
	return fit[0]
}

// akin tells whether an observed object is what the document would have made,
// as far as a server without identifiers tells.
func akin(want *model.Resource, ob model.Observed) bool {
	if ob.Kind != want.Key.Kind || ob.Foreign != "" {
		return false
	}
	switch ob.Kind {
	case model.IdentityProvider:
		return ob.Type == want.Text("type") && ob.Name == want.Text("name")
	case model.Application:
		return ob.Template != "" && ob.Template == want.Text("template") && ob.Name == want.Text("appName")
	}
	return false
}

// settleDoubts writes down what became of the steps that earlier runs left
// open, now that everything was read again, and keeps what is in doubt before
// the journal that says so is closed.
func (p *Pass) settleDoubts(ctx context.Context, now time.Time) error {
	m := p.memory
	if m.writer == nil || len(m.unfinished) == 0 {
		return nil
	}
	var keep []ledger.Object
	var gone []model.Key
	for k := range m.touched {
		o := m.objects[k]
		o.Run, o.At = p.runID, now
		m.objects[k] = o
		keep = append(keep, o)
	}
	fates := map[string]map[int]ledger.Outcome{}
	for _, run := range m.unfinished {
		fates[run] = map[int]ledger.Outcome{}
	}
	for k := range m.unborn {
		if got := p.Plan.Actual.Get(k); got != nil && !m.owned(k) {
			keep = append(keep, ledger.Object{Key: k, ID: got.ID, Applied: ledger.Remember(inDoubt, nil), Run: p.runID, At: now})
		}
	}
	for _, d := range m.doubts {
		if d.open() {
			fates[d.run][d.step.N] = p.fate(d, now)
		}
		if d.removes() && p.Plan.Actual.Get(d.step.Key) == nil && m.owned(d.step.Key) {
			gone = append(gone, d.step.Key)
		}
	}
	sort.Slice(keep, func(i, j int) bool { return keep[i].Key.Compare(keep[j].Key) < 0 })
	if err := m.writer.Save(ctx, keep...); err != nil {
		return err
	}
	if err := m.writer.Forget(ctx, gone...); err != nil {
		return err
	}
	for _, run := range m.unfinished {
		if err := m.writer.Settle(ctx, run, fates[run]); err != nil {
			return err
		}
	}
	return nil
}

// fate judges an open step by what the server shows now.
func (p *Pass) fate(d doubt, now time.Time) ledger.Outcome {
	o := ledger.Outcome{Time: now, Fate: ledger.Absent, By: p.runID}
	got := p.Plan.Actual.Get(d.step.Key)
	c := p.Plan.Change(d.step.Key)
	switch {
	case d.makes() && got != nil, !d.removes() && got != nil && visiblySame(c):
		o.Fate, o.ID = ledger.Done, got.ID
	case d.removes() && (got == nil || got.ID != d.step.ID && d.step.ID != ""):
		o.Fate = ledger.Done
	case d.makes():
		o.Message = "nothing in the pool is what the files say"
	case d.removes():
		o.Message = "it is still there"
	default:
		o.Message = "it is not as the files say; it is planned again"
	}
	return o
}

// visiblySame tells that nothing which the server shows has to change.
func visiblySame(c *plan.Change) bool {
	if c == nil {
		return true
	}
	return c.Action == plan.Update && !slices.ContainsFunc(c.Found, func(f plan.FieldDiff) bool {
		return f.Note != plan.NoteLastApplied && f.Note != plan.NoteWillBeSent && f.Note != plan.NoteUncomparable
	})
}

func emptyList(noun string, known int) string {
	return fmt.Sprintf("the server lists no %s, and the ledger knows %d; if they were removed on purpose, move the pool's folder out of the ledger, or in a database delete its rows of idpsync_object", noun, known)
}
