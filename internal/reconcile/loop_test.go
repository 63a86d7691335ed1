package reconcile

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idpsync/idpsync/internal/ledger"
)

func TestLoopPassesOnceInEveryInterval(t *testing.T) {
	staged(t, Detect, "a", func(s *stage) {
		s.want(Pending, "a pending")
		s.wantOpened(1)
		s.pass(5*time.Minute - time.Second)
		s.wantOpened(1)
		s.pass(time.Second)
		s.wantOpened(2)
		s.pass(time.Hour)
		s.wantOpened(14)
		s.wantWritten("")
		if st := s.loop.Status(); !st.Ready || st.Running || st.LastSuccess.IsZero() || !st.NextPass.Equal(time.Now().Add(5*time.Minute)) {
			t.Errorf("%+v", st)
		}
	})
}

func TestLoopAppliesAndRepairs(t *testing.T) {
	staged(t, Apply, "a b", func(s *stage) {
		s.want(InSync, "a in sync, b in sync")
		s.wantWritten("create a, create b")
		s.shelf.edit("b", "somebody")
		s.pass(5 * time.Minute)
		s.want(InSync, "a in sync, b in sync")
		s.wantWritten("update b")
		drifted := false
		for _, st := range s.told {
			drifted = drifted || st.Drift != "" && st.Verdict != Invalid
		}
		if st := s.loop.Status(); !drifted || st.Drift != "" || len(st.Runs) != 2 || st.Runs[0].Done != 1 || !st.Runs[0].Finished {
			t.Errorf("drift told %v, drift %q, runs %+v", drifted, st.Drift, st.Runs)
		}
		s.pass(time.Hour)
		s.wantWritten("")
	})
}

func TestLoopTellsWhoChangedWhat(t *testing.T) {
	staged(t, Detect, "a b c", func(s *stage) {
		s.loop.o.Mode = Apply // the first state is made by the loop itself
		s.loop.Reload()
		synctest.Wait()
		s.wantWritten("create a, create b, create c")
		s.loop.o.Mode = Detect
		s.shelf.edit("a", "somebody")
		s.apps("a b=New c d")
		s.wake()
		s.want(Differs, "a drifted, b pending, c in sync, d pending")
		var whys []string
		for _, o := range s.loop.Status().Objects {
			whys = append(whys, o.Why)
		}
		want := "changed on the server: appName|changed in the files: appName||new in the files, and not yet on the server"
		if got := strings.Join(whys, "|"); got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
		first := s.loop.Status().Drift
		s.pass(5 * time.Minute)
		if again := s.loop.Status().Drift; again != first || first == "" {
			t.Errorf("the same drift has another name: %q, %q", first, again)
		}
		s.shelf.edit("a", "somebody else")
		s.pass(5 * time.Minute)
		if other := s.loop.Status().Drift; other == first {
			t.Error("another drift has the same name")
		}
		s.shelf.edit("a", "a")
		s.pass(5 * time.Minute)
		if left := s.loop.Status().Drift; left != "" {
			t.Error("what is pending is called drift")
		}
	})
}

func TestLoopWakesForWhatChanged(t *testing.T) {
	staged(t, Detect, "a", func(s *stage) {
		s.pass(time.Minute)
		s.apps("a b")
		s.wake()
		s.wantOpened(2)
		s.want(Pending, "a pending, b pending")
		// What the files do not show is looked for, but not again and again.
		for range 100 {
			s.wake()
			s.pass(10 * time.Millisecond)
		}
		s.wantOpened(2)
		s.pass(30 * time.Second)
		s.wantOpened(3)
		s.pass(4 * time.Minute)
		s.wantOpened(3)
	})
}

