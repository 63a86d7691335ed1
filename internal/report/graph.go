package report

import (
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/idpsync/idpsync/internal/model"
)

// Graph is what belongs to what: providers, their connections, and the
// applications that offer them.
type Graph struct {
	Header
	Target Target `json:"target"`
	Nodes  []Node `json:"nodes"`
	Edges  []Edge `json:"edges"`
}

// Node is one object. State is a word for its look, such as an action of a plan
// or "external"; Note says more in a picture's tooltip.
type Node struct {
	Key   string `json:"key"`
	Name  string `json:"name"`
	Type  string `json:"type"`
	State string `json:"state"`
	Note  string `json:"-"`
}

// Edge leads from what is needed to what needs it. State is as in a Node.
type Edge struct {
	From  string `json:"from"`
	To    string `json:"to"`
	State string `json:"state"`
}

// NewGraph draws a state. An enablement is an edge, everything else a node.
func NewGraph(t Target, s *model.State) *Graph {
	g := &Graph{Header: NewHeader("graph"), Target: t, Nodes: []Node{}, Edges: []Edge{}}
	for r := range s.All() {
		if app, conn, ok := r.Key.Ends(); ok {
			g.Edges = append(g.Edges, Edge{conn.String(), app.String(), lookOf(r)})
			continue
		}
		n := Node{Key: r.Key.String(), Name: r.Key.Name, Type: r.Text("type"), State: lookOf(r)}
		g.Nodes = append(g.Nodes, n)
		if parent, ok := r.Parent(); ok && parent.Name != "" {
			g.Edges = append(g.Edges, Edge{parent.String(), n.Key, lookOf(r)})
		}
	}
	return g
}

func lookOf(r *model.Resource) string {
	if r.Lifecycle == "" {
		return string(model.Present)
	}
	return string(r.Lifecycle)
}

// Around leaves the nodes that fit and all that hangs together with them: what
// they need, and what needs them.
func (g *Graph) Around(fits func(key string) bool) {
	keep := map[string]bool{}
	var start []string
	for _, n := range g.Nodes {
		if fits(n.Key) {
			start = append(start, n.Key)
		}
	}
	needs, needed := map[string][]string{}, map[string][]string{}
	for _, e := range g.Edges {
		needs[e.To] = append(needs[e.To], e.From)
		needed[e.From] = append(needed[e.From], e.To)
	}
	for _, next := range []map[string][]string{needs, needed} {
		seen, todo := map[string]bool{}, slices.Clone(start)
		for len(todo) > 0 {
			key := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			if seen[key] {
				continue
			}
			seen[key], keep[key] = true, true
			todo = append(todo, next[key]...)
		}
	}
	g.Nodes = slices.DeleteFunc(g.Nodes, func(n Node) bool { return !keep[n.Key] })
	g.Edges = slices.DeleteFunc(g.Edges, func(e Edge) bool { return !keep[e.From] || !keep[e.To] })
}

func (g *Graph) graph() *Graph { return g }

// numbers gives each node a name that no format can misread.
func (g *Graph) numbers() map[string]string {
	ids := make(map[string]string, len(g.Nodes))
	for i, n := range g.Nodes {
		ids[n.Key] = "n" + strconv.Itoa(i)
	}
	return ids
}

func rankOf(key string) int {
	k, _ := model.ParseKey(key)
	return k.Kind.Trait().Rank
}

// Text writes each application with its connections and where they come from,
// and last what no application offers.
func (g *Graph) Text(w io.Writer, s Style) error {
	p := newPrinter(w, s)
	from := map[string][]string{}
	offered := map[string]bool{}
	for _, e := range g.Edges {
		from[e.To] = append(from[e.To], e.From)
		offered[e.From] = true
	}
	nodes := map[string]Node{}
	for _, n := range g.Nodes {
		nodes[n.Key] = n
	}
	for _, n := range g.Nodes {
		if len(from[n.Key]) == 0 && offered[n.Key] || offered[n.Key] && rankOf(n.Key) < 2 {
			continue
		}
		p.line(p.paint(strong, clean(n.Key)), n.remark())
		p.branches(from, nodes, n.Key, "  ")
	}
	p.line()
	p.line(p.paint(strong, g.summary(s)))
	return p.end()
}

func (p *printer) branches(from map[string][]string, nodes map[string]Node, key, indent string) {
	if len(indent) > 8 { // no file can make a graph so deep
		return
	}
	for _, k := range from[key] {
		p.line(indent, "<- ", clean(k), nodes[k].remark())
		p.branches(from, nodes, k, indent+"  ")
	}
}

func (n Node) remark() string {
	var parts []string
	if n.Type != "" {
		parts = append(parts, clean(n.Type))
	}
	if n.State != "" && n.State != string(model.Present) {
		parts = append(parts, clean(n.State))
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

func (g *Graph) summary(s Style) string {
	n := map[int]int{}
	for _, node := range g.Nodes {
		n[rankOf(node.Key)]++
	}
	var parts []string
	for _, k := range model.Documented {
		parts = append(parts, s.Told(counted(n[k.Trait().Rank], k.Trait().Noun)))
	}
	return s.Say("Graph: %s.", strings.Join(parts, s.mark(", ", "，")))
}
