package config

import (
	"slices"
	"strings"

	"github.com/idpsync/idpsync/internal/diagnostic"
)

// levels are what a code may be set to in idpsync.yaml.
var levels = []string{"error", "warn", "off"}

// fixedCodes cannot be set: without what they guard there is no document, no
// value or no object to speak of (spec 2: all but syntax and references).
var fixedCodes = []string{
	"IDP0101", "IDP0107", "IDP0108", "IDP0109", "IDP0110", "IDP0111", "IDP0112", "IDP0113", "IDP0114", "IDP0115", "IDP0116", "IDP0118", "IDP0119", "IDP0120",
	"IDP0201", "IDP0202", "IDP0208", "IDP0210", "IDP0211", "IDP0212", "IDP0213",
}

func (d *decoder) lint(n *node) map[string]string {
	if !n.is(mapNode) {
		return nil
	}
	out := map[string]string{}
	for i := range n.keys {
		k, level := &n.keys[i], textOf(n.items[i])
		at := joinPointer("/lint", k.name)
		switch {
		case slices.Contains(fixedCodes, k.name):
			d.add(k.complaint("IDP0104", at, diagnostic.T("project.codeFixed", dotted(at))))
		case unknownCode(k.name):
			c := k.complaint("IDP0104", at, diagnostic.T("project.code", dotted(at)))
			c.Hint = didYouMean(k.name, diagnostic.Codes)
			d.add(c)
		case slices.Contains(levels, level):
			out[k.name] = level
		}
	}
	return out
}

// unknownCode tells whether a code looks right and means nothing; what does not
// even look like a code, the schema refuses. Of the lint family every number is
// taken: a file may name a rule that only a newer idpsync has.
func unknownCode(code string) bool {
	family := strings.HasPrefix(code, "IDP01") || strings.HasPrefix(code, "IDP02")
	return family && len(code) == len("IDP0101") && !slices.Contains(diagnostic.Codes, code)
}

// aboutItself tells that a complaint is about what a document says of itself:
// with a mistake there it may declare another object than was meant, or none.
func aboutItself(d diagnostic.Diagnostic) bool {
	if d.File == ProjectFile || !slices.Contains([]string{"IDP0102", "IDP0103", "IDP0104"}, d.Code) {
		return false
	}
	return d.Pointer == "" || strings.HasPrefix(d.Pointer, "/metadata") || d.Pointer == "/spec" && d.Code == "IDP0103"
}

// Off tells that a lint rule is switched off.
func (p *Project) Off(code string) bool { return p.Lint[code] == "off" }

// Levels applies the project's lint levels: it changes severities and leaves
// out what is off. Applying it twice changes nothing more.
func (p *Project) Levels(ds []diagnostic.Diagnostic) []diagnostic.Diagnostic {
	if len(p.Lint) == 0 {
		return ds
	}
	out := make([]diagnostic.Diagnostic, 0, len(ds))
	for _, d := range ds {
		switch level := p.Lint[d.Code]; {
		case level == "error":
			d.Severity = diagnostic.Error
		case aboutItself(d):
		case level == "off":
			continue
		case level == "warn":
			d.Severity = diagnostic.Warning
		}
		out = append(out, d)
	}
	return out
}
