package reconcile

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/plan"
)

// A status travels between replicas as JSON in the words of its Go fields, with
// the number of the form in front. Another form is refused and not guessed at:
// replicas of two versions may share a database for a while. The number grows
// when a reader of the old form would misread the new one; a new field alone
// does no harm.
const (
	statusForm = 1
	// wholeMark begins a whole status, the rest of which is compressed.
	wholeMark = "idpsync-status\n"
	// largestStatus is how much a whole status may unfold to.
	largestStatus = 256 << 20
	// longestBrief is how many characters of a sentence a brief status keeps.
	longestBrief = 1000
)

// wire is a status as it travels.
type wire struct {
	Form int
	plainStatus
	Diagnostics []wireDiagnostic // in place of the status's own
}

type plainStatus Status

// StatusFormError tells that another version wrote the status.
type StatusFormError struct{ Form int }

func (e *StatusFormError) Error() string {
	return fmt.Sprintf("the status was written in form %d, and this idpsync reads form %d", e.Form, statusForm)
}

// Hint says what to do.
func (e *StatusFormError) Hint() string {
	return "another replica runs another version; let all of them run the same one"
}

// EncodeStatus writes a status twice: whole and compressed, and in brief, which
// is what a list of many targets needs (see Brief). Whatever stands at a secret
// path is masked once more on the way.
func EncodeStatus(s *Status) (brief, whole []byte, err error) {
	if brief, err = json.Marshal(wired(briefly(s))); err != nil {
		return nil, nil, fmt.Errorf("the status of %s cannot be written: %w", s.Target, err)
	}
	full := *s
	full.Objects, full.Pending = unrevealing(s.Objects), slim(s.Pending)
	text, err := json.Marshal(wired(&full))
	if err != nil {
		return nil, nil, fmt.Errorf("the status of %s cannot be written: %w", s.Target, err)
	}
	return brief, squeeze(text), nil
}

// DecodeStatus reads what EncodeStatus wrote, either of the two. The error of
// another form is a StatusFormError.
func DecodeStatus(data []byte) (*Status, error) {
	text := data
	if packed, whole := bytes.CutPrefix(data, []byte(wholeMark)); whole {
		var err error
		if text, err = io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), largestStatus+1)); err != nil {
			return nil, fmt.Errorf("this is no status that a replica wrote: %w", err)
		}
		if len(text) > largestStatus {
			return nil, errors.New("this is no status that a replica wrote: it is too large")
		}
	}
	var form struct{ Form int }
	if err := json.Unmarshal(text, &form); err != nil {
		return nil, fmt.Errorf("this is no status that a replica wrote: %w", err)
	}
	if form.Form != statusForm {
		return nil, &StatusFormError{form.Form}
	}
	var w wire
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&w); err != nil {
		return nil, fmt.Errorf("this is no status that a replica wrote: %w", err)
	}
	s := Status(w.plainStatus)
	for _, one := range w.Diagnostics {
		s.Diagnostics = append(s.Diagnostics, one.read())
	}
	s.Pending = slim(s.Pending)
	return &s, nil
}

func wired(s *Status) *wire {
	w := &wire{Form: statusForm, plainStatus: plainStatus(*s)}
	for _, d := range s.Diagnostics {
		w.Diagnostics = append(w.Diagnostics, wiredDiagnostic(d))
	}
	return w
}

// writers are kept: making one costs more than a small status.
var writers = sync.Pool{New: func() any {
	w, _ := flate.NewWriter(nil, flate.BestSpeed) // the level is a right one
	return w
}}

func squeeze(text []byte) []byte {
	out := bytes.NewBufferString(wholeMark)
	w := writers.Get().(*flate.Writer)
	defer writers.Put(w)
	w.Reset(out)
	_, _ = w.Write(text) // a buffer takes everything
	_ = w.Close()
	return out.Bytes()
}

// briefly is the status without what only its own pages show.
func briefly(s *Status) *Status {
	b := *s
	tally := s.Tally()
	b.Brief, b.Objects, b.Runs = &tally, nil, nil
	b.Note = cut(s.Note)
	if s.Trouble != nil {
		t := *s.Trouble
		t.Message, t.Hint = cut(t.Message), cut(t.Hint)
		b.Trouble = &t
	}
	worst := slices.IndexFunc(s.Diagnostics, func(d diagnostic.Diagnostic) bool { return d.Severity == diagnostic.Error })
	b.Diagnostics = first(s.Diagnostics, max(worst, 0))
	if p := s.Pending; p != nil {
		short := *p
		if short.Refusals = first(p.Refusals, 0); p.Plan != nil {
			short.Plan = &plan.Plan{Summary: p.Plan.Summary}
		}
		b.Pending = &short
	}
	return &b
}

// first keeps the one at i, if there is one.
func first[T any](all []T, i int) []T {
	if i >= len(all) {
		return nil
	}
	return slices.Clone(all[i : i+1])
}

func cut(s string) string {
	n := 0
	for i := range s {
		if n++; n > longestBrief {
			return s[:i] + "…"
		}
	}
	return s
}

// unrevealing masks the differences of objects, however they came to be.
func unrevealing(objects []ObjectStatus) []ObjectStatus {
	out := slices.Clone(objects)
	for i := range out {
		out[i].Fields = slices.Clone(out[i].Fields)
		for j := range out[i].Fields {
			f := &out[i].Fields[j]
			f.LastApplied, f.Server, f.File = masked(f.LastApplied, f.Sensitive), masked(f.Server, f.Sensitive), masked(f.File, f.Sensitive)
		}
	}
	return out
}

// slim is the plan as a status may have it, masked.
func slim(p *PendingPlan) *PendingPlan {
	if p == nil || p.Plan == nil {
		return p
	}
	out, bare := *p, *p.Plan
	bare.Desired, bare.Actual, bare.Steps = nil, nil, nil
	bare.Changes = slices.Clone(bare.Changes)
	bare.Changes = slices.DeleteFunc(bare.Changes, func(c *plan.Change) bool { return c == nil })
	for i, c := range bare.Changes {
		bare.Changes[i] = slimChange(c)
	}
	out.Plan = &bare
	return &out
}