// TestLoopKeepsTheLastGoodState: wrong files are told, and asked of the server
// is only what the last good ones say.
func TestLoopKeepsTheLastGoodState(t *testing.T) {
	staged(t, Apply, "a", func(s *stage) {
		s.want(InSync, "a in sync")
		s.wantWritten("create a")
		s.write("apps.yaml", "kind: [")
		s.wake()
		s.want(Invalid, "a in sync")
		s.wantOpened(1)
		if d := s.loop.Status().Diagnostics; len(d) == 0 || d[0].File != "apps.yaml" {
			t.Errorf("diagnostics: %v", d)
		}
		s.shelf.edit("a", "somebody")
		s.pass(5 * time.Minute)
		s.want(Invalid, "a in sync")
		s.wantWritten("update a")
		s.wantOpened(2)
		s.apps("a")
		s.wake()
		s.want(InSync, "a in sync")
		s.wantOpened(2)
	})
}

// TestLoopStartsWithWrongFiles: nothing is asked of a server before they are right.
func TestLoopStartsWithWrongFiles(t *testing.T) {
	stagedWith(t, Apply, "a", func(s *stage, _ *LoopOptions) { s.write("apps.yaml", "kind: [") }, func(s *stage) {
		s.want(Invalid, "")
		s.pass(time.Hour)
		s.wantOpened(0)
		s.apps("a")
		s.wake()
		s.want(InSync, "a in sync")
	})
}

func TestLoopBacksOffFromAServerThatIsDown(t *testing.T) {
	staged(t, Detect, "a", func(s *stage) {
		s.shelf.set(func() { s.shelf.down = away{} })
		s.pass(5 * time.Minute)
		s.want(Failing, "a pending")
		s.wantOpened(2)
		n := 2
		for _, pause := range []time.Duration{5, 10, 20, 40, 80, 160, 300, 300} {
			s.pass(pause*time.Second - time.Millisecond)
			s.wantOpened(n)
			s.pass(time.Millisecond)
			n++
			s.wantOpened(n)
		}
		if st := s.loop.Status(); st.Trouble == nil || st.Trouble.Message != "nobody answers" || st.LastSuccess.IsZero() {
			t.Errorf("%+v", st.Trouble)
		}
		s.pass(time.Second)
		s.apps("a b") // somebody mends it, perhaps
		s.wake()
		s.wantOpened(n)
		s.shelf.set(func() { s.shelf.down = nil })
		s.pass(4 * time.Second)
		s.wantOpened(n + 1)
		s.want(Pending, "a pending, b pending")
		s.pass(5 * time.Minute)
		s.wantOpened(n + 2)
	})
}

// TestLoopRefused: a plan that a guard refuses waits for a person.
func TestLoopRefused(t *testing.T) {
	staged(t, Apply, "a b c d e f g h", func(s *stage) {
		s.wantWritten("create a, create b, create c, create d, create e, create f, create g, create h")
		s.apps("a b")
		s.wake()
		s.pass(time.Hour)
		s.want(Held, "a in sync, b in sync, c pending, d pending, e pending, f pending, g pending, h pending")
		s.wantWritten("")
		st := s.loop.Status()
		if !strings.Contains(st.Note, "waits for a person") || len(st.Pending.Refusals) == 0 || len(st.Pending.Plan.Changes) != 6 {
			t.Errorf("note %q, %+v", st.Note, st.Pending)
		}
		if n := s.shelf.opened(); n > 15 {
			t.Errorf("%d passes in an hour", n)
		}
		s.apps("a b c d e f g h")
		s.wake()
		s.want(InSync, "a in sync, b in sync, c in sync, d in sync, e in sync, f in sync, g in sync, h in sync")
		if st := s.loop.Status(); st.Note != "" {
			t.Errorf("note %q", st.Note)
		}
	})
}

// TestLoopLooksTwiceBeforeItTakes: documents that vanish for a moment, as in a
// checkout, cost nobody anything.
func TestLoopLooksTwiceBeforeItTakes(t *testing.T) {
	staged(t, Apply, "a b c", func(s *stage) {
		s.wantWritten("create a, create b, create c")
		s.pass(time.Minute)
		s.apps("a c")
		s.wake()
		s.want(Pending, "a in sync, b pending, c in sync")
		if note := s.loop.Status().Note; !strings.Contains(note, "still the same") {
			t.Errorf("note %q", note)
		}
		s.pass(5 * time.Second)
		s.apps("a b c")
		s.wake()
		s.want(InSync, "a in sync, b in sync, c in sync")
		s.wantWritten("")
		s.pass(time.Minute)
		s.apps("a c")
		s.wake()
		s.pass(9 * time.Second)
		s.wantWritten("")
		s.pass(time.Second)
		s.wantWritten("delete b")
		s.want(InSync, "a in sync, c in sync")
	})
}

