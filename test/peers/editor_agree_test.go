package peers

import (
	"slices"
	"strings"
	"testing"
)

// exception is a fixture in which the others cannot agree with validate.
type exception struct {
	why  string
	whom string // "ajv" or "editor"; "" for both
}

const (
	byProject = "the project file says it"
	byForm    = "addresses, patterns and codes have forms that no schema tells"
	byReading = "read in a way of its own"
)

// beyond names the fixtures in which validate knows what no schema of one
// document can, and why. A row that is not needed fails.
var beyond = map[string]exception{
	"err/default-login.yaml":          {why: "which connection a login method needs follows from the value beside it"},
	"err/envelope-levels.txtar":       {why: byProject + ": the codes are switched off"},
	"err/external.yaml":               {why: "of an object that is not written the editor asks for nothing"},
	"err/identifier-long.yaml":        {why: "the identifier comes from metadata.name"},
	"err/kind-project.yaml":           {why: "a Project is right in idpsync.yaml and nowhere else"},
	"err/lint-levels.txtar":           {why: byProject + ": the code is switched off"},
	"err/literal-secrets.yaml":        {why: byReading + ": a variable in braces without quotes", whom: "ajv"},
	"err/mfa-both.yaml":               {why: "two lists must not have a member in common"},
	"err/patch-forms.yaml":            {why: byForm},
	"err/patch-target.yaml":           {why: byProject},
	"err/patch-value.yaml":            {why: "only the merged object is wrong"},
	"err/plain-http.txtar":            {why: byForm},
	"err/project-empty.txtar":         {why: "there is no document to judge"},
	"err/project-keys.txtar":          {why: "defaultTarget must be one of the targets"},
	"err/project-two-documents.txtar": {why: "idpsync.yaml holds one document"},
	"err/project-values.txtar":        {why: byForm},
	"err/schema-hides-nothing.yaml":   {why: "a kind that is nearly right is judged as the one that was meant"},
	"err/spec-no-mapping.yaml":        {why: "what is no mapping lacks every key besides", whom: "editor"},
	"err/target-unknown.yaml":         {why: byProject},
	"err/template-data.yaml":          {why: "a reference in the place of an object"},
	"err/unknown-kind.yaml":           {why: "another program's documents are not looked into"},
	"err/variable-list.txtar":         {why: "the editor marks one of two neighbours with the same fault", whom: "editor"},
	"err/variable-type.yaml":          {why: byProject},
	"ok/key-anchor.yaml":              {why: byReading + ": an alias as a key", whom: "editor"},
	"ok/lifecycle.yaml":               {why: byReading + ": an empty document is none"},
	"ok/spec.yaml":                    {why: byReading + ": a variable in brackets without quotes"},
	"ok/variables.yaml":               {why: byReading + ": a variable in brackets without quotes"},
	"ok/yaml.yaml":                    {why: byReading + ": a date of YAML 1.1 is text", whom: "ajv"},
}

// tally counts what was compared, and remembers which rows were needed.
type tally struct {
	whom   string
	agreed int
	needed map[string]bool
}

func (y *tally) done(t *testing.T) {
	t.Helper()
	for f, e := range beyond {
		if !y.needed[f] && (e.whom == "" || e.whom == y.whom) {
			t.Errorf("%s (%s): both agree without the exception", f, e.why)
		}
	}
	const least = 280
	if y.agreed < least {
		t.Errorf("both agree in %d places, want %d at least", y.agreed, least)
	}
}

// differ tells of a place where only one of the two complains.
func (y *tally) differ(t *testing.T, x *text, format string, args ...any) {
	t.Helper()
	if e, ok := beyond[x.fixture]; ok && (e.whom == "" || e.whom == y.whom) {
		y.needed[x.fixture] = true
		return
	}
	t.Errorf(x.fixture+": "+format, args...)
}

// TestAgreement holds Ajv and yaml-language-server to validate on every fixture:
// where one complains about a value so does the other, at the same place. Ajv
// names the place by a pointer, the editor by line and column.
func TestAgreement(t *testing.T) {
	all := fixtures(t)
	t.Run("ajv", func(t *testing.T) { withAjv(t, all) })
	t.Run("editor", func(t *testing.T) { withEditor(t, all) })
}

func withAjv(t *testing.T, all []text) {
	var list []string
	for i := range all {
		list = append(list, all[i].file)
	}
	said := map[string][]judged{}
	for _, j := range ask(t, documents(list, false)).Documents {
		said[j.File] = append(said[j.File], j)
	}
	y := &tally{whom: "ajv", needed: map[string]bool{}}
	for i := range all {
		if x := &all[i]; !x.unreadable() {
			ajvAgrees(t, y, x, said[x.file])
		}
	}
	y.done(t)
}

