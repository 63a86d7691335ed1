package report

import (
	"bytes"
	"slices"
	"strings"
)

// Staleness is one way in which a plan made now is not the saved one.
type Staleness struct {
	What StaleWhat
	// Keys lists, for changes and guards, what differs, in order.
	Keys []string
}

// StaleWhat is what is not as it was.
type StaleWhat string

// What may have changed since a plan was saved.
const (
	StaleTarget  StaleWhat = "target"
	StaleFiles   StaleWhat = "files"
	StaleServer  StaleWhat = "server"
	StaleChanges StaleWhat = "changes"
	StaleGuards  StaleWhat = "guards"
)

// Stale compares the saved plan with the one made now with its options; none is
// returned when they are the same in all that carrying them out rests on.
func (s *Saved) Stale(now *Plan) []Staleness {
	was, now := s.Plan, again(now)
	var out []Staleness
	differ := func(what StaleWhat, unlike bool, keys ...string) {
		if unlike || len(keys) > 0 {
			out = append(out, Staleness{what, keys})
		}
	}
	differ(StaleTarget, was.Target != now.Target)
	differ(StaleFiles, was.ConfigDigest != now.ConfigDigest)
	differ(StaleServer, was.StateDigest != now.StateDigest)
	differ(StaleChanges, !same(order(was), order(now)) || !same(list(was.notEvaluated), list(now.notEvaluated)),
		unlike(was.Changes, now.Changes, func(c Change) string { return c.Key })...)
	differ(StaleGuards, len(was.Guards) != len(now.Guards),
		unlike(was.Guards, now.Guards, guardLine)...)
	return out
}

// guardLine tells guards of one name apart.
func guardLine(g Guard) string { return strings.TrimSpace(g.Name+" "+g.Key) + ": " + g.Message }

// order is the order in which the changes of a plan are listed, and done.
func order(p *Plan) []string {
	keys := make([]string, len(p.Changes))
	for i, c := range p.Changes {
		keys[i] = c.Key
	}
	return keys
}

// unlike names what is only on one side, or not the same on both.
func unlike[T any](was, now []T, name func(T) string) []string {
	before := make(map[string][]byte, len(was))
	for _, e := range was {
		before[name(e)] = written(e)
	}
	var names []string
	for _, e := range now {
		n := name(e)
		if text, ok := before[n]; !ok || !bytes.Equal(text, written(e)) {
			names = append(names, n)
		}
		delete(before, n)
	}
	for n := range before {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

func same(a, b any) bool { return bytes.Equal(written(a), written(b)) }

func written(v any) []byte {
	text, _ := line(v) // only of values that were written before
	return text
}

// again is the plan as whoever reads its file would have it: bytes that are no
// text have become the sign for that.
func again(p *Plan) *Plan {
	text, err := line(Saved{NotEvaluated: p.notEvaluated, Plan: p})
	var s Saved
	if err != nil || strictly(text, &s) != nil || s.Plan == nil {
		return p
	}
	s.Plan.notEvaluated = s.NotEvaluated
	return s.Plan
}
