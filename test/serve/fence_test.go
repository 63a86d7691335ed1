package serve

import (
	"math/rand/v2"
	"testing"
)

// TestStoppedBeyondItsLease: a replica is stopped, or cut off from the database, in
// the middle of a run, with most of its steps before it. Another one takes its
// place and ends the work. Then the first one goes on: nothing more comes from it.
func TestStoppedBeyondItsLease(t *testing.T) {
	for _, how := range []string{"stopped", "cut off"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			all, dir := newPools(t, 1), t.TempDir()
			w := &torment{t: t, o: torture{replicas: 2, targets: 1}, rand: rand.New(rand.NewPCG(1, 1)), begun: map[int]*process{}}
			p := newProject(t, dir, "logins", all.server.URL, all.list, shape{logins: 2, apps: 30})
			w.projects = []*project{p}
			w.fleet = newFleet(t, newDatabase(t), all, dir, fleetOf(t, dir, "mode: apply, interval: 10s, maxRPS: 5", p), 2)
			w.fleet.grow(1)
			w.know()
			w.fleet.settled(patience, p)
			first := w.fleet.seats[0]
			halt, resume := first.freeze, first.thaw
			if how == "cut off" {
				halt, resume = first.line.cut, func() { first.line.mend(t) }
			}
			all.arm(first.mark, halt)
			p.edit(t, "second")
			eventually(t, "the first replica is halted in the middle of a run", patience, func() (bool, string) {
				all.mu.Lock()
				defer all.mu.Unlock()
				return all.strikes[first.mark] == nil, first.stderr.tail()
			})
			before := count(all.list[0], first.mark)
			w.fleet.grow(1)
			w.know()
			w.fleet.settled(2*patience, p)
			by := count(all.list[0], w.fleet.seats[1].mark)
			resume()
			// The other one ends, so that the next change is the first one's to make.
			if code := w.fleet.seats[1].stop(t); code != 0 {
				t.Errorf("it ended with %d\n%s", code, w.fleet.seats[1].stderr.tail())
			}
			w.fleet.seats = w.fleet.seats[:1]
			p.edit(t, "third")
			w.fleet.settled(2*patience, p)
			w.fleet.journals(patience)
			t.Logf("%d writes before it was %s, then %d by another one", before, how, by)
			if by == 0 {
				t.Error("there was nothing to take over")
			}
			w.judge()
			w.fleet.end()
		})
	}
}

// count counts the writes of a process.
func count(l *pool, mark string) (n int) {
	for _, c := range l.changes() {
		if c.by == mark {
			n++
		}
	}
	return n
}
