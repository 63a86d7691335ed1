package report

import (
	"fmt"
	"io"
	"strings"
)

var dotShapes = []string{"cylinder", "box", "component"}

// dot writes the graph for Graphviz: providers on the left, applications on the
// right.
func (g *Graph) dot(w io.Writer, _ Style) error {
	p := newPrinter(w, Style{})
	p.line("digraph idpsync {")
	p.line("  rankdir=LR;")
	p.line(`  node [fontname="Helvetica,Noto Sans CJK SC,sans-serif", style=rounded];`)
	ids := g.numbers()
	for _, n := range g.Nodes {
		label := dotText(clean(n.Name))
		if n.Type != "" {
			label += `\n` + dotText(clean(n.Type))
		}
		p.line(fmt.Sprintf(`  %s [label="%s", tooltip="%s", shape=%s%s];`, ids[n.Key], label, dotText(clean(n.Key)), dotShapes[min(rankOf(n.Key), 2)], dashed(n.State)))
	}
	for _, e := range g.Edges {
		if ids[e.From] != "" && ids[e.To] != "" {
			p.line(fmt.Sprintf("  %s -> %s [%s];", ids[e.From], ids[e.To], strings.TrimPrefix(dashed(e.State), ", ")))
		}
	}
	p.line("}")
	return p.end()
}

// dashed is how Graphviz draws what the files do not hold for good.
func dashed(state string) string {
	if state == "absent" || state == "external" {
		return `, style=dashed`
	}
	return ""
}

// dotText keeps a text within double quotes, and free of Graphviz' own escapes
// and entities.
func dotText(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, `&`, `&amp;`).Replace(s)
}

var mermaidShapes = [][2]string{{`[("`, `")]`}, {`["`, `"]`}, {`[["`, `"]]`}}

// mermaidEdges is how many edges mermaid draws unless its page allows more.
const mermaidEdges = 500

// mermaid writes a flowchart.
func (g *Graph) mermaid(w io.Writer, _ Style) error {
	p := newPrinter(w, Style{})
	p.line("flowchart LR")
	if len(g.Edges) > mermaidEdges {
		p.line(fmt.Sprintf("  %%%% %d edges: mermaid draws %d unless maxEdges allows more; --select takes a part", len(g.Edges), mermaidEdges))
	}
	ids := g.numbers()
	for _, n := range g.Nodes {
		shape := mermaidShapes[min(rankOf(n.Key), 2)]
		label := mermaidText(clean(n.Name))
		if n.Type != "" {
			label += "<br/>" + mermaidText(clean(n.Type))
		}
		p.line("  ", ids[n.Key], shape[0], label, shape[1])
	}
	for _, e := range g.Edges {
		arrow := " --> "
		if dashed(e.State) != "" {
			arrow = " -.-> "
		}
		if ids[e.From] != "" && ids[e.To] != "" {
			p.line("  ", ids[e.From], arrow, ids[e.To])
		}
	}
	return p.end()
}

// mermaidText writes every sign that could mean something to mermaid, to its
// Markdown or to HTML by number.
func mermaidText(s string) string {
	if s == "" {
		return "-" // a label cannot be empty
	}
	var b strings.Builder
	for _, r := range s {
		if r < 0x80 && r != ' ' && r != '-' && r != '/' && r != ':' && !alphanumeric(r) {
			fmt.Fprintf(&b, "#%d;", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func alphanumeric(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}
