package serve

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// torture is how hard replicas are tried.
type torture struct {
	replicas, targets, sources int
	lasts, every               time.Duration // all of it; between two troubles
	longestStop                time.Duration
	restarts                   int // of the database
	interval                   string
}

// TestReplicaTorture: replicas are killed, made to stand still beyond their lease
// and cut off from the database, which itself is restarted, while people edit the
// pools and the files. Then all is quiet, and every pool is as the files say with
// nothing in it twice, every journal is complete, and no request came from a
// process whose lock another one had by then.
func TestReplicaTorture(t *testing.T) {
	o := torture{replicas: 3, targets: 30, sources: 2, lasts: 50 * time.Second, every: 3 * time.Second, longestStop: 40 * time.Second, restarts: 1, interval: "10s"}
	if long {
		o = torture{replicas: 4, targets: 300, sources: 3, lasts: 3 * time.Minute, every: 5 * time.Second, longestStop: 45 * time.Second, restarts: 2, interval: "20s"}
	}
	seed := uint64(time.Now().UnixNano())
	if given, err := strconv.ParseUint(os.Getenv("IDPSYNC_SEED"), 10, 64); err == nil {
		seed = given
	}
	t.Logf("IDPSYNC_SEED=%d", seed)
	w := newTorment(t, o, seed)
	w.fleet.settled(10*time.Minute, w.projects...)
	t.Log("trouble begins")
	w.run()
	t.Log("all is quiet")
	w.quiet()
	w.fleet.settled(15*time.Minute, w.projects...)
	w.fleet.journals(10 * time.Minute)
	w.judge()
	w.fleet.end()
}

// torment is what goes on.
type torment struct {
	t        testing.TB
	o        torture
	rand     *rand.Rand
	fleet    *fleet
	projects []*project
	// what was done so far
	kills, stops, cuts, restarts, drifts, edits int
	begun                                       map[int]*process // by process id
}

func newTorment(t testing.TB, o torture, seed uint64) *torment {
	t.Helper()
	w := &torment{t: t, o: o, rand: rand.New(rand.NewPCG(seed, 9)), begun: map[int]*process{}}
	all, dir := newPools(t, o.targets), t.TempDir()
	share := o.targets / o.sources
	for i := range o.sources {
		w.projects = append(w.projects, newProject(t, dir, fmt.Sprint("source-", i), all.server.URL, all.list[i*share:(i+1)*share], shape{logins: 3, apps: 4}))
	}
	db := newDatabase(t)
	w.fleet = newFleet(t, db, all, dir, fleetOf(t, dir, "mode: apply, maxRPS: 10, interval: "+o.interval, w.projects...), 8)
	w.fleet.grow(o.replicas)
	w.know()
	return w
}

// know remembers the processes that there are.
func (w *torment) know() {
	for _, s := range w.fleet.seats {
		w.begun[s.cmd.Process.Pid] = s.process
	}
}

// run makes trouble until the time is over.
func (w *torment) run() {
	begun := time.Now()
	next, edit := begun, begun
	for i := 1; time.Since(begun) < w.o.lasts; i++ {
		if time.Now().After(next) {
			w.trouble()
			next = next.Add(w.o.every)
		}
		if time.Now().After(edit) {
			w.edit()
			edit = edit.Add(w.o.lasts / time.Duration(4*w.o.sources))
		}
		if w.restarts < w.o.restarts && time.Since(begun) > w.o.lasts*time.Duration(w.restarts+1)/time.Duration(w.o.restarts+1) {
			w.restart()
		}
		w.recover(time.Now())
		w.drift()
		pause(time.Duration(w.rand.IntN(100)) * time.Millisecond)
	}
}

// woe is a trouble of one replica. It begins with the replica's next write, in the
// middle of a run, or when there is none for a while.
type woe struct {
	begin, end func()
	due, over  time.Time
}

