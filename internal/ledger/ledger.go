package ledger

import (
	"context"
	"time"

	"github.com/idpsync/idpsync/internal/model"
)

// Ledger is the memory of a project, one part for each user pool.
type Ledger interface {
	// Pool gives the memory of one user pool. It does no work: a pool that was
	// never written is empty.
	Pool(id string) Pool
	// Pools lists the ids of the pools that something is known of, sorted.
	Pools(ctx context.Context) ([]string, error)
	Close() error
}

// Pool is what is known of one user pool. Its methods may be called from many
// goroutines and processes, and never wait for a run that writes: they see what
// that run has written so far. What is damaged, or newer than this program, is
// an *Error and never half an answer.
type Pool interface {
	// Objects gives everything that was applied and not forgotten; empty, not
	// nil, when there is nothing. The map is the caller's.
	Objects(ctx context.Context) (map[model.Key]Object, error)
	// Traits gives what was learnt about the pool; empty, not nil, when nothing.
	Traits(ctx context.Context) (map[string]string, error)
	// LearnTraits adds traits; the last word on a name wins, and "" forgets it.
	// It needs no lock of the pool: two that learn at once both count.
	LearnTraits(ctx context.Context, traits map[string]string, at time.Time) error
	// Lock gives the right to write to one run at a time; for another one it is a
	// *HeldError at once. Whoever holds it and dies frees it, in a database a while
	// later (HeldError.Wait). Each Lock of a pool has a higher epoch than the one
	// before.
	Lock(ctx context.Context, holder Holder) (Writer, error)
	// Runs lists the runs by epoch, the newest first.
	Runs(ctx context.Context) ([]RunInfo, error)
	// Run gives all that one run did; *NoRunError when there is no such run.
	Run(ctx context.Context, id string) (*Run, error)
	// Unfinished gives the runs that were not closed, or left a step behind whose
	// fate nobody knows; the oldest first. A run that still goes on is among them,
	// so that a caller who must not see itself asks before it begins.
	Unfinished(ctx context.Context) ([]*Run, error)
	// UsedPlan tells whether a saved plan was applied before, and by which run.
	UsedPlan(ctx context.Context, digest string) (run string, used bool, err error)
}

// Writer is the right to write the memory of a pool. Its methods may be called
// from many goroutines. When one of them returns nil, what it wrote survives
// the end of the process and of the machine; what failed was not written, and
// every later write fails too.
type Writer interface {
	// Epoch is higher than that of every holder before: a writer whose epoch is
	// not the highest any more must do nothing.
	Epoch() int64
	// Still is asked right before a request leaves that changes something on the
	// server: nil says that no other holder can have come yet. It costs next to
	// nothing while that is known.
	Still(ctx context.Context) error
	// Save puts objects in the place of what was known of their keys.
	Save(ctx context.Context, objects ...Object) error
	// Forget drops keys; one that is not known is no error.
	Forget(ctx context.Context, keys ...model.Key) error
	// UsePlan marks a saved plan as used; *PlanUsedError when it already is.
	UsePlan(ctx context.Context, digest, run string) error
	// Begin opens the journal of a run. Its id must be new.
	Begin(ctx context.Context, head RunHead) (Journal, error)
	// Settle writes what became of the open steps of an earlier run, by their
	// numbers. A run without open steps is finished then and Unfinished does not
	// give it any more; with none to settle, an empty map finishes it.
	Settle(ctx context.Context, run string, fates map[int]Outcome) error
	// Release gives the right back. A journal that is open stays unfinished.
	Release() error
}

// Journal tells what a run does while it does it. Outcome, Override and Close
// write even when ctx is cancelled: what was done must be told.
type Journal interface {
	// Intent is on disk before it returns, so that a request that follows it can
	// never be forgotten. n names it.
	Intent(ctx context.Context, e Entry) (n int, err error)
	// Outcome tells what became of intent n.
	Outcome(ctx context.Context, n int, o Outcome) error
	// Override tells that a guard was passed, and why.
	Override(ctx context.Context, guard, reason string) error
	// Close ends the journal. Every intent should have its outcome.
	Close(ctx context.Context, s Summary) error
}

// Object is what is known of one object that was applied.
type Object struct {
	Key model.Key
	// ID is the server's own.
	ID string
	// Type is a provider's or connection's type, so that an id is only trusted
	// while the type is the same (spec 6, identity).
	Type string
	// Applied is the tree of attributes as it was last applied.
	Applied Value
	// AfterNull holds, by dotted path, what was read after the last null write.
	AfterNull map[string]Value
	// NotKept holds, by dotted path, what the server accepted and did not store.
	NotKept map[string]NotKept
	// Refs holds, by dotted path, where each secret came from when it was last
	// applied: a reference as a project file writes it, such as "env:NAME".
	Refs map[string]string
	// Protect remembers metadata.protect after the document is gone.
	Protect bool
	// Run and At say who applied it last, and when.
	Run string
	At  time.Time
}

// NotKept is a value that the server did not keep at a run.
type NotKept struct {
	Run              string
	Declared, Server Value
}

// RunHead begins a run.
type RunHead struct {
	ID   string    `json:"id"`
	Time time.Time `json:"time"`
	// Epoch is filled in by Begin.
	Epoch  int64  `json:"epoch"`
	Tool   string `json:"tool,omitempty"`
	Target string `json:"target,omitempty"`
	Host   string `json:"host,omitempty"`
	// ConfigDigest, StateDigest and Plan (the digest of a saved plan, or "") say
	// what was carried out.
	ConfigDigest string `json:"configDigest,omitempty"`
	StateDigest  string `json:"stateDigest,omitempty"`
	Plan         string `json:"plan,omitempty"`
	Holder       Holder `json:"holder"`
}

// Entry is a request that is about to be sent.
type Entry struct {
	Time time.Time `json:"time"`
	Key  model.Key `json:"-"`
	// Action is create, update, delete, replace or disable.
	Action string `json:"action"`
	// Part names the call of a step that takes several, such as "mfa".
	Part string `json:"part,omitempty"`
	// ID is the server's id of what is changed; empty for a create.
	ID string `json:"objectId,omitempty"`
	// Seen lists, for a create, the ids that were there before and would fit as
	// well: for a provider those of its type and name. A fitting id that is not
	// among them was made by this request.
	Seen []string `json:"seen,omitempty"`
}

// Fate is what became of a request.
type Fate string

// The fates. Unknown leaves the intent open: the next run settles it.
const (
	Done    Fate = "done"
	Failed  Fate = "failed"
	Unknown Fate = "unknown"
	// Absent is the answer of a later run: the request did nothing.
	Absent Fate = "absent"
)

// Outcome is what became of an intent. It carries no answer of a server.
type Outcome struct {
	Time time.Time `json:"time"`
	Fate Fate      `json:"fate"`
	// ID is the server's id of what was made or touched.
	ID        string `json:"objectId,omitempty"`
	Code      string `json:"code,omitempty"`
	Message   string `json:"message,omitempty"`
	RequestID string `json:"requestId,omitempty"`
	// By is the run that found it out, when it was a later one.
	By string `json:"by,omitempty"`
}

// Summary ends a run: the counts of spec 7.
type Summary struct {
	Time    time.Time `json:"time"`
	Done    int       `json:"done"`
	Failed  int       `json:"failed"`
	Skipped int       `json:"skipped"`
	Unknown int       `json:"unknown"`
	NotKept int       `json:"notKept"`
	// Exit is the exit code of the command.
	Exit int `json:"exit"`
}
