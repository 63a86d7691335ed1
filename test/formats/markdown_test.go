package formats

import (
	"bytes"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/idpsync/idpsync/internal/report"
)

// ours are the elements that a page is made of; anything else came from a name.
var ours = []string{"html", "head", "body", "h2", "h3", "p", "b", "br", "code", "details", "summary", "pre", "ul", "li", "table", "thead", "tbody", "tr", "th", "td"}

// TestMarkdownKeepsNamesText lets GitHub's own parser read a page full of hostile
// names: what comes out has our elements, each closed where it should be, and no
// address anywhere.
func TestMarkdownKeepsNamesText(t *testing.T) {
	cmark := program(t, "cmark-gfm")
	docs := map[string]report.Document{"plan": hostilePlan(), "findings": hostileFindings(), "5000": manyChanges(5000), "recorded": recordedPlan(t), "empty": manyChanges(0)}
	for name, doc := range docs {
		for _, lang := range []string{"en", "zh-CN"} {
			text := render(t, "markdown", doc, lang)
			if len(text) > 65000 {
				t.Errorf("%s: %d bytes are more than a comment holds", name, len(text))
			}
			cmd := exec.Command(cmark, "--unsafe", "-e", "table", "-e", "autolink", "-e", "strikethrough", "-e", "tasklist")
			cmd.Stdin = bytes.NewReader(text)
			page, err := run(time.Minute, cmd)
			if err != nil {
				t.Fatal(err)
			}
			checkElements(t, name, page)
			opened := strings.Count(string(text), "<details>")
			if closed := strings.Count(string(page), "</details>"); closed < opened || nesting(page) > 1 {
				t.Errorf("%s: of %d folded parts %d were closed, %d deep", name, opened, closed, nesting(page))
			}
		}
	}
}

// checkElements reads the page as a browser does.
func checkElements(t *testing.T, name string, page []byte) {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		switch {
		case n.Type == html.CommentNode:
			t.Errorf("%s: a comment: %q", name, n.Data)
		case n.Type == html.ElementNode && !slices.Contains(ours, n.Data):
			t.Errorf("%s: an element <%s> that is none of ours", name, n.Data)
		case n.Type == html.ElementNode:
			for _, a := range n.Attr {
				if a.Key != "align" && (n.Data != "code" && n.Data != "pre" || a.Val != "language-diff" && a.Val != "diff") {
					t.Errorf("%s: <%s> has %s=%q", name, n.Data, a.Key, a.Val)
				}
			}
		}
	}
}

// nesting is how deep folded parts lie in each other.
func nesting(page []byte) int {
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		return 99
	}
	deepest := 0
	for n := range root.Descendants() {
		depth := 0
		for p := n; p != nil; p = p.Parent {
			if p.Data == "details" && p.Type == html.ElementNode {
				depth++
			}
		}
		deepest = max(deepest, depth)
	}
	return deepest
}

// TestMarkdownTellsEveryName is the other half: escaping must not lose a name.
func TestMarkdownTellsEveryName(t *testing.T) {
	cmark := program(t, "cmark-gfm")
	doc := &report.Plan{Header: report.NewHeader("plan")}
	for _, name := range hostile {
		if len([]rune(name)) < 100 {
			doc.Changes = append(doc.Changes, report.Change{Key: "connection/" + name, Action: "update", Risk: "low", Fields: []report.Field{{Path: "x", After: "v"}}})
		}
	}
	cmd := exec.Command(cmark, "--unsafe", "-e", "table")
	cmd.Stdin = bytes.NewReader(render(t, "markdown", doc, "en"))
	page, err := run(time.Minute, cmd)
	if err != nil {
		t.Fatal(err)
	}
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for n := range root.Descendants() {
		if n.Type == html.TextNode {
			text.WriteString(n.Data)
		}
	}
	for _, c := range doc.Changes {
		if want := report.Clean(c.Key); !strings.Contains(text.String(), want) {
			t.Errorf("the page does not show %q", want)
		}
	}
}
