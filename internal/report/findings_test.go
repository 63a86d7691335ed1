package report_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/report"
)

func findingsOf(n int) *report.Diagnostics {
	var found []diagnostic.Diagnostic
	for i := range n {
		found = append(found, diagnostic.Diagnostic{
			Code: "IDP0102", Severity: []diagnostic.Severity{diagnostic.Error, diagnostic.Warning}[i%2], File: fmt.Sprintf("c%d.yaml", i/4),
			Range: diagnostic.Range{Start: diagnostic.Position{Line: i + 1, Column: 3}, End: diagnostic.Position{Line: i + 1, Column: 5}}, Message: diagnostic.Words("missing"),
		})
	}
	return report.NewDiagnostics(found, diagnostic.English)
}

func TestAnnotationsEndInASummary(t *testing.T) {
	text := written(t, "github", findingsOf(5000), report.Style{})
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if n := strings.Count(text, "::error "); n != 10 {
		t.Errorf("%d errors, want 10", n)
	}
	if n := strings.Count(text, "::warning "); n != 10 {
		t.Errorf("%d warnings, want 10", n)
	}
	if last := lines[len(lines)-1]; !strings.HasPrefix(last, "::notice ") || !strings.Contains(last, "2500 errors, 2500 warnings") || !strings.Contains(last, "4980 of them") {
		t.Errorf("the summary is %q", last)
	}
}

// TestPathsLeadFromTheTop: a pipeline that works in a folder of the repository
// still points at its files.
func TestPathsLeadFromTheTop(t *testing.T) {
	s := report.Style{Base: "deploy/a b", Project: "idp/idpsync.yaml"}
	for format, want := range map[string]string{
		"sarif": `"uri": "deploy/a%20b/c0.yaml"`, "github": "file=deploy/a b/c0.yaml,line=1,col=3", "gitlab": `"path":"deploy/a b/c0.yaml"`, "junit": `file="deploy/a b/c0.yaml"`,
	} {
		if text := written(t, format, findingsOf(1), s); !strings.Contains(text, want) {
			t.Errorf("%s lacks %s:\n%s", format, want, text)
		}
		doc := sample()
		if text := written(t, format, doc, s); !strings.Contains(text, "idp/ad.yaml") || !strings.Contains(text, "idp/idpsync.yaml") {
			t.Errorf("%s: the guards of a plan stand elsewhere:\n%s", format, text)
		}
	}
}

func fingerprintsOf(t *testing.T, doc report.Document, lang string) (prints []string) {
	t.Helper()
	var issues []struct{ Fingerprint string }
	if err := json.Unmarshal([]byte(written(t, "gitlab", doc, report.Style{Lang: lang})), &issues); err != nil {
		t.Fatal(err)
	}
	for _, i := range issues {
		prints = append(prints, i.Fingerprint)
	}
	return prints
}

// TestFingerprintsStay: an issue that moved is the same issue, and one that is
// there twice is two.
func TestFingerprintsStay(t *testing.T) {
	at := func(line int, lang string) []string {
		d := diagnostic.Diagnostic{
			Code: "IDP0202", Severity: diagnostic.Error, File: "a.yaml", Pointer: "/metadata/name",
			Range: diagnostic.Range{Start: diagnostic.Position{Line: line, Column: 3}}, Message: diagnostic.Words(fmt.Sprintf("also in b.yaml:%d:7", line+4)),
		}
		return fingerprintsOf(t, report.NewDiagnostics([]diagnostic.Diagnostic{d, d}, lang), lang)
	}
	first, moved := at(3, diagnostic.English), at(70, diagnostic.Chinese)
	if first[0] != moved[0] || first[1] != moved[1] {
		t.Errorf("the fingerprints changed with the line: %v, then %v", first, moved)
	}
	if first[0] == first[1] {
		t.Error("two complaints have one fingerprint")
	}
}

func TestStrictWarningsFailInJUnit(t *testing.T) {
	doc := findingsOf(2)
	if text := written(t, "junit", doc, report.Style{}); !strings.Contains(text, `tests="2" failures="1"`) || !strings.Contains(text, "<system-out>") {
		t.Errorf("a warning is no failure, and is told:\n%s", text)
	}
	doc.Strict()
	if text := written(t, "junit", doc, report.Style{}); !strings.Contains(text, `tests="2" failures="2"`) {
		t.Errorf("under --strict a warning fails:\n%s", text)
	}
}

// TestNothingFoundIsToldInEveryFormat: an empty report looks like a broken one.
func TestNothingFoundIsToldInEveryFormat(t *testing.T) {
	for format, want := range map[string]string{
		"sarif": "0 errors, 0 warnings", "github": "::notice title=idpsync::", "gitlab": "[]\n", "junit": `tests="1" failures="0"`, "markdown": "0 errors, 0 warnings", "html": "0 errors, 0 warnings",
	} {
		if text := written(t, format, findingsOf(0), report.Style{}); !strings.Contains(text, want) {
			t.Errorf("%s lacks %q:\n%s", format, want, text)
		}
	}
}
