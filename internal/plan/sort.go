package plan

import (
	"container/heap"
	"slices"
	"strings"

	"github.com/idpsync/idpsync/internal/model"
)

// holdBackDeletes marks the deletes that no other change waits for.
func (g *graph) holdBackDeletes() {
	early := make([]bool, len(g.nodes))
	var mark func(n int)
	mark = func(n int) {
		for _, before := range g.nodes[n].After {
			if g.nodes[before].Change.Action == Delete && !early[before] {
				early[before] = true
				mark(before)
			}
		}
	}
	for n := range g.nodes {
		if g.nodes[n].Change.Action != Delete {
			mark(n)
		}
	}
	for n := range g.nodes {
		g.nodes[n].Last = g.nodes[n].Change.Action == Delete && !early[n]
	}
}

// followers lists, for each node, those that wait for it; all lists lie in one.
func (g *graph) followers() [][]int {
	count, edges := make([]int, len(g.nodes)), 0
	for n := range g.nodes {
		for _, before := range g.nodes[n].After {
			count[before]++
			edges++
		}
	}
	next, room := make([][]int, len(g.nodes)), make([]int, edges)
	for n, c := range count {
		next[n], room = room[:0:c], room[c:]
	}
	for n := range g.nodes {
		for _, before := range g.nodes[n].After {
			next[before] = append(next[before], n)
		}
	}
	return next
}

// sort puts the nodes in a topological order, ties broken by kind and key.
func (g *graph) sort() ([]int, error) {
	waits, ready := make([]int, len(g.nodes)), &ready{rank: g.ranks()}
	for n := range g.nodes {
		slices.Sort(g.nodes[n].After)
		g.nodes[n].After = slices.Compact(g.nodes[n].After)
		if waits[n] = len(g.nodes[n].After); waits[n] == 0 {
			heap.Push(ready, n)
		}
	}
	next := g.followers()
	sorted := make([]int, 0, len(g.nodes))
	for ready.Len() > 0 {
		n := heap.Pop(ready).(int)
		sorted = append(sorted, n)
		for _, m := range next[n] {
			if waits[m]--; waits[m] == 0 {
				heap.Push(ready, m)
			}
		}
	}
	if len(sorted) < len(g.nodes) {
		return nil, g.cycle(waits)
	}
	return sorted, nil
}

func (g *graph) cycle(waits []int) error {
	var names []string
	var key model.Key
	for n, w := range waits {
		if w > 0 {
			key = g.nodes[n].Change.Key
			names = append(names, key.String())
		}
	}
	slices.Sort(names)
	return &ProblemsError{Problems: []Problem{{Name: Cycle, Key: key, Detail: strings.Join(slices.Compact(names), ", ")}}}
}

// renumber gives the steps their final indexes and chains the steps that touch
// one application, so that they never run side by side.
func (g *graph) renumber(sorted []int) []Step {
	place := make([]int, len(sorted))
	for i, n := range sorted {
		place[n] = i
	}
	steps, latest := make([]Step, 0, len(sorted)), make(map[model.Key]int, len(sorted))
	for i, n := range sorted {
		s := g.nodes[n]
		for j := range s.After {
			s.After[j] = place[s.After[j]]
		}
		for _, owner := range owners(s) {
			if before, ok := latest[owner]; ok {
				s.Behind = append(s.Behind, before)
			}
			latest[owner] = i
		}
		steps = append(steps, s)
	}
	return steps
}

func owners(s Step) []model.Key {
	ks := []model.Key{s.Change.Key.Owner()}
	if s.Half == Remove {
		for _, e := range s.Change.Release {
			ks = append(ks, e.Key.Owner())
		}
	}
	return ks
}

func changesInOrder(steps []Step) []*Change {
	var cs []*Change
	for _, s := range steps {
		if s.Half != Remove {
			cs = append(cs, s.Change)
		}
	}
	return cs
}

// ranks gives each node its place among all of them as far as nothing waits for
// anything: deletes that are held back come last, the others before them by kind
// and key.
func (g *graph) ranks() []int {
	nodes := make([]int, len(g.nodes))
	for n := range nodes {
		nodes[n] = n
	}
	slices.SortStableFunc(nodes, func(i, j int) int { return g.nodes[i].compare(&g.nodes[j]) })
	rank := make([]int, len(nodes))
	for i, n := range nodes {
		rank[n] = i
	}
	return rank
}

// compare tells which of two steps goes first when both can.
func (s *Step) compare(o *Step) int {
	switch {
	case s.Last != o.Last && s.Last:
		return 1
	case s.Last != o.Last:
		return -1
	}
	x, y := s.Change.Key, o.Change.Key
	if s.Last && x.Kind != y.Kind {
		return y.Compare(x)
	}
	return x.Compare(y)
}

// ready is a heap of steps that wait for nothing.
type ready struct {
	rank []int
	at   []int
}

func (r *ready) Len() int      { return len(r.at) }
func (r *ready) Swap(i, j int) { r.at[i], r.at[j] = r.at[j], r.at[i] }
func (r *ready) Push(x any)    { r.at = append(r.at, x.(int)) }
func (r *ready) Pop() any {
	x := r.at[len(r.at)-1]
	r.at = r.at[:len(r.at)-1]
	return x
}

func (r *ready) Less(i, j int) bool { return r.rank[r.at[i]] < r.rank[r.at[j]] }