// TestLoopHoldsBackWhatKeepsFailing while the others go on; and nothing is taken
// away beside it.
func TestLoopHoldsBackWhatKeepsFailing(t *testing.T) {
	staged(t, Apply, "a b c", func(s *stage) {
		s.wantWritten("create a, create b, create c")
		s.pass(time.Minute)
		s.shelf.set(func() { s.shelf.refuse["b"] = errRefused })
		s.apps("a b=New d")
		s.wake()
		s.pass(10 * time.Second) // the second look before c is deleted
		s.wantWritten("update b, create d")
		s.want(Failing, "a in sync, b failing, c pending, d in sync")
		if o := s.loop.Status().Objects[1]; o.Failures != 1 || o.Retry.IsZero() || !strings.Contains(o.Why, "failed: the server says no") {
			t.Errorf("%+v", o)
		}
		for _, pause := range []time.Duration{10, 20, 40, 80, 160, 320, 640} {
			s.pass(pause*time.Second - time.Second)
			s.wantWritten("")
			s.pass(time.Second)
			s.wantWritten("update b")
		}
		if n := len(s.loop.Status().Runs); n != 9 {
			t.Errorf("%d runs, want one for each time that something was tried", n)
		}
		s.shelf.edit("a", "somebody")
		s.pass(5 * time.Minute)
		s.wantWritten("update a")
		s.want(Failing, "a in sync, b failing, c pending, d in sync")
		s.shelf.set(func() { delete(s.shelf.refuse, "b") })
		s.loop.Reload()
		synctest.Wait()
		s.wantWritten("update b, delete c")
		s.want(InSync, "a in sync, b in sync, d in sync")
	})
}

// TestLoopAnswersTheNewerFiles: what changed while the pool was read is read
// before anything is written.
func TestLoopAnswersTheNewerFiles(t *testing.T) {
	staged(t, Apply, "a", func(s *stage) {
		s.wantWritten("create a")
		edits := 0
		s.shelf.reading = func(string) {
			if edits++; edits <= 3 {
				s.apps("a=" + strings.Repeat("x", edits+1))
				s.loop.Wake()
			}
		}
		s.apps("a=x")
		s.wake()
		s.wantWritten("update a")
		s.want(InSync, "a in sync")
		if st := s.loop.Status(); st.Counters.Superseded != 3 {
			t.Errorf("superseded %d", st.Counters.Superseded)
		}
	})
}

// TestLoopWritesInTheEnd: files that never rest do not keep it from writing.
func TestLoopWritesInTheEnd(t *testing.T) {
	staged(t, Apply, "a", func(s *stage) {
		s.wantWritten("create a")
		edits := 0
		s.shelf.reading = func(string) {
			edits++
			s.apps("a=" + strings.Repeat("x", edits%50+1))
			s.loop.Wake()
		}
		writes := 0
		s.shelf.before = func(string) {
			if writes++; writes == 3 {
				s.shelf.reading = nil
			}
		}
		s.apps("a=x")
		s.wake()
		if writes < 3 {
			t.Errorf("%d writes", writes)
		}
	})
}

// TestLoopEndsAfterTheStepInFlight: no other step begins after Stop.
func TestLoopEndsAfterTheStepInFlight(t *testing.T) {
	stagedWith(t, Apply, "a b c", func(s *stage, o *LoopOptions) {
		s.shelf.before = func(what string) {
			if what == "create b" {
				close(s.stop)
				time.Sleep(3 * time.Second)
			}
		}
	}, func(s *stage) {
		<-s.ended
		s.wantWritten("create a, create b")
		st := s.loop.Status()
		if st.Running || len(st.Runs) != 1 || st.Runs[0].Done != 2 || st.Runs[0].Skipped != 1 || st.Runs[0].Open != 0 {
			t.Errorf("runs %+v", st.Runs)
		}
	})
}