func withEditor(t *testing.T, all []text) {
	e := startEditor(t, mapped(t))
	for i := range all {
		e.open(t, all[i].file, all[i].body)
	}
	y := &tally{whom: "editor", needed: map[string]bool{}}
	for i := range all {
		x := &all[i]
		found := e.findings(t, x.file)
		if !x.unreadable() {
			editorAgrees(t, y, x, found)
		}
	}
	y.done(t)
}

func ajvAgrees(t *testing.T, y *tally, x *text, documents []judged) {
	for _, j := range documents {
		for _, c := range j.Complaints {
			if !slices.ContainsFunc(x.remarks, func(r remark) bool { return r.document == j.Index && c.explainedBy(r) }) {
				y.differ(t, x, "document %d: Ajv complains at %s (%s), validate says nothing", j.Index, c.Pointer, c.Keyword)
			}
		}
	}
	for _, r := range x.remarks {
		if !r.aboutValue() {
			continue
		}
		shared := slices.ContainsFunc(documents, func(j judged) bool {
			return j.Index == r.document && slices.ContainsFunc(j.Complaints, func(c complaint) bool { return c.sharedBy(r) })
		})
		if !shared {
			y.differ(t, x, "validate says %s, the other nothing there", r)
			continue
		}
		y.agreed++
	}
}

// sharedBy tells that Ajv and validate mean the same place. Ajv marks the list
// in which something stands twice, and the object that holds too little or too
// much.
func (c complaint) sharedBy(r remark) bool {
	whole := c.Keyword == "required" || c.Keyword == "uniqueItems" || c.Keyword == "maxProperties"
	return c.Pointer == r.pointer || whole && c.Pointer == parent(r.pointer)
}

// explainedBy is sharedBy, and what follows from a remark: a misspelt key is
// missing too, and validate takes a reference for one value.
func (c complaint) explainedBy(r remark) bool {
	return c.sharedBy(r) || within(c.Pointer, r.pointer)
}

func editorAgrees(t *testing.T, y *tally, x *text, found []finding) {
	for _, f := range found {
		if strings.HasPrefix(f.Message, "Unused anchor") {
			continue // a matter of taste
		}
		if !slices.ContainsFunc(x.remarks, func(r remark) bool { return x.explains(r, f) }) {
			y.differ(t, x, "the editor marks %d:%d, %s; validate says nothing", f.Range.Start.Line+1, f.Range.Start.Character+1, f.Message)
		}
	}
	for _, r := range x.remarks {
		if !r.aboutValue() {
			continue
		}
		if !slices.ContainsFunc(found, func(f finding) bool { return x.shares(r, f) }) {
			y.differ(t, x, "validate says %s, the other nothing there", r)
			continue
		}
		y.agreed++
	}
}

// shares tells that the editor marks the place of a remark. Of a mapping that
// lacks a key it marks the key under which the mapping stands, or its first
// line; of a list that holds something twice the list.
func (x *text) shares(r remark, f finding) bool {
	line, column := f.Range.Start.Line+1, f.Range.Start.Character+1
	switch {
	case strings.HasPrefix(f.Message, "Missing property"):
		return (r.code == "IDP0102" || r.code == "IDP0109") && (line == r.line || line == x.keyLine(r.line, r.pointer))
	case strings.Contains(f.Message, "duplicate"):
		return line == r.line
	}
	return line == r.line && column == r.column
}

// explains is shares, and what follows from a remark, as for Ajv.
func (x *text) explains(r remark, f finding) bool {
	line, column := f.Range.Start.Line+1, f.Range.Start.Character+1
	switch {
	case strings.HasPrefix(f.Message, "Missing property"):
		return x.shares(r, f) || line == x.keyLine(r.line, r.pointer) || line == x.keyLine(r.line, parent(r.pointer))
	case strings.HasPrefix(f.Message, "Object has more properties"):
		return line == r.line && column <= r.column
	}
	return x.shares(r, f) || line == r.line && column >= r.column && strings.Count(r.pointer, "/") > 1
}

// keyLine is the line on which the last key of a pointer stands, looked for
// upwards from a line; 0 when it is not found.
func (x *text) keyLine(from int, pointer string) int {
	key := pointer[strings.LastIndexByte(pointer, '/')+1:] + ":"
	lines := strings.Split(x.body, "\n")
	for i := min(from, len(lines)); i > 0; i-- {
		if strings.Contains(lines[i-1], key) {
			return i
		}
	}
	return 0
}
