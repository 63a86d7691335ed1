package report

import (
	"io"
	"strings"

	"github.com/idpsync/idpsync/internal/apply"
	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
)

// Result is the document of spec 7: what became of a plan.
type Result struct {
	Header
	RunID      string        `json:"runId"`
	Target     Target        `json:"target"`
	Summary    ResultSummary `json:"summary"`
	Steps      []Step        `json:"steps"`
	NotKept    []Place       `json:"notKept"`
	Unverified []Place       `json:"unverified"`
}

// ResultSummary counts the steps.
type ResultSummary struct {
	Done    int `json:"done"`
	Failed  int `json:"failed"`
	Skipped int `json:"skipped"`
	Unknown int `json:"unknown"`
}

// Step is what became of one change, in the plan's order.
type Step struct {
	Key         string     `json:"key"`
	Action      string     `json:"action"`
	ID          string     `json:"id"`
	Status      string     `json:"status"`
	PartsDone   []string   `json:"partsDone"`
	SideEffects []string   `json:"sideEffects"`
	Error       *StepError `json:"error,omitempty"`

	// why tells the reason of a skip, which is no error.
	why string
}

// StepError is why a step failed, or why its fate is unknown.
type StepError struct {
	Code      string `json:"code"`
	Message   string `json:"message"`
	RequestID string `json:"requestId"`
}

// ResultInput is what a result's document is made of.
type ResultInput struct {
	RunID               string
	Target              Target
	Result              *apply.Result
	NotKept, Unverified []plan.At
	// Explain gives the code of an error and the server's id of the request that
	// failed; both may be empty.
	Explain func(error) (code, requestID string)
}

// NewResult makes the document.
func NewResult(in ResultInput) *Result {
	r := in.Result
	doc := &Result{
		Header: NewHeader("result"), RunID: in.RunID, Target: in.Target,
		Summary: ResultSummary{r.Count(apply.Done), r.Count(apply.Failed), r.Count(apply.Skipped), r.Count(apply.Unknown)},
		Steps:   make([]Step, 0, len(r.Outcomes)), NotKept: places(in.NotKept), Unverified: places(in.Unverified),
	}
	for _, o := range r.Outcomes {
		doc.Steps = append(doc.Steps, newStep(o, in.Explain))
	}
	return doc
}

// ReadResult reads what JSON wrote.
func ReadResult(r io.Reader) (*Result, error) {
	doc := &Result{}
	return doc, read(r, "result", doc, &doc.Header)
}

func newStep(o apply.Outcome, explain func(error) (string, string)) Step {
	s := Step{
		Key: o.Change.Key.String(), Action: string(o.Change.Action), ID: o.ID, Status: string(o.Status),
		PartsDone: list(o.PartsDone), SideEffects: []string{},
	}
	for _, e := range o.SideEffects {
		s.SideEffects = append(s.SideEffects, e.Key.String()+": switched on by the server itself, and off again")
	}
	switch {
	case o.Err == nil:
	case o.Status == apply.Skipped:
		s.why = o.Err.Error()
	default:
		e := StepError{Message: o.Err.Error()}
		if explain != nil {
			e.Code, e.RequestID = explain(o.Err)
		}
		if e.Code == "" {
			e.Code = "IDP0502"
		}
		s.Error = &e
	}
	return s
}

func places(at []plan.At) []Place {
	out := make([]Place, len(at))
	for i, a := range at {
		out[i] = Place{a.Key.String(), a.Path}
	}
	return out
}

// Text writes what went wrong, what the server did not keep, the client ids of
// the applications that were made, and the summary last.
func (doc *Result) Text(w io.Writer, s Style) error {
	p := newPrinter(w, s)
	for _, st := range doc.Steps {
		if st.Status != string(apply.Done) {
			p.step(st)
		}
	}
	for _, a := range doc.NotKept {
		p.line(p.paint(bad, p.say("not kept")), " ", clean(a.Key), " ", clean(a.Path), p.Colon(), p.say("the server accepted it and shows another value"), " [IDP0503]")
	}
	if n := len(doc.Unverified); n > 0 {
		p.line(p.say("not verified, because no read shows them: %d of the values sent", n))
	}
	for _, st := range doc.Steps {
		if id := clientID(st); id != "" {
			p.line(clean(st.Key), p.Colon(), p.say("client id %s", clean(id)))
		}
	}
	c := doc.Summary
	p.line(p.paint(strong, p.say("Result: %d done, %d failed, %d skipped, %d unknown.", c.Done, c.Failed, c.Skipped, c.Unknown)))
	return p.end()
}

// clientID is the appId of an application that has a new one.
func clientID(s Step) string {
	k, err := model.ParseKey(s.Key)
	if err != nil || k.Kind != model.Application || s.Action != string(plan.Create) && s.Action != string(plan.Replace) {
		return ""
	}
	if s.Status != string(apply.Done) && len(s.PartsDone) == 0 {
		return ""
	}
	return s.ID
}

func (p *printer) step(s Step) {
	p.put(p.status(s.Status), " ", clean(p.told(s.Action)), " ", clean(s.Key))
	p.hang = statusWidth + 1
	switch {
	case s.Error != nil:
		p.put(p.Colon(), clean(p.told(s.Error.Message)))
		if id := s.Error.RequestID; id != "" && !strings.Contains(s.Error.Message, id) {
			p.put(p.say(" (request id %s)", clean(id)))
		}
		p.put(" [", clean(s.Error.Code), "]")
	case s.why != "":
		p.put(p.Colon(), clean(p.told(s.why)))
	}
	if len(s.PartsDone) > 0 {
		parts := make([]string, len(s.PartsDone))
		for i, part := range s.PartsDone {
			parts[i] = p.told(part)
		}
		p.put(p.say("; done before: %s", clean(strings.Join(parts, p.mark(", ", "、")))))
	}
	p.line()
}
