package web

import (
	"cmp"
	"encoding/binary"
	"hash/maphash"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/reconcile"
	"github.com/idpsync/idpsync/internal/report"
)

// overview is the list of all targets, a page of it at a time: ten thousand of
// them are searched here and not in the browser.
type overview struct {
	// Query and State are what is looked for.
	Query, State string
	Counts       []count
	Total, Fits  int
	Rows         []targetLine
	Pager        pager
	Fleet        *fleetView // nil outside of a fleet
	// Worst is how many need a person, in a sentence for who listens.
	Worst string
}

// targetLine is one target in the reader's language.
type targetLine struct {
	Name, URL, State, Class, Word, Why string
	Doing, Replica, Commit             string
	Since, LastPass, Next              time.Time
}

// pageTargets is how many targets a page has.
const pageTargets = 200

// The states of a target in the list that are no verdicts.
const (
	stateDead    = "dead"
	stateLooking = "looking"
)

// targetStates are all of them, the worst first: so the list is sorted.
var targetStates = []string{
	stateDead, string(reconcile.Failing), string(reconcile.Invalid), string(reconcile.Held), string(reconcile.Differs),
	string(reconcile.Pending), stateLooking, string(reconcile.InSync),
}

// standing is how a target stands at the moment.
type standing struct {
	*shown
	st    *reconcile.Status // never nil
	job   Job
	state string
	rank  int // of the state in the list
}

func standingOf(t *shown) standing {
	one := standing{shown: t, st: t.status(), job: t.job()}
	if one.st == nil {
		one.st = &reconcile.Status{}
	}
	switch {
	case one.job.State == JobDead:
		one.state = stateDead
	case one.st.Verdict == reconcile.Looking:
		one.state = stateLooking
	default:
		one.state = string(one.st.Verdict)
	}
	one.rank = slices.Index(targetStates, one.state)
	return one
}

// overviewOf finds what is looked for and lays out the page that begins at from.
func (s *Server) overviewOf(w words, query, state string, from int) *overview {
	all := s.targets.call().order
	o := &overview{Query: query, State: state, Total: len(all)}
	by := map[string]int{}
	needle, say := strings.ToLower(query), &wording{w, w.sentences(), map[reconcile.Counts]string{}}
	standings, found := make([]standing, len(all)), make([]*standing, 0, len(all))
	for i, t := range all {
		one := &standings[i]
		*one = standingOf(t)
		by[one.state]++
		if (state == "" || state == one.state) && (needle == "" || one.fits(say, needle)) {
			found = append(found, one)
		}
	}
	slices.SortFunc(found, func(a, b *standing) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), strings.Compare(a.name, b.name))
	})
	o.Fits = len(found)
	from = min(from/pageTargets*pageTargets, max(0, (o.Fits-1)/pageTargets*pageTargets))
	to := min(from+pageTargets, o.Fits)
	for _, one := range found[from:to] {
		o.Rows = append(o.Rows, one.line(say))
	}
	o.Counts = targetCounts(w, by, len(all), query, state)
	o.Worst = w.T("targets that need a person: %d", by[stateDead]+by[string(reconcile.Failing)]+by[string(reconcile.Invalid)]+by[string(reconcile.Held)])
	o.page(w, from, to)
	if s.opts.Fleet != nil {
		o.Fleet = newFleetView(w, s.opts.Fleet())
	}
	return o
}

func (o *overview) page(w words, from, to int) {
	if o.Fits <= pageTargets {
		return
	}
	o.Pager.Of = w.T("targets %d to %d of %d", from+1, to, o.Fits)
	at := func(n int) string {
		return w.Link("/", "q", o.Query, "state", o.State, "from", strconv.Itoa(n))
	}
	if from > 0 {
		o.Pager.Before = at(from - pageTargets)
	}
	if to < o.Fits {
		o.Pager.After = at(to)
	}
}

func targetCounts(w words, by map[string]int, total int, query, chosen string) []count {
	all := []count{{Word: w.T("all"), N: total, Class: "none", Chosen: chosen == "", URL: w.Link("/", "q", query)}}
	for _, state := range targetStates {
		if by[state] > 0 || state == chosen {
			all = append(all, count{State: state, N: by[state], Word: w.state(state), Class: stateClass(state), Chosen: chosen == state, URL: w.Link("/", "q", query, "state", state)})
		}
	}
	return all
}

// state is the word of a state of a target.
func (w words) state(state string) string {
	if state == stateDead {
		return w.T("given up")
	}
	return w.T(state)
}

func stateClass(state string) string {
	switch state {
	case stateDead:
		return "failing"
	case stateLooking:
		return "none"
	}
	return class(state)
}

