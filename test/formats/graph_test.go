package formats

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/idpsync/idpsync/internal/report"
)

// hostileGraph has every hostile name as a node of every kind.
func hostileGraph() *report.Graph {
	g := &report.Graph{Header: report.NewHeader("graph")}
	for i, name := range hostile {
		p, c, a := "identityprovider/"+name, "connection/"+name, "application/"+name
		g.Nodes = append(g.Nodes, report.Node{Key: p, Name: name, Type: name}, report.Node{Key: c, Name: name, Type: hostile[(i+1)%len(hostile)]}, report.Node{Key: a, Name: name, State: "external"})
		g.Edges = append(g.Edges, report.Edge{From: p, To: c}, report.Edge{From: c, To: a, State: "absent"})
	}
	return g
}

// TestDot lays the graph out, and finds as many nodes, edges and labels as there
// are.
func TestDot(t *testing.T) {
	dot := program(t, "dot")
	g := hostileGraph()
	cmd := exec.Command(dot, "-Tjson0")
	cmd.Stdin = strings.NewReader(string(render(t, "dot", g, "en")))
	out, err := run(time.Minute, cmd)
	if err != nil {
		t.Fatal(err)
	}
	var laid struct {
		Objects []struct{ Tooltip string }
		Edges   []struct{ Tail, Head int }
	}
	if err := json.Unmarshal(out, &laid); err != nil {
		t.Fatal(err)
	}
	if len(laid.Objects) != len(g.Nodes) || len(laid.Edges) != len(g.Edges) {
		t.Fatalf("Graphviz sees %d nodes and %d edges, want %d and %d", len(laid.Objects), len(laid.Edges), len(g.Nodes), len(g.Edges))
	}
	svg := exec.Command(dot, "-Tsvg")
	svg.Stdin = strings.NewReader(string(render(t, "dot", g, "en")))
	if out, err := run(time.Minute, svg); err != nil {
		t.Error(err)
	} else if file := written(t, "graph.svg", out); strings.Contains(string(out), "<script") {
		t.Errorf("a name became an element in %s", file)
	}
}

// TestMermaid lets mermaid parse the graph, and refuse a broken one.
func TestMermaid(t *testing.T) {
	program(t, "npm")
	if err := modules(); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/mermaid/", http.StripPrefix("/mermaid/", http.FileServer(http.Dir("node_modules/mermaid/dist"))))
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `<!DOCTYPE html><meta charset="utf-8"><title>untouched</title><script src="/mermaid/mermaid.min.js"></script><pre id="at"></pre>`)
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	ctx := browse(t)
	if err := chromedp.Run(ctx, chromedp.Navigate(server.URL), chromedp.Evaluate(`mermaid.initialize({startOnLoad:false}); 1`, nil)); err != nil {
		t.Fatal(err)
	}
	render := func(text string) string {
		quoted, _ := json.Marshal(text)
		script := fmt.Sprintf(`mermaid.parse(%s).then(() => mermaid.render("drawn", %s)).then((r) => r.svg, (e) => "refused: " + e)`, quoted, quoted)
		var said string
		if err := chromedp.Run(ctx, chromedp.Evaluate(script, &said, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) })); err != nil {
			t.Fatal(err)
		}
		return said
	}
	if said := render("flowchart LR\n  n0[\"x\" --> "); !strings.HasPrefix(said, "refused") {
		t.Errorf("mermaid accepts a broken graph: %.80s", said)
	}
	text := string(graphText(t))
	svg := render(text)
	if strings.HasPrefix(svg, "refused") {
		t.Fatalf("%.400s\n%s", svg, text)
	}
	if n := strings.Count(svg, "企业单点登录"); n < 3 {
		t.Errorf("the Chinese name is drawn %d times, want one for each kind", n)
	}
	var title string
	if err := chromedp.Run(ctx, chromedp.Title(&title)); err != nil || title != "untouched" {
		t.Errorf("a name was executed: title %q, %v", title, err)
	}
}

func graphText(t *testing.T) []byte { return render(t, "mermaid", hostileGraph(), "en") }
