package report_test

import (
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/report"
)

// TestThePageIsBounded: 60,000 changes are not a page that no browser opens.
func TestThePageIsBounded(t *testing.T) {
	text := written(t, "html", planOf(60000, 2, ""), report.Style{})
	if n := len(text); n > 32<<20 {
		t.Errorf("%d MiB", n>>20)
	}
	for _, want := range []string{"45000 of them are listed without their values", "10000 more are not listed", "60000 changes"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

// TestThePageNeedsNothing: no address but those of names.
func TestThePageNeedsNothing(t *testing.T) {
	text := written(t, "html", planOf(3, 2, ""), report.Style{})
	for _, never := range []string{"http:", "https:", "src=", "@import", "url(", "<link", "<img", "<iframe"} {
		if strings.Contains(text, never) {
			t.Errorf("the page holds %q", never)
		}
	}
	if !strings.Contains(text, "default-src &#39;none&#39;") {
		t.Error("no policy forbids what the page does not need")
	}
}

// TestAPictureIsBounded draws the objects of a plan that change, and says how many
// it left out.
func TestAPictureIsBounded(t *testing.T) {
	doc := planOf(500, 1, "")
	for i := range doc.Changes {
		doc.Changes[i].DependsOn = []string{"identityprovider/one"}
	}
	text := written(t, "html", doc, report.Style{})
	if n := strings.Count(text, `<g class="box`); n != 90 {
		t.Errorf("%d boxes, want 90", n)
	}
	if !strings.Contains(text, "411 objects are not drawn") {
		t.Error("the page does not say what was left out")
	}
}
