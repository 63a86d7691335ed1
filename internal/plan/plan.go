package plan

import (
	"github.com/idpsync/idpsync/internal/model"
)

// Action is what happens to one resource.
type Action string

// The actions. Replace means delete and create: a fixed attribute differs.
const (
	Create  Action = "create"
	Update  Action = "update"
	Replace Action = "replace"
	Delete  Action = "delete"
)

// Risk says how much harm a change can do to people who log in.
type Risk string

// The risks, lowest first.
const (
	Low    Risk = "low"
	Medium Risk = "medium"
	High   Risk = "high"
)

// Notes on a field that has no comparable value on one side.
const (
	NoteKnownAfterApply = "known after apply"
	NoteUncomparable    = "cannot be compared"
	NoteWillBeSent      = "will be sent"
	NoteNotEvaluated    = "not evaluated"
	NoteLastApplied     = "against last applied"
)

// FieldDiff is one declared path whose value differs. Before and After are
// plain JSON values or model.Secret; nil stands for absent or null.
type FieldDiff struct {
	Path      string
	Before    any
	After     any
	Sensitive bool
	Note      string
}

// Change is what happens to the resource with Key.
type Change struct {
	Key    model.Key
	Action Action
	Risk   Risk
	Reason string
	// DependsOn lists the changes of this plan that must be done before.
	DependsOn []model.Key
	// Applications lists the handles of the applications whose users may notice.
	Applications []string
	// Gains and Loses list the login buttons (enablements) that the change itself
	// gives and takes; what a replace takes is gained by changes of its own.
	Gains, Loses []model.Key
	// From is the actual resource (nil for a create), To the desired one (nil
	// for a delete).
	From, To *model.Resource
	// Found is what comparing the two found, by path; Fields has it too, and what
	// a create declares. A status that travels has it under the older name.
	Found []FieldDiff `json:"Fields"`
	// Release lists enablements that a replace takes away before it deletes;
	// changes of their own give back the ones that stay.
	Release []*model.Resource
	// Restores tells that the change gives back what another change of this plan
	// took: once that is done, this must not be left out.
	Restores bool
	Source   model.Source
	// declared lists the fields of a create.
	declared *lister
	// first and final are the nodes that begin and end it, once the graph has them.
	first, final int
}

// Half tells which part of a change a step carries out.
type Half string

// The halves. All is the whole of a change that is no replace.
const (
	All    Half = "all"
	Remove Half = "remove"
	Make   Half = "make"
)

// Step is one thing to do; the index of a step in Plan.Steps is its name.
type Step struct {
	Change *Change
	Half   Half
	// After lists steps that must have succeeded; Behind lists steps that must
	// merely have ended, because steps of one application never run side by side.
	After, Behind []int
	// Last is true for a step of the deletes, which begin when all else has ended.
	Last bool
}

// Takes tells whether the step takes something away, so that it must not start
// once anything has failed.
func (s Step) Takes() bool { return s.Half == Remove || s.Change.Action == Delete }

// At is a path of a resource.
type At struct {
	Key  model.Key
	Path string
}

// Summary counts resources by what happens to them; Uncompared counts paths.
type Summary struct {
	Create     int `json:"create"`
	Update     int `json:"update"`
	Replace    int `json:"replace"`
	Delete     int `json:"delete"`
	Unchanged  int `json:"unchanged"`
	Unmanaged  int `json:"unmanaged"`
	Uncompared int `json:"uncompared"`
}

// Plan is how to bring the actual state in line with the desired one.
type Plan struct {
	// Changes are in the order in which they will be done.
	Changes []*Change
	Steps   []Step
	Summary Summary
	// Uncompared lists declared paths that the server does not show.
	Uncompared []At
	// NotEvaluated lists declared secrets that were left out by request.
	NotEvaluated []At
	// Sent lists what an update carries although it could not be compared.
	Sent []At
	// Ignored lists the differences that ignore rules hide.
	Ignored []Ignored
	// NotKept lists the differences that the server did not keep at an earlier
	// run; they are not sent again.
	NotKept []NotKept
	// Unsupported lists declared paths that the server has no word for.
	Unsupported []At
	// SecretsClear tells of which kinds a declared secret read back equal, so that
	// the target shows their secrets as they are.
	SecretsClear map[model.Kind]bool
	// Desired and Actual are the states compared, after selection.
	Desired, Actual *model.State
}

