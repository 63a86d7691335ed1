package report

import "github.com/idpsync/idpsync/internal/model"

// drawing is a graph in the making: each object once, each line once.
type drawing struct {
	graph  *Graph
	states map[string]string // by key: how an object looks
	known  map[string]bool
	joined map[[2]string]bool
}

func newDrawing() *drawing {
	return &drawing{&Graph{}, map[string]string{}, map[string]bool{}, map[[2]string]bool{}}
}

// object draws what the key names: an enablement is a line, and all else a node,
// for which ok is true.
func (d *drawing) object(key, state string) (k model.Key, ok bool) {
	k, err := model.ParseKey(key)
	if err != nil {
		return k, false
	}
	if app, conn, edge := k.Ends(); edge {
		d.join(conn, app, state)
		return k, false
	}
	d.add(k)
	return k, true
}

func (d *drawing) add(k model.Key) string {
	key := k.String()
	if !d.known[key] {
		d.known[key] = true
		d.graph.Nodes = append(d.graph.Nodes, Node{Key: key, Name: k.Name, State: d.states[key]})
	}
	return key
}

func (d *drawing) join(from, to model.Key, state string) {
	pair := [2]string{d.add(from), d.add(to)}
	if !d.joined[pair] && from != to {
		d.joined[pair] = true
		d.graph.Edges = append(d.graph.Edges, Edge{pair[0], pair[1], state})
	}
}
