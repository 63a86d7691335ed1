package reconcile

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/idpsync/idpsync/internal/config"
	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/ledger"
	"github.com/idpsync/idpsync/internal/model"
)

// Source is where the files of a pass are.
type Source struct {
	// Dir is the project folder.
	Dir string
	// Name says where they come from, for people; it holds no credentials.
	Name string
	// Commit is the one that the folder holds; "" for a folder that people edit.
	Commit string
	// Since is when the files of a folder came to be what they are, where somebody
	// else watches it; zero: the loop finds out.
	Since time.Time
}

// Files is what a look at the project folder found.
type Files struct {
	Project *config.Project
	Target  string
	Found   []diagnostic.Diagnostic
	Stats   config.Stats
}

// Connection is a pool for one pass.
type Connection struct {
	Remote Remote
	// Host names the server, after the pool was opened.
	Host   func() string
	Ledger ledger.Ledger
	Settle time.Duration
	// Close ends it.
	Close func() error
}

// LoopOptions steer a loop. Fetch, Load and Connect are the world around it.
type LoopOptions struct {
	// Target is its name, as far as it is known before the files were read.
	Target   string
	Mode     Mode
	Interval time.Duration
	// Grace is how long files must stay as they are before a plan that takes
	// something away is carried out: half a checkout looks like deleted documents.
	Grace time.Duration
	// Fetch gives the newest files; with an error the last good ones, or none.
	Fetch func(ctx context.Context) (Source, error)
	// Load reads the project; an error says that there is none that could be run.
	Load func(dir string) (*Files, error)
	// Connect prepares a pool; nothing is asked of it before Plan opens it.
	Connect func(files *Files) (*Connection, error)
	// Judge looks at each pass before anything comes of it; an error ends the pass.
	Judge func(*Pass) error
	// Plan and Apply are the options of each pass; Ledger, Settle, Apply and Stop
	// are filled in by the loop.
	Plan  Options
	Apply ApplyOptions
	// Stop, once closed, lets the step in flight end and then the loop.
	Stop <-chan struct{}
	// Jitter spreads a pause; nil is a tenth to either side.
	Jitter func(time.Duration) time.Duration
	// Observe is called when a part begins ("files", "plan", "apply", and "pass"
	// around the last two) and what it returns when that ended.
	Observe func(ctx context.Context, part string) (context.Context, func(error))
	// Good gives files that were right before, the newest first, for a loop that
	// finds wrong ones; nil has none.
	Good func() []*Files
	// Resume is what an earlier loop of the target knew; nil begins anew.
	Resume *Carried
	// Told hears the status after each pass and each look that found something
	// new, on the goroutine of the loop.
	Told func(*Status)
}

// Loop keeps one target as its files say, or tells that it is not. One pass runs
// at a time; a change that comes meanwhile is looked at right after.
type Loop struct {
	o            LoopOptions
	wake, reload chan struct{}

	mu     sync.Mutex
	status *Status
	subs   map[chan struct{}]struct{}

	// The rest belongs to the goroutine of Run.
	draft Status
	files filesKept
	hold  holds
	// next is when the next pass is due, and last when the last one ended.
	next, last time.Time
	failures   int // passes in a row that the server ended
	superseded int // passes in a row that a newer change ended
	changes    map[model.Key]seenObject
	// untold tells that the last look found something that a pass has not told yet.
	untold bool
	// ended is what ended the last pass; nil when nothing did.
	ended *Trouble
	// compared is the verdict of the last comparison, journal when the runs were
	// listed last.
	compared Verdict
	journal  time.Time
}

// NewLoop makes a loop; nothing is read before Run or Once.
func NewLoop(o LoopOptions) *Loop {
	if o.Jitter == nil {
		o.Jitter = func(d time.Duration) time.Duration {
			return d - d/10 + time.Duration(rand.Int64N(int64(d/5)+1))
		}
	}
	if o.Observe == nil {
		o.Observe = func(ctx context.Context, _ string) (context.Context, func(error)) { return ctx, func(error) {} }
	}
	if o.Judge == nil {
		o.Judge = func(*Pass) error { return nil }
	}
	if o.Told == nil {
		o.Told = func(*Status) {}
	}
	l := &Loop{o: o, wake: make(chan struct{}, 1), reload: make(chan struct{}, 1), subs: map[chan struct{}]struct{}{}}
	l.draft = Status{Target: o.Target, Mode: o.Mode, Phase: Waiting, Counters: Counters{Passes: map[Verdict]uint64{}, Steps: map[string]uint64{}}}
	l.hold.of = map[model.Key]*holding{}
	l.resume(o.Resume)
	l.publish()
	return l
}

