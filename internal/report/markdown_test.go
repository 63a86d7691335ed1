package report_test

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/plan"
	"github.com/idpsync/idpsync/internal/report"
)

// planOf has n changes; one in ten is a delete, which is the most dangerous.
func planOf(n, fields int, value string) *report.Plan {
	doc := &report.Plan{Header: report.NewHeader("plan"), Summary: plan.Summary{Update: n - n/10, Delete: n / 10}}
	for i := range n {
		c := report.Change{Key: fmt.Sprintf("connection/c%05d", i), Action: "update", Risk: "low", Reason: "fields differ"}
		if i%10 == 9 {
			c.Action, c.Risk = "delete", "high"
		}
		for f := range fields {
			c.Fields = append(c.Fields, report.Field{Path: fmt.Sprintf("fields.f%d", f), Before: "old " + value, After: "new " + value})
		}
		doc.Changes = append(doc.Changes, c)
	}
	return doc
}

var foldLine = regexp.MustCompile(`Of (\d+) changes, (\d+) are shown with their values, (\d+) by name, and (\d+) are only counted here`)

// TestMarkdownFitsIntoAComment: whatever the size, the page fits, and what it says
// of itself is true.
func TestMarkdownFitsIntoAComment(t *testing.T) {
	for _, c := range []struct {
		n, fields int
		value     string
	}{
		{0, 0, ""},
		{1, 1, ""},
		{50, 5, ""},
		{200, 3, "企业单点登录"},
		{5000, 3, ""},
		{20000, 1, ""},
		{3, 1000, strings.Repeat("x", 5000)},
		{300, 20, strings.Repeat("\u0301", 3000)},
		{5000, 0, ""},
		{400, 40, "`````<&>"},
		{2000, 2, strings.Repeat(`"`, 400)},
	} {
		doc := planOf(c.n, c.fields, c.value)
		for range 50 { // as many guards, remarks and words as a page never has
			long := strings.Repeat(`"`, 400)
			doc.Guards = append(doc.Guards, report.Guard{Code: "IDP0301", Name: long, Message: long, Override: long})
			doc.Ignored = append(doc.Ignored, report.Ignored{Key: long, Path: long, Reason: long})
		}
		text := written(t, "markdown", doc, report.Style{})
		if len(text) > 65000 {
			t.Errorf("%d changes: %d bytes", c.n, len(text))
		}
		shown := strings.Count(text, "<details>") - strings.Count(text, "<summary>remarks (")
		names := strings.Count(text, "<code>connection/c")
		m := foldLine.FindStringSubmatch(text)
		if m == nil {
			if names != c.n {
				t.Errorf("%d changes: %d are there, and nothing says that some are missing", c.n, names)
			}
			continue
		}
		var told [4]int
		for i := range told {
			told[i], _ = strconv.Atoi(m[i+1])
		}
		if told[0] != c.n || told[1]+told[2]+told[3] != c.n || told[1]+told[2] != names || c.fields > 0 && told[1] != shown {
			t.Errorf("%d changes of %d fields: told %v, shown %d with values and %d by name", c.n, c.fields, told, shown, names)
		}
	}
}

func TestTheMostDangerousComesFirst(t *testing.T) {
	for _, format := range []string{"markdown", "html"} {
		text := written(t, format, planOf(5000, 2, ""), report.Style{})
		first, update := strings.Index(text, "c00009"), strings.Index(text, "c00000")
		if first < 0 || update >= 0 && update < first {
			t.Errorf("%s: the first delete is at %d, the first update at %d", format, first, update)
		}
		if last := strings.Index(text, "c04999"); update >= 0 && update < last {
			t.Errorf("%s: an update stands before a delete", format)
		}
	}
}

func TestALongValueShowsWhereItDiffers(t *testing.T) {
	long := strings.Repeat("0123456789", 100)
	doc := planOf(1, 0, "")
	doc.Changes[0].Fields = []report.Field{{Path: "x", Before: long + "OLD tail", After: long + "NEW tail"}}
	for _, format := range []string{"markdown", "html"} {
		text := written(t, format, doc, report.Style{})
		if !strings.Contains(text, "OLD") || !strings.Contains(text, "NEW") {
			t.Errorf("%s hides what differs", format)
		}
	}
}

// TestNoFenceIsClosedEarly looks at a value that is a fence itself.
func TestNoFenceIsClosedEarly(t *testing.T) {
	doc := planOf(1, 0, "")
	doc.Changes[0].Fields = []report.Field{{Path: "```", After: "`````"}}
	if text := written(t, "markdown", doc, report.Style{}); strings.Count(text, "\n``````") != 2 {
		t.Errorf("want a fence of six in\n%s", text)
	}
}
