package config

import (
	"slices"
	"strings"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/schema"
)

// checker gives the schema's violations of one value a place and words.
type checker struct {
	// root is the value that was checked; nil when the file has none.
	root *node
	// own is complained about when root is nil.
	own *node
	// pointer leads from the document to root, and words says the same before
	// the path of a message; both may be empty.
	pointer, words string
	// resets tells that null asks for the server's default.
	resets bool
	// defaults are the keys whose value came from elsewhere, and where from.
	defaults map[string]*node
	// secret tells of a JSON pointer below root whether a secret lies there.
	secret func(pointer string) bool
}

// diagnostic is the complaint about a violation.
func (c *checker) diagnostic(v schema.Violation) diagnostic.Diagnostic {
	file, rng := c.place(v)
	code, message := c.says(v)
	d := diagnostic.Diagnostic{
		Code: code, Severity: diagnostic.Error, File: file, Range: rng,
		Pointer: c.pointer + v.Pointer, Message: message, Hint: c.hint(v),
		Sensitive: c.secret != nil && c.secret(v.Pointer),
	}
	if v.Warning {
		d.Severity = diagnostic.Warning
		d.Code = "IDP0105"
	}
	return d
}

// broken tells that the violation is about a value that has been complained
// about already, or misses what may be among members that could not be read.
func (c *checker) broken(v schema.Violation) bool {
	if c.root == nil {
		return false
	}
	n, _ := c.root.find(v.Pointer)
	return !v.Key && n.kind == brokenNode || v.Keyword == "required" && n.partial
}

// defaulted tells that the violation is about a value that came from elsewhere.
func (c *checker) defaulted(v schema.Violation) bool {
	parts := pointerParts(v.Pointer)
	return len(parts) > 0 && c.defaults[parts[0]] != nil
}

// isNull tells that null stands at the violation's place for the server's
// default; in a list it is but a value of the wrong type.
func (c *checker) isNull(v schema.Violation) bool {
	if !c.resets || c.root == nil || strings.HasSuffix(dotted(v.Pointer), "]") {
		return false
	}
	n, _ := c.root.find(v.Pointer)
	return n.kind == nullNode
}

// place finds where a violation is: the key of an unknown key, else the value;
// what is not in the file is complained about where it comes from or is missing.
func (c *checker) place(v schema.Violation) (string, diagnostic.Range) {
	if c.defaulted(v) {
		n := c.defaults[pointerParts(v.Pointer)[0]]
		return n.doc.file.path, n.rng()
	}
	if c.root == nil {
		return c.own.doc.file.path, c.own.rng()
	}
	n, k := c.root.find(v.Pointer)
	if v.Key && k != nil {
		return k.doc.file.path, k.rng()
	}
	return n.doc.file.path, n.rng()
}

// path names the place of a violation as people would.
func (c *checker) path(v schema.Violation) string {
	pointer := v.Pointer
	if v.Keyword == "required" {
		pointer = joinPointer(pointer, v.Name)
	}
	path := dotted(pointer)
	switch {
	case c.words == "":
		return path
	case path == "":
		return c.words
	}
	return c.words + "." + path
}

// says puts a violation into words.
func (c *checker) says(v schema.Violation) (string, diagnostic.Text) {
	path := c.path(v)
	switch v.Keyword {
	case "required":
		if v.Type != "" {
			return "IDP0102", diagnostic.T("value.missingType", path, v.Type)
		}
		return "IDP0102", diagnostic.T("value.missing", path)
	case "type":
		return "IDP0103", c.saysType(path, v)
	case "unknown":
		if v.Type != "" {
			return "IDP0106", diagnostic.T("key.unknownType", path, v.Type)
		}
		return "IDP0106", diagnostic.T("key.unknown", path)
	case "case":
		return "IDP0106", diagnostic.T("key.case", path, v.Type, v.Suggest)
	case "displayOnly":
		return "IDP0106", diagnostic.T("key.displayOnly", path)
	case "const":
		if slices.Contains([]string{"apiVersion", "kind"}, path) {
			return "IDP0109", diagnostic.T("value.const", path, v.Want)
		}
	case "enum":
		if c.isNull(v) {
			return "IDP0104", diagnostic.T("value.null", path)
		}
		if v.Warning && v.Type != "" {
			return "IDP0104", diagnostic.T("value.choiceUnlisted", path, v.Type, choices(v.Want))
		}
	}
	return "IDP0104", saysValue(path, v)
}

func (c *checker) saysType(path string, v schema.Violation) diagnostic.Text {
	if c.isNull(v) {
		return diagnostic.T("value.null", path)
	}
	want := typeWords(v.Want)
	if v.Got == "" {
		return diagnostic.T("value.typeOnly", path, want)
	}
	if n, _ := c.root.find(v.Pointer); n != nil && isReference(n) {
		return diagnostic.T("value.type", path, want, diagnostic.T("type.reference"))
	}
	return diagnostic.T("value.type", path, want, typeWord(v.Got))
}

// typeWords says "string, object" as "text or a mapping".
func typeWords(list string) diagnostic.Text {
	names := strings.Split(list, ", ")
	out := typeWord(names[0])
	for _, name := range names[1:] {
		out = diagnostic.T("type.or", out, typeWord(name))
	}
	return out
}

// limits are the sentences about a limit, by keyword.
var limits = map[string]string{
	"minLength": "value.short", "maxLength": "value.long",
	"minimum": "value.small", "maximum": "value.large",
	"minItems": "value.fewItems", "pattern": "value.pattern",
	"const": "value.const",
}

// forms are sentences about patterns of the hand-written schemas; others are
// shown as they are.
var forms = map[string]string{
	`^[a-z0-9-]+$`:                       "form.identifier",
	`^[A-Za-z0-9-]+$`:                    "form.domain",
	`^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`:   "form.duration",
	`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`:       "form.date",
	`^(file:|postgres://|postgresql://)`: "form.ledger",
}

// choices lists allowed values, but not by the dozen.
func choices(list string) diagnostic.Text {
	const most = 10
	all := strings.Split(list, ", ")
	if len(all) <= most+2 {
		return diagnostic.Words(list)
	}
	return diagnostic.T("list.more", strings.Join(all[:most], ", "), len(all)-most)
}

func saysValue(path string, v schema.Violation) diagnostic.Text {
	switch {
	case v.Keyword == "minLength" && v.Want == "1":
		return diagnostic.T("value.empty", path)
	case v.Keyword == "uniqueItems":
		return diagnostic.T("value.unique", path)
	case v.Keyword == "enum":
		return diagnostic.T("value.choice", path, choices(v.Want))
	case forms[v.Want] != "":
		return diagnostic.T("value.form", path, diagnostic.T(forms[v.Want]))
	case limits[v.Keyword] != "":
		return diagnostic.Text{ID: limits[v.Keyword], Args: []any{path, v.Want}}
	}
	return diagnostic.T("value.other", path, v.Keyword)
}