// Wake tells that something changed; it never waits.
func (l *Loop) Wake() { signal(l.wake) }

// Reload asks for a pass at once, whatever changed; it never waits.
func (l *Loop) Reload() { signal(l.reload) }

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // one is waiting and stands for this one too
	}
}

func (l *Loop) now() time.Time { return l.o.Plan.now() }

// Run passes again and again until ctx ends or Stop is closed. An error of a pass
// ends the pass, not the loop.
func (l *Loop) Run(ctx context.Context) {
	l.look(ctx)
	for ctx.Err() == nil && !l.stopped() {
		l.pass(ctx)
		l.rest(ctx)
	}
	l.draft.Phase, l.draft.Running, l.draft.NextPass = Waiting, false, time.Time{}
	l.publish()
}

func (l *Loop) stopped() bool {
	select {
	case <-l.o.Stop:
		return true
	default:
		return false
	}
}

// Stretch is the longest that the loop sleeps without a look at the clock on the
// wall: one that was set, or a machine that slept, must not delay a pass.
const stretch = 30 * time.Second

// rest waits until a pass is due: its time has come, or the files say something
// new.
func (l *Loop) rest(ctx context.Context) {
	for {
		l.draft.Phase, l.draft.Running = Waiting, false
		l.draft.NextPass = l.now().Add(time.Until(l.next)).Round(0) // by the wall's clock, which may be set
		l.publish()
		timer := time.NewTimer(min(time.Until(l.next), stretch))
		select {
		case <-ctx.Done():
		case <-l.o.Stop:
		case <-timer.C:
			slept := l.now().Round(0).After(l.draft.NextPass.Add(stretch))
			if time.Now().Before(l.next) && !slept {
				continue
			}
			l.look(ctx)
		case <-l.reload:
			l.hold.lift()
			l.files.fresh = true
			l.look(ctx)
		case <-l.wake:
			l.draft.Counters.Wakes++
			if due := l.woken(ctx); time.Now().Before(due) {
				l.next = due
				if l.untold { // no pass tells of it now
					l.o.Told(l.Status())
				}
				timer.Stop()
				continue
			}
		}
		timer.Stop()
		return
	}
}

// calm is how soon after a pass another one follows a change that the files do
// not show: a secret in a file of its own may be behind it, or a log that
// somebody keeps in the folder and that a pass writes to.
const calm = 30 * time.Second

// again is how soon after a pass that the server ended a change of the files
// leads to another one.
const again = 5 * time.Second

// woken looks at the files and tells when the next pass is due.
func (l *Loop) woken(ctx context.Context) time.Time {
	news := l.look(ctx)
	switch {
	case l.files.good == nil || l.files.wrong != nil || l.files.gone:
		return l.next // there is nothing new to compare
	case !news:
		return earlier(l.next, l.last.Add(min(l.o.Interval, calm)))
	case l.failures > 0:
		return earlier(l.next, l.last.Add(again))
	}
	return time.Time{}
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// Once makes one pass and tells what came of it.
func (l *Loop) Once(ctx context.Context) Ending {
	l.look(ctx)
	l.fallBack()
	end := l.pass(ctx)
	end.Next = time.Until(l.next)
	l.draft.Phase, l.draft.Running, l.draft.NextPass = Waiting, false, time.Time{}
	l.publish()
	return end
}

// Ending is what a pass came to. Without a Pass there was nothing to compare.
type Ending struct {
	Status *Status
	// Drift tells what is not as the files say.
	Differs bool
	// Pass is closed; Outcome is nil when nothing was carried out.
	Pass    *Pass
	Outcome *Outcome
	// Next is how long to wait before the next pass.
	Next time.Duration
	// Err is why there is no Pass, or why it was not carried out; a status without
	// one and without a Pass has diagnostics.
	Err error
}
