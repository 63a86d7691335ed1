package reconcile

import "slices"

// News is what a status has to tell that was not told before.
type News string

// The news.
const (
	NoNews  News = ""
	Drifted News = "drift"
	Cleared News = "clear"
)

// mostTold bounds what a newsroom remembers of a drift that never clears.
const mostTold = 1000

// Newsroom turns statuses into news: each distinct drift once, and once that all
// of it is gone. A drift that comes and goes beside another is told once too.
type Newsroom struct{ told []string }

// NewNewsroom begins where another one, of an earlier process, has ended.
func NewNewsroom(told []string) *Newsroom { return &Newsroom{told: slices.Clone(told)} }

// Told names the drifts that were told and have not cleared.
func (n *Newsroom) Told() []string { return slices.Clone(n.told) }

// Next tells what is new about a status. One of a loop that has not compared
// anything yet says nothing about the drift.
func (n *Newsroom) Next(s *Status) News {
	switch {
	case !s.Ready:
		return NoNews
	case s.Drift == "" && len(n.told) > 0:
		n.told = nil
		return Cleared
	case s.Drift == "" || slices.Contains(n.told, s.Drift):
		return NoNews
	}
	if n.told = append(n.told, s.Drift); len(n.told) > mostTold {
		n.told = n.told[1:]
	}
	return Drifted
}