// TestLoopEndsAtOnceWhileItReads: there is nothing to finish.
func TestLoopEndsAtOnceWhileItReads(t *testing.T) {
	stagedWith(t, Detect, "a", func(s *stage, o *LoopOptions) {
		connect := o.Connect
		o.Connect = func(f *Files) (*Connection, error) {
			c, err := connect(f)
			c.Remote = stuck{c.Remote}
			return c, err
		}
	}, func(s *stage) {
		close(s.stop)
		<-s.ended
		if st := s.loop.Status(); st.Trouble != nil {
			t.Errorf("%+v", st.Trouble)
		}
	})
}

type stuck struct{ Remote }

func (stuck) Open(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }

// TestLoopWaitsForTheLock: somebody else applies, which is no failure.
func TestLoopWaitsForTheLock(t *testing.T) {
	staged(t, Apply, "a", func(s *stage) {
		l, err := ledger.Open("file:.idpsync/ledger", s.dir, ledger.Options{})
		if err != nil {
			t.Fatal(err)
		}
		held, err := l.Pool("62eaa95fe0a1b29a5295bf7c").Lock(t.Context(), ledger.Here("other", time.Now()))
		if err != nil {
			t.Fatal(err)
		}
		s.pass(5 * time.Minute)
		st := s.loop.Status()
		if st.Verdict != InSync || st.Trouble == nil || !strings.Contains(st.Trouble.Message, "held by") {
			t.Errorf("%s %+v", st.Verdict, st.Trouble)
		}
		s.pass(time.Minute) // it does not wait longer and longer
		if err := held.Release(); err != nil {
			t.Fatal(err)
		}
		s.pass(5 * time.Second)
		if st := s.loop.Status(); st.Verdict != InSync || st.Trouble != nil {
			t.Errorf("%s %+v", st.Verdict, st.Trouble)
		}
	})
}