// Empty tells that there is nothing to do.
func (p *Plan) Empty() bool { return len(p.Changes) == 0 }

// Change returns the change of the key, or nil.
func (p *Plan) Change(k model.Key) *Change {
	for _, c := range p.Changes {
		if c.Key == k {
			return c
		}
	}
	return nil
}

// Asks answers whether the files, or a change of this plan, want a resource to be.
func (p *Plan) Asks() func(model.Key) bool {
	made := make(map[model.Key]bool, len(p.Changes))
	for _, c := range p.Changes {
		made[c.Key] = c.Action != Delete
	}
	return func(k model.Key) bool {
		r := p.Desired.Get(k)
		return made[k] || r != nil && r.Lifecycle != model.Absent
	}
}

// Semantics tells what a schema knows of a path. typ is the connection type of
// a connection, and empty for every other kind.
type Semantics interface {
	// Secret tells that the value at the path must never be shown.
	Secret(kind model.Kind, typ string, path model.Path) bool
	// Set tells that the order of the array at the path means nothing.
	Set(kind model.Kind, typ string, path model.Path) bool
	// Structured tells that the object at the path has members of its own in the
	// schema, so that it cannot be emptied: {} declares none of them.
	Structured(kind model.Kind, path model.Path) bool
	// Default is what the server puts where nothing was said.
	Default(kind model.Kind, path model.Path) (any, bool)
}

// Prune says which undeclared objects are deleted.
type Prune string

// The prune modes: none, those this project once applied, all of the pool.
const (
	PruneOff   Prune = "off"
	PruneOwned Prune = "owned"
	PruneAll   Prune = "all"
)

// Push says which values are sent although they cannot be compared.
type Push string

// The push modes.
const (
	PushNone    Push = ""
	PushSecrets Push = "secrets"
	PushUnread  Push = "unread"
	PushNotKept Push = "notkept"
	PushAll     Push = "all"
)

// Options steer New.
type Options struct {
	Semantics Semantics
	Prune     Prune
	// Owned tells whether a key was applied before; nil means no memory.
	Owned func(model.Key) bool
	// Recall gives what is remembered of an actual resource, or nil; a nil
	// function remembers nothing.
	Recall func(*model.Resource) *Memory
	Push   Push
	// SecretsClear tells that the target is known to show secrets as they are;
	// otherwise a declared secret that reads back equal proves it for this run.
	SecretsClear bool
	Scope        Scope
	Ignore       []Ignore
	// Spared are objects that documents declare for other targets: unmanaged
	// here, and never pruned. Only their identity counts.
	Spared []*model.Resource
}

// Ignore leaves the paths, and what lies below them, of some resources alone:
// not compared, and not sent by an update for another reason.
type Ignore struct {
	// Match are globs of keys, Paths dotted paths.
	Match, Paths  []string
	Reason, Until string
}

// Ignored is a difference that a rule hides.
type Ignored struct {
	At
	Reason, Until string
}

// Problem is a reason why no plan can be made: the files and the server do not
// fit together. Name is one of the Problem constants.
type Problem struct {
	Name string
	Key  model.Key
	Path string
	// IDs lists the candidates of an ambiguous match.
	IDs []string
	// Detail is a name, a key or an id that the sentence needs.
	Detail string
}

// The problems.
const (
	// Ambiguous: more than one object fits; IDs lists them.
	Ambiguous = "ambiguous"
	// NotFound: an external object is not there.
	NotFound = "not-found"
	// Unclaimed: the connection lies under provider Detail, which no document claims.
	Unclaimed = "unclaimed"
	// PinMissing: the id in Detail, pinned for the key, is not there.
	PinMissing = "pin-missing"
	// DependencyMissing: Detail is left out by selection and not on the server.
	DependencyMissing = "dependency-missing"
	// ServerSecret: an object that must be created has a secret that only the server holds.
	ServerSecret = "server-secret"
	// Foreign: the object belongs to somebody else; Detail says to whom.
	Foreign = "foreign"
	// Cycle: Detail names the members of a dependency cycle.
	Cycle = "cycle"
)

// ProblemsError carries every problem of a plan that cannot be made.
type ProblemsError struct{ Problems []Problem }

func (e *ProblemsError) Error() string {
	s := "the files and the server do not fit together"
	for _, p := range e.Problems {
		s += "; " + p.Key.String() + ": " + p.Name + " " + p.Detail
	}
	return s
}