// wording says what many rows have in common once.
type wording struct {
	words
	say     func(string) string
	tallies map[reconcile.Counts]string
}

// fits tells whether anything that the row shows has the needle in it.
func (one *standing) fits(w *wording, needle string) bool {
	for _, text := range [...]string{one.name, w.state(one.state), one.job.Replica, one.st.Commit, one.why(w)} {
		if strings.Contains(strings.ToLower(text), needle) {
			return true
		}
	}
	return false
}

// why is one sentence: what is wrong, or how many objects there are of each state.
func (one *standing) why(w *wording) string {
	st := one.st
	switch {
	case one.job.Reason != "" && (one.job.State == JobDead || one.job.State == JobRetrying):
		return w.say(report.Clean(one.job.Reason))
	case st.Verdict == reconcile.Invalid && len(st.Diagnostics) > 0:
		worst := slices.IndexFunc(st.Diagnostics, func(d diagnostic.Diagnostic) bool { return d.Severity == diagnostic.Error })
		return report.Clean(st.Diagnostics[max(worst, 0)].Line(w.Lang))
	case st.Trouble != nil:
		return w.say(report.Clean(st.Trouble.Message))
	case st.Verdict == reconcile.Held && st.Pending != nil && len(st.Pending.Refusals) > 0:
		return w.say(report.Clean(st.Pending.Refusals[0].Message))
	case st.Note != "":
		return w.say(report.Clean(st.Note))
	}
	return w.tally(st.Counts)
}

// tally counts objects by state, without those of which there are none.
func (w *wording) tally(c reconcile.Counts) string {
	if said, known := w.tallies[c]; known {
		return said
	}
	if c.Total() == 0 {
		return ""
	}
	parts := []string{w.T("1 object")}
	if c.Total() > 1 {
		parts[0] = w.T("%d objects", c.Total())
	}
	for _, one := range []struct {
		n     int
		state reconcile.ObjectState
	}{{c.Failing, reconcile.ObjectFailing}, {c.Drifted, reconcile.ObjectDrifted}, {c.Pending, reconcile.ObjectPending}, {c.Unmanaged, reconcile.ObjectUnmanaged}} {
		if one.n > 0 {
			parts = append(parts, strconv.Itoa(one.n)+" "+w.T(string(one.state)))
		}
	}
	w.tallies[c] = strings.Join(parts, w.T(", "))
	return w.tallies[c]
}

func (one *standing) line(w *wording) targetLine {
	st, job := one.st, one.job
	l := targetLine{
		Name: report.Clean(one.name), URL: w.Link(base(one.shown)), State: one.state, Class: stateClass(one.state), Word: w.state(one.state),
		Why: one.why(w), Replica: report.Clean(job.Replica), Commit: w.Short(st.Commit), Since: st.Since, LastPass: st.LastPass, Next: st.NextPass,
	}
	if job.State != JobNone && job.State != JobDead {
		l.Doing = w.T(string(job.State))
	} else if st.Running {
		l.Doing = w.T(string(JobRunning))
	}
	if !job.Next.IsZero() {
		l.Next = job.Next
	}
	if job.State == JobDead && !job.Since.IsZero() {
		l.Since = job.Since
	}
	return l
}

var sumSeed = maphash.MakeSeed()

// sums keeps the newest sum: many pages that hear of the same news share one.
type sums struct {
	mu    sync.Mutex
	begun time.Time
	sum   string
}

// sum is another whenever the list of targets has something new to show. It is
// not older than since.
func (s *Server) sum(since time.Time) string {
	s.sums.mu.Lock()
	defer s.sums.mu.Unlock()
	if s.sums.sum == "" || s.sums.begun.Before(since) {
		s.sums.begun = time.Now()
		s.sums.sum = s.summed()
	}
	return s.sums.sum
}

func (s *Server) summed() string {
	var h maphash.Hash
	h.SetSeed(sumSeed)
	var line []byte
	for _, t := range s.targets.call().order {
		one := standingOf(t)
		line = line[:0]
		for _, text := range [...]string{t.name, one.state, string(one.job.State), one.job.Replica, one.job.Reason} {
			line = append(append(line, text...), 0)
		}
		c := one.st.Counts
		for _, n := range [...]int{c.InSync, c.Pending, c.Drifted, c.Failing, c.Unmanaged, int(one.st.LastPass.UnixNano())} {
			line = binary.LittleEndian.AppendUint64(line, uint64(n))
		}
		_, _ = h.Write(line)
	}
	if s.opts.Fleet != nil {
		_, _ = h.WriteString(s.opts.Fleet().told())
	}
	return strconv.FormatUint(h.Sum64(), 36)
}
