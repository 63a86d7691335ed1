package report

import (
	"io"
	"slices"
	"time"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
	"github.com/idpsync/idpsync/internal/rules"
)

// Plan is the document of spec 6.
type Plan struct {
	Header
	Tool         string       `json:"tool"`
	CreatedAt    string       `json:"createdAt"`
	Target       Target       `json:"target"`
	ReadScope    string       `json:"readScope"`
	Ledger       string       `json:"ledger"`
	ConfigDigest string       `json:"configDigest"`
	StateDigest  string       `json:"stateDigest"`
	Summary      plan.Summary `json:"summary"`
	Changes      []Change     `json:"changes"`
	Guards       []Guard      `json:"guards"`
	Ignored      []Ignored    `json:"ignored"`
	Unsupported  []Place      `json:"unsupported"`
	// NotKept lists what the server did not keep at an earlier run: not sent again.
	NotKept []NotKept `json:"notKept,omitempty"`

	// notEvaluated lists secrets left out by request on resources that have no
	// change to show them on.
	notEvaluated []Place
	// found are complaints about the files that the plan was made from.
	found []Diagnostic
}

// Change is what happens to one resource.
type Change struct {
	Key       string   `json:"key"`
	Action    string   `json:"action"`
	Risk      string   `json:"risk"`
	Reason    string   `json:"reason"`
	DependsOn []string `json:"dependsOn"`
	Impact    Impact   `json:"impact"`
	Source    *Source  `json:"source"` // null when no file is the reason
	Fields    []Field  `json:"fields"`
}

// Impact names who may notice a change, and the login buttons (keys of
// enablements) that the change itself gives and takes.
type Impact struct {
	Applications []string `json:"applications"`
	Gains        []string `json:"gains"`
	Loses        []string `json:"loses"`
}

// Source is a place in the project's files.
type Source struct {
	File string `json:"file"`
	Line int    `json:"line"`
}

// Field is one declared path whose value differs. null stands for absent.
type Field struct {
	Path      string `json:"path"`
	Before    any    `json:"before"`
	After     any    `json:"after"`
	Sensitive bool   `json:"sensitive"`
	Note      string `json:"note,omitempty"`
}

// Guard is a reason why the plan must not be carried out. Key is empty when it
// is about the whole plan, Override when nothing helps.
type Guard struct {
	Code     string `json:"code"`
	Name     string `json:"name"`
	Key      string `json:"key"`
	Message  string `json:"message"`
	Override string `json:"override"`
}

// Ignored is a path that the project asked not to compare.
type Ignored struct {
	Key    string `json:"key"`
	Path   string `json:"path"`
	Reason string `json:"reason"`
	Until  string `json:"until"`
}

// NotKept is a path that the server did not keep at a run, and that has not
// changed on either side since.
type NotKept struct {
	Key   string `json:"key"`
	Path  string `json:"path"`
	RunID string `json:"runId"`
}

// PlanInput is what a plan's document is made of.
type PlanInput struct {
	Tool                      string // name and version of the program
	CreatedAt                 time.Time
	Target                    Target
	ReadScope, Ledger         string
	ConfigDigest, StateDigest string
	Plan                      *plan.Plan
	Refusals                  []rules.Refusal
}

// NewPlan makes the document. No secret enters it.
func NewPlan(in PlanInput) *Plan {
	doc := &Plan{
		Header: NewHeader("plan"), Tool: in.Tool, CreatedAt: in.CreatedAt.UTC().Format(time.RFC3339),
		Target: in.Target, ReadScope: in.ReadScope, Ledger: in.Ledger,
		ConfigDigest: in.ConfigDigest, StateDigest: in.StateDigest, Summary: in.Plan.Summary,
		Changes: make([]Change, 0, len(in.Plan.Changes)), Guards: make([]Guard, 0, len(in.Refusals)),
		Ignored: []Ignored{}, Unsupported: []Place{},
	}
	for _, c := range in.Plan.Changes {
		doc.Changes = append(doc.Changes, newChange(c))
	}
	for _, r := range in.Refusals {
		doc.Guards = append(doc.Guards, Guard{r.Code, r.Name, keyText(r.Key), r.Message, r.Override})
	}
	for _, i := range in.Plan.Ignored {
		doc.Ignored = append(doc.Ignored, Ignored{i.Key.String(), i.Path, i.Reason, i.Until})
	}
	for _, u := range in.Plan.Unsupported {
		doc.Unsupported = append(doc.Unsupported, Place{u.Key.String(), u.Path})
	}
	for _, n := range in.Plan.NotKept {
		doc.NotKept = append(doc.NotKept, NotKept{n.Key.String(), n.Path, n.Run})
	}
	doc.noteUnevaluated(in.Plan.NotEvaluated)
	return doc
}

// ReadPlan reads what JSON wrote.
func ReadPlan(r io.Reader) (*Plan, error) {
	doc := &Plan{}
	return doc, read(r, "plan", doc, &doc.Header)
}

func newChange(c *plan.Change) Change {
	fields := c.Fields()
	out := Change{
		Key: c.Key.String(), Action: string(c.Action), Risk: string(c.Risk), Reason: c.Reason,
		DependsOn: make([]string, 0, len(c.DependsOn)), Impact: Impact{list(c.Applications), keyTexts(c.Gains), keyTexts(c.Loses)},
		Fields: make([]Field, 0, len(fields)),
	}
	for _, k := range c.DependsOn {
		out.DependsOn = append(out.DependsOn, k.String())
	}
	if c.Source.File != "" {
		out.Source = &Source{c.Source.File, c.Source.Line}
	}
	for _, f := range fields {
		out.Fields = append(out.Fields, Field{f.Path, plain(f.Before, f.Sensitive), plain(f.After, f.Sensitive), f.Sensitive, f.Note})
	}
	return out
}

// noteUnevaluated marks the secrets that were left out by request: on the
// change of their resource, or beside the changes if it has none.
func (doc *Plan) noteUnevaluated(at []plan.At) {
	if len(at) == 0 {
		return
	}
	changes := make(map[string]*Change, len(doc.Changes))
	for i := range doc.Changes {
		changes[doc.Changes[i].Key] = &doc.Changes[i]
	}
	for _, a := range at {
		c := changes[a.Key.String()]
		if c == nil {
			doc.notEvaluated = append(doc.notEvaluated, Place{a.Key.String(), a.Path})
			continue
		}
		c.note(a.Path, plan.NoteNotEvaluated)
	}
}

// note writes the note on the secret at the path, in the order of paths.
func (c *Change) note(path, note string) {
	i, found := slices.BinarySearchFunc(c.Fields, path, func(f Field, p string) int { return compare(f.Path, p) })
	if !found {
		c.Fields = slices.Insert(c.Fields, i, Field{Path: path, After: model.Shown, Sensitive: true})
	}
	c.Fields[i].Note = note
}

// plain copies a value without any secret in it.
func plain(v any, sensitive bool) any {
	if v == nil {
		return nil
	}
	if sensitive {
		return model.Shown
	}
	switch v := v.(type) {
	case model.Secret:
		return model.Shown
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = plain(e, false)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = plain(e, false)
		}
		return out
	}
	return v
}

func keyTexts(ks []model.Key) []string {
	out := make([]string, len(ks))
	for i, k := range ks {
		out[i] = k.String()
	}
	return out
}

func keyText(k model.Key) string {
	if k == (model.Key{}) {
		return ""
	}
	return k.String()
}
