package report_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/report"
)

func TestWhichFormatsFit(t *testing.T) {
	for _, c := range []struct {
		doc  report.Document
		want string
	}{
		{&report.Plan{}, "text json markdown html sarif github gitlab junit"},
		{&report.Diagnostics{}, "text json markdown html sarif github gitlab junit"},
		{&report.Drift{}, "text json markdown html"},
		{&report.Result{}, "text json markdown html"},
		{&report.Graph{}, "text json dot mermaid"},
		{&report.Doctor{}, "text json"},
		{nil, "text json markdown html sarif github gitlab junit dot mermaid"},
	} {
		if got := strings.Join(report.Formats(c.doc), " "); got != c.want {
			t.Errorf("%T: %s, want %s", c.doc, got, c.want)
		}
	}
	if err := report.Render(&bytes.Buffer{}, "dot", &report.Plan{}, report.Style{}); err == nil {
		t.Error("a plan was written as dot")
	}
}

// TestNoFormatTellsASecret writes a plan full of canaries in every format.
func TestNoFormatTellsASecret(t *testing.T) {
	for _, format := range report.Formats(sample()) {
		if text := written(t, format, sample(), report.Style{}); strings.Contains(text, canary) {
			t.Errorf("%s tells a secret:\n%s", format, text)
		}
	}
	unmasked := planOf(1, 0, "") // as no document of ours is
	unmasked.Changes[0].Fields = []report.Field{{Path: "fields.clientSecret", Before: canary + "1", After: canary + "2", Sensitive: true}}
	for _, format := range []string{"text", "markdown", "html"} {
		text := written(t, format, unmasked, report.Style{})
		if strings.Contains(text, canary) {
			t.Errorf("%s tells a secret that only its mark hides:\n%s", format, text)
		}
		if n := strings.Count(text, "(secret)"); n != 1 {
			t.Errorf("%s: two masks are shown %d times, and say no more than one", format, n)
		}
	}
}

// TestTheSameDocumentGivesTheSameBytes: a page in a pull request must not change
// when nothing did.
func TestTheSameDocumentGivesTheSameBytes(t *testing.T) {
	for _, format := range report.Formats(sample()) {
		first := written(t, format, sample(), report.Style{})
		for range 5 {
			if again := written(t, format, sample(), report.Style{}); again != first {
				t.Fatalf("%s gave other bytes", format)
			}
		}
	}
}

// TestEveryPageInChinese looks for words of ours that stayed English.
func TestEveryPageInChinese(t *testing.T) {
	drift := report.NewDrift(report.Target{Name: "prod"}, "present", nil, nil)
	for _, doc := range []report.Document{sample(), drift, &report.Result{}, report.NewDiagnostics(nil, diagnostic.Chinese)} {
		for _, format := range []string{"markdown", "html"} {
			text := written(t, format, doc, report.Style{Lang: diagnostic.Chinese})
			for _, word := range []string{"Plan for", "to create", "Refused", "before", "after", "summary", "filter", "high risk", "unmanaged", "high", "remarks", "errors"} {
				if strings.Contains(visible(text), word) {
					t.Errorf("%T as %s says %q", doc, format, word)
				}
			}
		}
	}
}

// visible is a page without its style sheet, its script and its tags.
func visible(page string) string {
	for _, name := range []string{"style", "script"} {
		if before, rest, found := strings.Cut(page, "<"+name+">"); found {
			_, after, _ := strings.Cut(rest, "</"+name+">")
			page = before + after
		}
	}
	var b strings.Builder
	for {
		text, rest, tag := strings.Cut(page, "<")
		b.WriteString(text)
		if !tag {
			return b.String()
		}
		_, page, _ = strings.Cut(rest, ">")
	}
}

func written(t *testing.T, format string, doc report.Document, s report.Style) string {
	t.Helper()
	if !slices.Contains(report.Formats(doc), format) {
		t.Fatalf("%T has no form %s", doc, format)
	}
	var b bytes.Buffer
	if err := report.Render(&b, format, doc, s); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