// trouble befalls one of the replicas that have none.
func (w *torment) trouble() {
	var well []*seat
	for _, s := range w.fleet.seats {
		if s.woe == nil {
			well = append(well, s)
		}
	}
	if len(well) == 0 {
		return
	}
	s, now := well[w.rand.IntN(len(well))], time.Now()
	p := s.process
	s.woe = &woe{due: now.Add(2 * time.Second), end: func() {}}
	lasts := time.Duration(0)
	switch w.rand.IntN(3) {
	case 0:
		w.kills++
		s.woe.begin = p.kill
		s.woe.end = func() {
			w.fleet.begin(s)
			w.know()
		}
	case 1:
		w.stops++
		s.woe.begin, s.woe.end = p.freeze, p.thaw
		if lasts = time.Duration(w.rand.Int64N(int64(w.o.longestStop))); w.rand.IntN(2) == 0 {
			lasts = w.o.longestStop // beyond the lease, so that others take over
		}
	case 2:
		w.cuts++
		s.woe.begin, s.woe.end = s.line.cut, func() { s.line.mend(w.t) }
		lasts = time.Duration(w.rand.Int64N(int64(20 * time.Second)))
	}
	s.woe.begin = sync.OnceFunc(s.woe.begin)
	s.woe.over = s.woe.due.Add(lasts)
	w.fleet.pools.arm(s.mark, s.woe.begin)
}

// recover begins the troubles that no write has begun, and ends those whose time
// is over.
func (w *torment) recover(now time.Time) {
	for _, s := range w.fleet.seats {
		if s.woe != nil && now.After(s.woe.due) {
			s.woe.begin()
		}
		if s.woe != nil && now.After(s.woe.over) {
			s.woe.end()
			s.woe = nil
		}
	}
}

func (w *torment) restart() {
	w.restarts++
	if !w.fleet.db.server.Ours() {
		return
	}
	mode := []string{"fast", "immediate"}[w.restarts%2]
	if err := w.fleet.db.server.Restart(mode); err != nil {
		w.t.Fatal(err)
	}
}

// edit changes the files of one project.
func (w *torment) edit() {
	w.edits++
	w.projects[w.rand.IntN(len(w.projects))].edit(w.t, fmt.Sprint("edit ", w.edits))
}

// drift edits a pool by hand; what is not there any more cannot be edited. The last
// of a kind stays: a list that is suddenly empty is taken for a broken answer, and
// waits for a person.
func (w *torment) drift() {
	l := w.fleet.pools.list[w.rand.IntN(len(w.fleet.pools.list))]
	s := l.state(w.t)
	var err error
	switch n := w.rand.IntN(10); {
	case n < 6 && len(s.Applications) > 0:
		a := s.Applications[w.rand.IntN(len(s.Applications))]
		err = l.console.call("POST", "update-application", map[string]any{"appId": a.AppID, "appName": fmt.Sprint("by hand ", w.drifts)}, nil)
	case n < 8 && len(s.Applications) > 1:
		a := s.Applications[w.rand.IntN(len(s.Applications))]
		err = l.console.call("POST", "delete-application", map[string]any{"appId": a.AppID}, nil)
	case len(s.IdentityProviders) > 1:
		p := s.IdentityProviders[w.rand.IntN(len(s.IdentityProviders))]
		err = l.console.call("POST", "delete-ext-idp", map[string]any{"id": p.ID}, nil)
	}
	_ = err // somebody else was faster
	w.drifts++
}

// quiet ends all trouble, and says a last word in every file: what was given up
// is looked at again.
func (w *torment) quiet() {
	w.recover(time.Now().Add(time.Hour))
	for i, p := range w.projects {
		p.edit(w.t, fmt.Sprint("last ", i))
	}
}

// term is how long a process held the lock of a pool.
type term struct {
	from, to time.Time // to is zero while nobody came after
	pid      int
	epoch    int
}

// terms are those of each pool, in order, by the pool's id.
func (w *torment) terms() map[string][]term {
	all := map[string][]term{}
	for _, row := range w.fleet.db.rows(w.t, `select pool, epoch, coalesce(pid, 0), to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') from torture_epoch order by pool, epoch`) {
		at, err := time.Parse(time.RFC3339Nano, row[3])
		if err != nil {
			w.t.Fatal(err)
		}
		epoch, _ := strconv.Atoi(row[1])
		pid, _ := strconv.Atoi(row[2])
		list := all[row[0]]
		if n := len(list); n > 0 {
			list[n-1].to = at
		}
		all[row[0]] = append(list, term{from: at, pid: pid, epoch: epoch})
	}
	return all
}

