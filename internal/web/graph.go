package web

import (
	"html/template"
	"net/http"
	"slices"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/reconcile"
	"github.com/idpsync/idpsync/internal/report"
)

// drawn is how many objects a picture has at most, listed how many lines say the
// same in words.
const drawn, listed = 300, 1000

// graph is a picture of what needs what.
type graph struct {
	Caption, Around, AllURL string
	Picture                 template.HTML
	Lines                   []string
}

func (s *Server) graphPage(w http.ResponseWriter, r *http.Request) {
	if t := s.target(w, r); t != nil {
		v := s.look(r.Context(), t)
		f := s.framed(r, t, v, "graph")
		f.Graph = newGraph(v.status, f.Head, r.URL.Query().Get("around"))
		s.render(w, r, http.StatusOK, "graph", f)
	}
}

// newGraph draws the objects that belong to one, or all.
func newGraph(st *reconcile.Status, h *head, around string) *graph {
	g := &graph{Around: around, AllURL: h.Link(h.Base + "/graph")}
	doc := report.Graph{Header: report.NewHeader("graph"), Target: targetOf(st)}
	chosen := everything(st.Objects)
	if around != "" {
		chosen = neighbours(st.Objects, around)
	}
	for i := range st.Objects {
		o := &st.Objects[i]
		if !chosen[o.Key] {
			continue
		}
		n := report.Node{Key: o.Key.String(), Name: o.Key.Name, Note: string(o.State)}
		if o.State != reconcile.ObjectInSync { // what has a state is drawn before the others
			n.State, n.Note = class(string(o.State)), o.Why
		}
		doc.Nodes = append(doc.Nodes, n)
		for _, k := range o.Links {
			if chosen[k] {
				doc.Edges = append(doc.Edges, report.Edge{From: k.String(), To: n.Key})
				if len(g.Lines) < listed {
					g.Lines = append(g.Lines, h.T("%s needs %s", report.Clean(n.Key), report.Clean(k.String())))
				}
			}
		}
	}
	href := func(key string) string { return h.Link(h.Base+"/object", "key", report.Clean(key)) }
	if len(doc.Nodes) > 0 {
		var left int
		g.Picture, left = doc.SVG(report.Style{Lang: h.Lang}, drawn, href)
		g.Caption = h.T("%d of %d objects, and what needs what", len(doc.Nodes)-left, len(st.Objects))
	} else {
		g.Caption = h.T("There are no objects yet.")
	}
	return g
}

func everything(all []reconcile.ObjectStatus) map[model.Key]bool {
	m := make(map[model.Key]bool, len(all))
	for i := range all {
		m[all[i].Key] = true
	}
	return m
}

// neighbours are what an object needs, what that needs, and so on, and the same
// for what needs it. What merely needs the same is none: else all would be.
func neighbours(all []reconcile.ObjectStatus, key string) map[model.Key]bool {
	needs, needed := map[model.Key][]model.Key{}, map[model.Key][]model.Key{}
	var first model.Key
	for i := range all {
		o := &all[i]
		if report.Clean(o.Key.String()) == key {
			first = o.Key
		}
		needs[o.Key] = o.Links
		for _, k := range o.Links {
			needed[k] = append(needed[k], o.Key)
		}
	}
	seen := map[model.Key]bool{first: true}
	for _, next := range []map[model.Key][]model.Key{needs, needed} {
		for queue := slices.Clone(next[first]); len(queue) > 0; queue = queue[1:] {
			if k := queue[0]; !seen[k] {
				seen[k] = true
				queue = append(queue, next[k]...)
			}
		}
	}
	return seen
}
