package web

import "time"

// Fleet is how the replicas of a serve, their queue and their sources stand.
// Whoever hands one out does not change it afterwards.
type Fleet struct {
	// Read is when what is shown was read from the database; Lost is why it could
	// not be read again since, in a sentence without secrets, "" while it can.
	Read     time.Time
	Lost     string
	Queue    Queue
	Replicas []Replica
	Sources  []Source
	// Troubles are what is wrong with the fleet file and what it names, in
	// sentences; the targets that can be worked on are.
	Troubles []string
}

// Queue counts passes by what becomes of them. Oldest is since when the one that
// waits longest could have run; zero when none waits.
type Queue struct {
	Waiting, Running, Retrying, Dead int
	Oldest                           time.Time
}

// Replica is one process of the fleet.
type Replica struct {
	// Name is unique, as the targets' jobs know it; Host and PID are for people.
	Name, Host    string
	PID           int
	Version       string
	Started, Beat time.Time
	// Leader: it plans the work. Gone: its beat has been missing for so long that
	// others take over. Self: it is the one that answers.
	Leader, Gone, Self bool
	// Works are the targets that it has in hand.
	Works []string
}

// Source is where files come from.
type Source struct {
	// Name is of the fleet file; Place a folder, or a repository without credentials.
	Name, Place string
	// Version is the commit, or the digest of a folder, that is in force since Since.
	Version        string
	Since, Checked time.Time
	// Error is why it could not be looked at the last time, and Hint what next.
	Error, Hint string
	// Stale are the replicas that have another version and so do not work on it.
	Stale []string
}

// JobState is what becomes of the next pass of a target.
type JobState string

// The states of a job. JobNone: nothing is to be done before its time comes.
const (
	JobNone     JobState = ""
	JobWaiting  JobState = "waiting"
	JobRunning  JobState = "running"
	JobRetrying JobState = "retrying"
	JobDead     JobState = "dead"
)

// Job is how a target of a fleet is worked on.
type Job struct {
	State JobState
	// Source is the name of the target's source; Replica has it in hand, or had it
	// last.
	Source, Replica string
	// Failures counts the passes in a row that failed. Reason is why, for one that
	// is tried again or was given up, in a sentence without secrets.
	Failures int
	Reason   string
	// Since is when the state began, Next when the target is looked at again.
	Since, Next time.Time
}