// verdict counts the requests that changed something, by what they were allowed.
type verdict struct {
	writes, late, never int
	// wire counts requests that were on their way when their process was stopped at
	// a moment that nobody chose. One in a whole run is a coincidence that cannot be
	// fenced; two are a fence that leaks.
	wire     int
	moved    int // times that a lock went from one process to another
	latest   time.Duration
	examples []string
}

// judge holds the record of every pool against the terms of its lock's holders.
func (w *torment) judge() {
	w.t.Helper()
	var v verdict
	terms := w.terms()
	var twice []string
	for _, l := range w.fleet.pools.list {
		list := terms[l.keys.UserPoolID]
		for i := 1; i < len(list); i++ {
			if list[i].pid != list[i-1].pid {
				v.moved++
			}
		}
		for _, c := range l.changes() {
			w.place(&v, l, list, c)
		}
		twice = append(twice, l.duplicates(w.t)...)
	}
	runs := w.fleet.db.rows(w.t, `select count(*), count(*) filter (where settled is not null) from idpsync_run`)[0]
	steps := w.fleet.db.rows(w.t, `select count(*), count(*) filter (where outcome->>'by' is not null) from idpsync_step`)[0]
	w.t.Logf("%d replicas (%d processes), %d targets: %d kills, %d stops, %d cuts of the line, %d restarts of the database; %d edits by hand, %d of files",
		w.o.replicas, w.fleet.begun, w.o.targets, w.kills, w.stops, w.cuts, w.restarts, w.drifts, w.edits)
	w.t.Logf("%d writes in %s runs of %s steps; %s runs and %s steps were settled by a later run; locks moved %d times", v.writes, runs[0], steps[0], runs[1], steps[1], v.moved)
	w.t.Logf("duplicate objects: %d; writes after the epoch had ended: %d (latest %s; besides, on the wire at a stop: %d); writes without a lock: %d; open journals: 0", len(twice), v.late, v.latest, v.wire, v.never)
	if v.wire > min(1, w.stops) {
		w.t.Errorf("%d requests came from processes that had been stopped", v.wire)
	}
	if len(twice)+v.late+v.never > 0 {
		w.t.Errorf("%s\n%s", strings.Join(twice, "\n"), strings.Join(v.examples, "\n"))
	}
	if v.writes == 0 || v.moved == 0 {
		w.t.Error("nothing was tried")
	}
}

// place finds the term that a request came in, and whose it was.
func (w *torment) place(v *verdict, l *pool, list []term, c change) {
	v.writes++
	last := -1 // the last term of the process that had begun by then
	for i, x := range list {
		if p := w.begun[x.pid]; p != nil && p.mark == c.by && !x.from.After(c.at) {
			last = i
		}
	}
	switch {
	case last < 0:
		v.never++
		v.examples = append(v.examples, fmt.Sprintf("%s: %s by %q at %s without a lock", l.name, c.what, c.by, c.at.Format(time.RFC3339Nano)))
	case !list[last].to.IsZero() && c.at.After(list[last].to):
		if w.onTheWire(c, list[last].to) {
			v.wire++
			return
		}
		v.late++
		v.latest = max(v.latest, c.at.Sub(list[last].to))
		v.examples = append(v.examples, fmt.Sprintf("%s: %s by %s came %s after epoch %d had ended (frozen: %v)", l.name, c.what, c.by, c.at.Sub(list[last].to), list[last].epoch, w.frozen(c)))
	}
}

// onTheWire tells of the one thing that cannot be fenced: a process that was
// stopped between its look at the lock and the send, which takes microseconds.
func (w *torment) onTheWire(c change, ended time.Time) bool {
	for _, p := range w.begun {
		if p.mark != c.by {
			continue
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		for i := range p.resumed {
			s := &p.resumed[i]
			if !s.sent && ended.After(s.from) && ended.Before(s.to) && c.at.After(s.to) && c.at.Sub(s.to) < time.Second {
				s.sent = true
				return true
			}
		}
	}
	return false
}

// frozen lists when the process of a request stood still, for a message.
func (w *torment) frozen(c change) (spans []string) {
	for _, p := range w.begun {
		if p.mark == c.by {
			p.mu.Lock()
			for _, s := range p.resumed {
				spans = append(spans, fmt.Sprintf("%s until %s", c.at.Sub(s.from), c.at.Sub(s.to)))
			}
			p.mu.Unlock()
		}
	}
	slices.Sort(spans)
	return spans
}