// TestLoopNamesItsTarget: also a first pass that the lock ended has a target, and
// drift that is told before it is repaired has a verdict.
func TestLoopNamesItsTarget(t *testing.T) {
	var held ledger.Writer
	stagedWith(t, Apply, "a", func(s *stage, _ *LoopOptions) {
		l, err := ledger.Open("file:.idpsync/ledger", s.dir, ledger.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if held, err = l.Pool("62eaa95fe0a1b29a5295bf7c").Lock(t.Context(), ledger.Here("other", time.Now())); err != nil {
			t.Fatal(err)
		}
	}, func(s *stage) {
		if st := s.loop.Status(); st.Target != "prod" || st.Trouble == nil {
			t.Errorf("%q %+v", st.Target, st.Trouble)
		}
		if err := held.Release(); err != nil {
			t.Fatal(err)
		}
		s.pass(5 * time.Second)
		s.shelf.edit("a", "by hand")
		s.pass(5 * time.Minute)
		var verdicts []Verdict
		for _, st := range s.told[1:] {
			verdicts = append(verdicts, st.Verdict)
		}
		if want := []Verdict{InSync, Differs, InSync}; !slices.Equal(verdicts[len(verdicts)-3:], want) {
			t.Errorf("%q", verdicts)
		}
	})
}

// TestLoopFolderGone: a folder that is not there says nothing, least of all that
// everything is to be deleted.
func TestLoopFolderGone(t *testing.T) {
	staged(t, Apply, "a", func(s *stage) {
		s.wantWritten("create a")
		away := s.dir + ".away"
		if err := os.Rename(s.dir, away); err != nil {
			t.Fatal(err)
		}
		s.wake()
		s.want(Failing, "a in sync")
		s.pass(time.Hour)
		s.wantOpened(1)
		if _, err := os.Stat(s.dir); !errors.Is(err, os.ErrNotExist) {
			t.Error("the folder was made again by the loop:", err)
		}
		if err := os.Rename(away, s.dir); err != nil {
			t.Fatal(err)
		}
		s.wake()
		s.want(InSync, "a in sync")
		s.wantWritten("")
	})
}

// TestLoopClockJumps: a clock that is set back delays nothing, and a machine that
// slept does not wait for the rest of the interval.
func TestLoopClockJumps(t *testing.T) {
	var jump atomic.Int64
	stagedWith(t, Detect, "a", func(s *stage, o *LoopOptions) {
		o.Plan.Now = func() time.Time { return time.Now().Round(0).Add(time.Duration(jump.Load())) }
	}, func(s *stage) {
		jump.Store(int64(-24 * time.Hour))
		s.pass(5 * time.Minute)
		s.wantOpened(2)
		jump.Store(int64(24 * time.Hour))
		s.pass(30 * time.Second)
		s.wantOpened(3)
		s.pass(4 * time.Minute)
		s.wantOpened(3)
	})
}

// TestLoopSourceAway: what cannot be fetched leaves what was fetched before.
func TestLoopSourceAway(t *testing.T) {
	var gone atomic.Bool
	stagedWith(t, Detect, "a", func(s *stage, o *LoopOptions) {
		o.Fetch = func(context.Context) (Source, error) {
			if gone.Load() {
				return Source{}, errors.New("the repository is away")
			}
			return Source{Dir: s.dir, Name: "repo", Commit: "c0ffee"}, nil
		}
	}, func(s *stage) {
		s.want(Pending, "a pending")
		gone.Store(true)
		s.pass(5 * time.Minute)
		s.want(Failing, "a pending")
		s.wantOpened(2)
		if st := s.loop.Status(); st.Commit != "c0ffee" || st.Trouble == nil || st.Trouble.Message != "the repository is away" {
			t.Errorf("%q %+v", st.Commit, st.Trouble)
		}
		gone.Store(false)
		s.pass(5 * time.Minute)
		s.want(Pending, "a pending")
	})
}

// TestLoopParsesWhatChanged: of many files one.
func TestLoopParsesWhatChanged(t *testing.T) {
	staged(t, Detect, "a", func(s *stage) {
		for _, name := range strings.Fields("b c d e f") {
			s.write(name+".yaml", "apiVersion: idpsync/v1\nkind: Application\nmetadata: {name: "+name+"}\nspec: {appName: x, appType: api}\n")
		}
		s.wake()
		before := s.loop.Status().Counters.Parsed
		s.write("d.yaml", "apiVersion: idpsync/v1\nkind: Application\nmetadata: {name: d}\nspec: {appName: y, appType: api}\n")
		s.wake()
		if after := s.loop.Status().Counters.Parsed; after != before+1 {
			t.Errorf("%d files parsed", after-before)
		}
	})
}

// TestLoopSubscribers hear of every snapshot, one signal at a time.
func TestLoopSubscribers(t *testing.T) {
	staged(t, Detect, "a", func(s *stage) {
		news, cancel := s.loop.Subscribe()
		seq := s.loop.Status().Seq
		s.pass(5 * time.Minute)
		if len(news) != 1 || s.loop.Status().Seq <= seq {
			t.Error("no signal")
		}
		<-news
		cancel()
		s.pass(5 * time.Minute)
		if len(news) != 0 {
			t.Error("a signal after cancel")
		}
	})
}

// TestStatusHoldsNoSecret: neither rows nor plan keep values of secret paths, nor
// the states that the plan was made of.
func TestStatusHoldsNoSecret(t *testing.T) {
	if got := masked(map[string]any{"a": []any{"x"}}, true); got != "(secret)" {
		t.Errorf("masked: %v", got)
	}
	staged(t, Detect, "a", func(s *stage) {
		p := s.loop.Status().Pending.Plan
		if p.Desired != nil || p.Actual != nil || len(p.Changes) != 1 || p.Changes[0].To != nil {
			t.Errorf("%+v", p)
		}
	})
}
