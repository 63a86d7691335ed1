package config

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// orderFlows exchanges the members of flow mappings that stand on one line,
// "metadata: {targets: [prod], name: portal}". What is between the members stays
// where it is.
func orderFlows(lines []line, root *yaml.Node, kind string) []line {
	e := &extents{lines: slices.Clone(lines)}
	var walk func(y *yaml.Node, path []string)
	walk = func(y *yaml.Node, path []string) {
		if y.Kind != yaml.MappingNode || len(path) > 3 {
			return
		}
		for i := 0; i+1 < len(y.Content); i += 2 { // inside first: that moves nothing outside
			walk(y.Content[i+1], append(slices.Clone(path), y.Content[i].Value))
		}
		if o := orderAt(kind, path); y.Style&yaml.FlowStyle != 0 && len(o.first) > 0 {
			e.orderFlow(y, o)
		}
	}
	walk(root, nil)
	return e.lines
}

func (e *extents) orderFlow(y *yaml.Node, o order) {
	at, offset, ok := e.offsetOf(y)
	if !ok || offset >= len(e.text(at)) || e.text(at)[offset] != '{' {
		return
	}
	s := flowScanner{extents: e, line: at, offset: offset, end: len(e.lines)}
	if !s.value() || s.line != at || s.comment {
		return
	}
	text := e.text(at)
	var places []span
	for _, m := range s.members {
		member := text[m.from:m.to]
		from := m.from + len(member) - len(strings.TrimLeft(member, " \t"))
		places = append(places, span{from, from + len(strings.Trim(member, " \t"))})
	}
	if n := len(places); n > 0 && places[n-1].from == places[n-1].to {
		places = places[:n-1] // a comma before the bracket
	}
	if len(places) != len(y.Content)/2 {
		return
	}
	order := make([]int, len(places))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return o.compare(y.Content[2*a].Value, y.Content[2*b].Value) })
	var b strings.Builder
	done := 0
	for i, p := range places {
		b.WriteString(text[done:p.from])
		b.WriteString(text[places[order[i]].from:places[order[i]].to])
		done = p.to
	}
	b.WriteString(text[done:])
	indent := len(e.lines[at].indent)
	e.lines[at].rest = b.String()[indent:]
}
