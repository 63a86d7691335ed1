package web

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/idpsync/idpsync/internal/report"
)

// fleetView is a fleet in the reader's language.
type fleetView struct {
	Queue    []figure
	Oldest   time.Time
	Replicas []replicaLine
	Sources  []sourceLine
	Troubles []string
}

// figure is a number with its word; Careful and Bad tell how it looks when it is
// not zero.
type figure struct {
	N     int
	Word  string
	Class string
}

type replicaLine struct {
	Name, Place, Version, Word, Class string
	Leader, Self, Gone                bool
	Started, Beat                     time.Time
	Works                             []link
	More                              string
}

type sourceLine struct {
	Name, Place, Version, Error, Hint, Stale string
	Since, Checked                           time.Time
}

// away tells that the database is out of reach, and of when what is shown is.
type away struct {
	Why  string
	Read time.Time
}

// shownWorks is how many targets a replica is shown to work on.
const shownWorks = 8

// away is nil while the database answers, and outside of a fleet.
func (s *Server) away() *away {
	if s.opts.Fleet == nil {
		return nil
	}
	f := s.opts.Fleet()
	if f == nil || f.Lost == "" {
		return nil
	}
	return &away{report.Clean(f.Lost), f.Read}
}

func newFleetView(w words, f *Fleet) *fleetView {
	if f == nil {
		return nil
	}
	q := f.Queue
	v := &fleetView{Oldest: q.Oldest, Troubles: make([]string, 0, len(f.Troubles)), Queue: []figure{
		{q.Waiting, w.T("waiting"), "none"},
		{q.Running, w.T("running"), "pending"},
		{q.Retrying, w.T("retrying"), "drifted"},
		{q.Dead, w.T("given up"), "failing"},
	}}
	for _, t := range f.Troubles {
		v.Troubles = append(v.Troubles, w.Say(t))
	}
	for _, r := range f.Replicas {
		v.Replicas = append(v.Replicas, newReplicaLine(w, r))
	}
	for _, s := range f.Sources {
		line := sourceLine{
			Name: report.Clean(s.Name), Place: report.Clean(s.Place), Version: w.Short(s.Version), Since: s.Since, Checked: s.Checked,
			Error: w.Say(s.Error), Hint: w.Say(s.Hint),
		}
		if len(s.Stale) > 0 {
			line.Stale = w.T("another version on: %s", report.Clean(strings.Join(s.Stale, ", ")))
		}
		v.Sources = append(v.Sources, line)
	}
	return v
}

func newReplicaLine(w words, r Replica) replicaLine {
	one := replicaLine{
		Name: report.Clean(r.Name), Place: report.Clean(fmt.Sprintf("%s:%d", r.Host, r.PID)), Version: report.Clean(r.Version),
		Word: w.T("alive"), Class: "in-sync", Leader: r.Leader, Self: r.Self, Gone: r.Gone, Started: r.Started, Beat: r.Beat,
	}
	if r.Gone {
		one.Word, one.Class = w.T("gone"), "failing"
	}
	for _, name := range r.Works[:min(len(r.Works), shownWorks)] {
		one.Works = append(one.Works, link{report.Clean(name), w.Link(base(&shown{name: name}))})
	}
	if over := len(r.Works) - shownWorks; over > 0 {
		one.More = w.T("and %d more", over)
	}
	return one
}

// told is another whenever a page about the fleet looks other: what moves by
// itself every second is left out.
func (f *Fleet) told() string {
	if f == nil {
		return ""
	}
	seen := *f
	seen.Read = time.Time{}
	seen.Replicas, seen.Sources = slices.Clone(f.Replicas), slices.Clone(f.Sources)
	for i := range seen.Replicas {
		if !seen.Replicas[i].Gone {
			seen.Replicas[i].Beat = time.Time{}
		}
	}
	for i := range seen.Sources {
		seen.Sources[i].Checked = time.Time{}
	}
	text, err := json.Marshal(seen)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// jobView is how a fleet works on the target whose page it is.
type jobView struct {
	Word, Class, Reason, Replica string
	Dead                         bool
	Failures                     int
	Since, Next                  time.Time
}

func newJobView(w words, j Job) *jobView {
	v := &jobView{Reason: w.Say(j.Reason), Replica: report.Clean(j.Replica), Dead: j.State == JobDead, Failures: j.Failures, Since: j.Since, Next: j.Next}
	if j.State != JobNone {
		v.Word, v.Class = w.T(string(j.State)), "none"
	}
	if v.Dead {
		v.Word = w.T("given up")
	}
	return v
}
