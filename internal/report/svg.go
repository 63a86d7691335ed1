package report

import (
	"cmp"
	"fmt"
	"html"
	"html/template"
	"slices"
	"strings"

	"github.com/idpsync/idpsync/internal/model"
)

// Measures of a picture, in its own units.
const (
	boxWidth, boxHeight  = 230, 32
	boxGap, boxColumnGap = 10, 110
	pictureMargin        = 8
	boxText              = 26 // cells that fit into a box
	headHeight           = 24
	columns              = 3
	pictureNodes         = 90
)

// box is a node with its place.
type box struct {
	Node
	column, row int
	order       float64
}

func (b *box) x() int { return pictureMargin + b.column*(boxWidth+boxColumnGap) }
func (b *box) y() int { return pictureMargin + headHeight + b.row*(boxHeight+boxGap) }

// SVG draws the graph in columns, what is needed on the left of what needs it. It
// draws at most that many nodes, those with a state first, and tells how many it
// left out. Looks are classes only, for the style sheet of the page: picture,
// box, edge, and the state of a node or an edge. href gives the address of a node
// or ""; it may be nil.
func (g *Graph) SVG(s Style, most int, href func(key string) string) (svg template.HTML, left int) {
	boxes := g.boxes(most)
	edges := make([]Edge, 0, len(g.Edges))
	for _, e := range g.Edges {
		if boxes[e.From] != nil && boxes[e.To] != nil {
			edges = append(edges, e)
		}
	}
	tallest := arrange(boxes, edges)
	var b strings.Builder
	w := 2*pictureMargin + columns*boxWidth + (columns-1)*boxColumnGap
	h := 2*pictureMargin + headHeight + tallest*(boxHeight+boxGap) - boxGap
	fmt.Fprintf(&b, `<svg class="picture" role="img" viewBox="0 0 %d %d" width="%d" height="%d" aria-label="%s">`, w, h, w, h, html.EscapeString(s.Say("dependencies")))
	for _, k := range model.Documented {
		x := pictureMargin + k.Trait().Rank*(boxWidth+boxColumnGap)
		fmt.Fprintf(&b, `<text class="heading" x="%d" y="%d">%s</text>`, x, pictureMargin+headHeight/2, html.EscapeString(s.Told(k.Trait().Noun)))
	}
	for _, e := range edges {
		from, to := boxes[e.From], boxes[e.To]
		x, y, tx, ty := from.x()+boxWidth, from.y()+boxHeight/2, to.x(), to.y()+boxHeight/2
		bend := max((tx-x)/2, boxColumnGap/2)
		fmt.Fprintf(&b, `<path class="edge %s" d="M%d %dC%d %d %d %d %d %d"/>`, class(e.State), x, y, x+bend, y, tx-bend, ty, tx, ty)
	}
	for _, n := range g.Nodes {
		if at := boxes[n.Key]; at != nil {
			b.WriteString(at.svg(s, href))
		}
	}
	b.WriteString("</svg>")
	return template.HTML(b.String()), len(g.Nodes) - len(boxes) //nolint:gosec // every text in it is escaped
}

func (b *box) svg(s Style, href func(string) string) string {
	name, before, after := clean(b.Name), "", ""
	if href != nil {
		if to := href(b.Key); to != "" {
			before, after = `<a href="`+html.EscapeString(to)+`">`, "</a>"
		}
	}
	title := clean(b.Key)
	for _, more := range []string{b.State, b.Note} {
		if more != "" {
			title += ": " + s.Told(clean(more))
		}
	}
	short := name
	if m, known := marks[b.State]; known { // colour is never the only sign
		short = strings.TrimSpace(m.symbol) + " " + name
	}
	if width(short) > boxText || len(short) > 4*boxText {
		short = cells.Truncate(firstRunes(short, 2*boxText), boxText, "…")
	}
	return fmt.Sprintf(`%s<g class="box %s %s"><title>%s</title><rect x="%d" y="%d" width="%d" height="%d" rx="6"/><text x="%d" y="%d">%s</text></g>%s`,
		before, class(kindOf(b.Key)), class(b.State), html.EscapeString(title), b.x(), b.y(), boxWidth, boxHeight, b.x()+10, b.y()+boxHeight/2+5, html.EscapeString(short), after)
}

func firstRunes(s string, n int) string {
	runes := []rune(s)
	return string(runes[:min(len(runes), n)])
}

func kindOf(key string) string {
	kind, _, _ := strings.Cut(key, "/")
	return kind
}

// class keeps what can stand in a list of classes.
func class(s string) string {
	return strings.Map(func(r rune) rune {
		if alphanumeric(r) || r == '-' || r == '_' {
			return r
		}
		return -1
	}, s)
}

// boxes takes the nodes that are drawn: those with a state first.
func (g *Graph) boxes(most int) map[string]*box {
	order := make([]int, len(g.Nodes))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(urgency(g.Nodes[a].State), urgency(g.Nodes[b].State)) })
	boxes := make(map[string]*box, min(most, len(order)))
	for _, i := range order[:min(most, len(order))] {
		n := g.Nodes[i]
		boxes[n.Key] = &box{Node: n, column: min(rankOf(n.Key), columns-1)}
	}
	return boxes
}

func urgency(state string) int {
	if d, known := dangerOfAction[state]; known {
		return d
	}
	if state != "" {
		return len(dangerOfAction)
	}
	return len(dangerOfAction) + 1
}

// arrange gives each box its row: beside what it hangs together with, going over
// the columns twice. It returns the height of the tallest column.
func arrange(boxes map[string]*box, edges []Edge) (tallest int) {
	var cols [columns][]*box
	for _, b := range boxes {
		cols[b.column] = append(cols[b.column], b)
	}
	near := map[string][]*box{}
	for _, e := range edges {
		near[e.From] = append(near[e.From], boxes[e.To])
		near[e.To] = append(near[e.To], boxes[e.From])
	}
	for c := range cols {
		slices.SortFunc(cols[c], func(a, b *box) int { return strings.Compare(a.Key, b.Key) })
		number(cols[c])
		tallest = max(tallest, len(cols[c]))
	}
	for _, c := range []int{1, 2, 1, 0, 1, 2} {
		for _, b := range cols[c] {
			b.order = middle(b, near[b.Key])
		}
		slices.SortStableFunc(cols[c], func(a, b *box) int { return cmp.Compare(a.order, b.order) })
		number(cols[c])
	}
	return max(tallest, 1)
}

func number(column []*box) {
	for i, b := range column {
		b.row = i
	}
}

func middle(b *box, near []*box) float64 {
	if len(near) == 0 {
		return float64(b.row)
	}
	sum := 0
	for _, n := range near {
		sum += n.row
	}
	return float64(sum) / float64(len(near))
}
