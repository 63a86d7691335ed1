package reconcile

import (
	"time"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
	"github.com/idpsync/idpsync/internal/rules"
)

// Mode is what a loop does about a difference.
type Mode string

// The modes.
const (
	// Detect looks and tells, and never writes.
	Detect Mode = "detect"
	// Apply carries out every plan that no guard refuses.
	Apply Mode = "apply"
)

// Verdict is what the last pass came to.
type Verdict string

// The verdicts. The worst that holds is told: the order is from good to bad.
const (
	// Looking: nothing has been read yet.
	Looking Verdict = ""
	// InSync: files and server agree.
	InSync Verdict = "in sync"
	// Pending: the files ask for a change that nobody has made yet.
	Pending Verdict = "pending"
	// Differs: the server is not as it was applied.
	Differs Verdict = "drifted"
	// Held: there is something to do, and a guard forbids it until a person looks.
	Held Verdict = "refused"
	// Failing: the server could not be read, or a step of an apply failed.
	Failing Verdict = "failing"
	// Invalid: the files are wrong; what they said last still counts.
	Invalid Verdict = "invalid"
)

// Phase is what a loop is doing at the moment.
type Phase string

// The phases.
const (
	Waiting  Phase = "waiting"
	Reading  Phase = "reading files"
	Planning Phase = "comparing"
	Applying Phase = "applying"
)

// ObjectState is how one object stands.
type ObjectState string

// The states of an object. ObjectDrifted: the server has something else than was
// applied, or nobody knows who changed it. ObjectPending: only the files changed.
// ObjectUnmanaged: the server has it and no file asks for it.
const (
	ObjectInSync    ObjectState = "in sync"
	ObjectPending   ObjectState = "pending"
	ObjectDrifted   ObjectState = "drifted"
	ObjectFailing   ObjectState = "failing"
	ObjectUnmanaged ObjectState = "unmanaged"
)

// Status is a snapshot of one target of a loop. Nothing in it is changed once
// it is published: whoever has one may keep it and read it from any goroutine.
// No secret and no raw answer of a server is in it, but text of files and
// servers is as they wrote it, and to be cleaned or escaped where it is shown.
type Status struct {
	// Seq grows by one with every snapshot of a loop.
	Seq    uint64
	Target string
	// Host and UserPoolID are empty until the pool was opened once.
	Host, UserPoolID string
	Mode             Mode
	// Source names where the files come from: a folder, or a repository with its
	// branch and no credentials. Commit is the one that is in force; "" for a folder.
	Source, Commit string
	Phase          Phase
	// Ready: files and server were read whole at least once. Running: a pass is
	// under way.
	Ready, Running bool
	// Since is when the verdict became what it is.
	Since, LastPass, LastSuccess, NextPass time.Time
	Verdict                                Verdict
	// Trouble is why the last pass did not succeed; nil when it did.
	Trouble *Trouble
	// Note is why a plan is not carried out yet, in one sentence: a guard, the
	// second look before something is taken away, steps that failed; "" for none.
	Note string
	// Diagnostics are what is wrong with the files as they are now.
	Diagnostics []diagnostic.Diagnostic
	// Objects are those of the last pass that could compare, sorted by key, without
	// enablements: a button belongs to its application.
	Objects []ObjectStatus
	Counts  Counts
	// Pending is the last plan that was made; nil before. It may have no changes.
	Pending *PendingPlan
	// Drift names the differences of the last comparison: equal while they are the
	// same, "" when there are none.
	Drift string
	// Runs are the newest of the journal, the newest first.
	Runs     []RunStatus
	Counters Counters
	// Brief tells what was left out of a status that is one of many; nil: it is whole.
	Brief *Brief
}

// Brief counts what a brief status leaves out. Such a one has no objects, no
// runs and no changes, of its complaints the worst alone, and of the guards that
// refuse its plan the first.
type Brief struct{ Errors, Warnings, Refusals int }

// Tally counts complaints and guards, also where the status has them no more.
func (s *Status) Tally() Brief {
	if s.Brief != nil {
		return *s.Brief
	}
	var n Brief
	for _, d := range s.Diagnostics {
		if d.Severity == diagnostic.Error {
			n.Errors++
		} else {
			n.Warnings++
		}
	}
	if s.Pending != nil {
		n.Refusals = len(s.Pending.Refusals)
	}
	return n
}

// Trouble is an error that a pass ended with, without secrets.
type Trouble struct {
	// Code is of the catalogue, "" for none.
	Code, Message, Hint string
	// Retry is when it is tried again.
	Retry time.Time

	err error
}

// ObjectStatus is how one object stands, and why.
type ObjectStatus struct {
	Key model.Key
	// Name is what the server calls one that no file names; else "".
	Name  string
	State ObjectState
	// Why is one sentence; "" for what is in sync.
	Why string
	// LastChange is when an apply of ours last wrote it, or when its state here
	// last changed, whichever is later; zero when nothing is known.
	LastChange time.Time
	// Fields are the differences; those of a button have its key in front.
	Fields []ObjectField
	// Links are the objects it needs: a connection's provider, an application's
	// connections.
	Links  []model.Key
	Source model.Source
	// ID is the server's own; "" for what is not there.
	ID string
	// Retry is when a step that failed is tried again; zero when nothing failed.
	Retry time.Time
	// Failures counts the applies in a row that failed on it.
	Failures int
}

// ObjectField is one difference of an object, or of a button of it.
type ObjectField struct {
	Key model.Key
	plan.DriftField
}

// Counts are how many objects are in each state.
type Counts struct{ InSync, Pending, Drifted, Failing, Unmanaged int }

// Total is how many objects there are.
func (c Counts) Total() int { return c.InSync + c.Pending + c.Drifted + c.Failing + c.Unmanaged }

// PendingPlan is a plan with what its document needs, and without the states it
// was made of.
type PendingPlan struct {
	Plan      *plan.Plan
	Refusals  []rules.Refusal
	PlannedAt time.Time
	// ReadScope and Ledger are those of the Pass.
	ReadScope, Ledger         string
	ConfigDigest, StateDigest string
}

// RunStatus is a run of the journal. Done to Exit hold only when it Finished.
type RunStatus struct {
	ID, Target, Tool                        string
	Time, Ended                             time.Time
	Finished                                bool
	Done, Failed, Skipped, Unknown, NotKept int
	Exit                                    int
	// Steps counts the requests, Open those of which nobody knows what became.
	Steps, Open int
	SettledBy   string
	// Damaged tells that the journal of it cannot be read.
	Damaged bool
}

// Counters only grow, from the begin of the loop.
type Counters struct {
	// Passes counts what passes came to.
	Passes map[Verdict]uint64
	// Applies counts the runs that wrote, Steps what they did by status ("done",
	// "failed", "skipped", "unknown").
	Applies uint64
	Steps   map[string]uint64
	// Seconds is how long all passes took, Last the last one.
	Seconds float64
	Last    time.Duration
	// Files counts the files read, Parsed those that had changed, Wakes the changes
	// that were told, Superseded those that came while another waited.
	Files, Parsed, Wakes, Superseded uint64
}
