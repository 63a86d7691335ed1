package apply

import (
	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
)

// Status is what became of a change.
type Status string

// The statuses. Running is only ever seen in an Event. Unknown means that the
// request was sent and nobody can say what the server did.
const (
	Running Status = "running"
	Done    Status = "done"
	Failed  Status = "failed"
	Skipped Status = "skipped"
	Unknown Status = "unknown"
)

// Event tells that a step began or ended.
type Event struct {
	Change *plan.Change
	Half   plan.Half
	Status Status
	// ID is the server's id of what was made or touched, of a step that is done.
	ID  string
	Err error
}

// Outcome is what became of one change.
type Outcome struct {
	Change *plan.Change
	Status Status
	// ID is the server's id of what was made or touched, when known.
	ID string
	// PartsDone lists what was done before a failure: parts of a step that takes
	// several requests, or the removing half of a replace.
	PartsDone []string
	// NotKept lists the dotted paths that the server accepted and did not store.
	NotKept []string
	// SideEffects lists the enablements that the server had switched on by itself
	// and that were switched off again.
	SideEffects []*model.Resource
	Err         error
}

// Result is what became of a plan, in the plan's order.
type Result struct {
	Outcomes []Outcome
	// Lost: in the end the server could not be reached, or answered nothing.
	Lost bool
	// JournalErr says why the journal does not tell all that was done.
	JournalErr error
}

// Count counts the changes with the status.
func (r *Result) Count(s Status) int {
	n := 0
	for _, o := range r.Outcomes {
		if o.Status == s {
			n++
		}
	}
	return n
}

// Wrote tells whether the server was, or may have been, changed.
func (r *Result) Wrote() bool {
	for _, o := range r.Outcomes {
		if o.Status == Done || o.Status == Unknown || len(o.PartsDone) > 0 {
			return true
		}
	}
	return false
}

// Touched lists the resources of every change that did or may have done
// something, as they should be now; a deleted one as it was.
func (r *Result) Touched() []*model.Resource {
	var rs []*model.Resource
	for _, o := range r.Outcomes {
		if o.Status == Skipped || o.Status == Failed && len(o.PartsDone) == 0 {
			continue
		}
		if o.Change.To != nil {
			rs = append(rs, o.Change.To)
		} else {
			rs = append(rs, o.Change.From)
		}
		rs = append(rs, o.SideEffects...)
	}
	return rs
}

// Made lists what was made and may have been switched on by the server itself.
func (r *Result) Made() []model.Key {
	var keys []model.Key
	for _, o := range r.Outcomes {
		made := o.Change.Action == plan.Create || o.Change.Action == plan.Replace
		if made && o.Status == Done && o.Change.Key.Kind.Trait().Spreads {
			keys = append(keys, o.Change.Key)
		}
	}
	return keys
}

// Brought adds what a later look found to have come along with a key.
func (r *Result) Brought(k model.Key, s *Swept) {
	for i := range r.Outcomes {
		if o := &r.Outcomes[i]; o.Change.Key == k {
			o.SideEffects = append(o.SideEffects, s.Off...)
			if s.Err != nil {
				o.Status, o.Err, o.PartsDone = Failed, s.Err, []string{"create"}
			}
		}
	}
}
