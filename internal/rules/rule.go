package rules

import (
	"slices"
	"time"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
)

// Finding is a complaint about a desired state. Path is dotted and may be empty.
type Finding struct {
	Code string
	// Severity is the code's own; "" is an error. A project may set another.
	Severity diagnostic.Severity
	Key      model.Key
	Path     string
	Message  diagnostic.Text
	Hint     diagnostic.Text
}

// Setting is what a rule knows besides the desired state.
type Setting struct {
	// Sandbox tells that the target is a server for trying things out.
	Sandbox bool
	// Off tells that nobody wants to hear of a code; nil is every code.
	Off func(code string) bool
	// Now is the time by which certificates are judged.
	Now time.Time
}

// Check runs every rule on a desired state. The findings come in the order of
// the rules and of the keys.
func Check(desired *model.State, s Setting) []Finding {
	var fs []Finding
	for _, rule := range []func(*model.State) []Finding{providerTwice, identifierTwice, defaultLogin} {
		fs = append(fs, rule(desired)...)
	}
	for _, rule := range []func(*model.State, Setting) []Finding{redirectURI, weakGrant, idTokenAlgorithm, samlDigest, tokenLifetime, unusedConnection, certificate} {
		fs = append(fs, rule(desired, s)...)
	}
	return fs
}

// Refusal is a guard that forbids to carry out a plan.
type Refusal struct {
	// Code and Name identify the guard, for example IDP0307 "replace".
	Code, Name string
	// Key is what the guard stopped at; zero when it is about the whole plan.
	Key model.Key
	// Message says what would happen.
	Message string
	// Override is what to type to do it all the same; empty when nothing helps.
	Override string
}

// Danger is what a guard looks at.
type Danger struct {
	Plan *plan.Plan
	// Prune is the mode the plan was made with.
	Prune plan.Prune
	// MaxDeletes is how many deletes are allowed.
	MaxDeletes int
	// MaxDeletePercent is the share of a kind's objects that may go.
	MaxDeletePercent float64
	// Protected tells whether a resource must not be deleted or replaced.
	Protected func(model.Key) bool
	// AllowReplace answers the guard "replace".
	AllowReplace bool
	// FieldsUpdate is the trait of that name: what an update does to the keys of
	// fields that it leaves out ("merge", "replace"), or "" while nobody knows.
	FieldsUpdate string
	// ChangedReferences lists the dotted paths at which a declared resource takes
	// its secret from somewhere else than when the actual one was last applied;
	// nil knows none.
	ChangedReferences func(want, got *model.Resource) []string
	// Applied gives what was last applied at a path of an actual resource; nil
	// knows nothing.
	Applied func(got *model.Resource, path model.Path) (any, bool)
	// SecretsClear tells that the target is known to show secrets as they are.
	SecretsClear bool
	// SecretFields lists the dotted paths of the secrets that a connection of the
	// type may have; nil knows none.
	SecretFields func(connectionType string) []string
	// Overridden holds the names of the guards that somebody answered with a reason.
	Overridden map[string]bool
}

// guard is one rule on a plan.
type guard struct {
	code, name string
	// final guards cannot be overridden.
	final bool
	check func(Danger) []Refusal
}

var guards = []guard{
	{code: "IDP0301", name: "lockout", check: lockout},
	{code: "IDP0302", name: "prune-limit", check: pruneLimit},
	{code: "IDP0303", name: "prune-share", check: pruneShare},
	{code: "IDP0304", name: "incomplete-read", final: true, check: incompleteRead},
	{code: "IDP0305", name: "empty-project", check: emptyProject},
	{code: "IDP0306", name: "protected", check: protected},
	{code: "IDP0307", name: "replace", check: replaces},
	{code: "IDP0308", name: "secret-endpoint", check: secretMoves},
	{code: "IDP0309", name: "secret-carry", check: secretCarry},
	{code: "IDP0310", name: "foreign-connections", check: foreignConnections},
}

// Guards names every guard, in the order of the codes.
func Guards() []string {
	names := make([]string, len(guards))
	for i, g := range guards {
		names[i] = g.name
	}
	return names
}

// Final tells whether the guard can never be overridden.
func Final(name string) bool {
	return slices.ContainsFunc(guards, func(g guard) bool { return g.name == name && g.final })
}

// Guard asks every guard. What it returns forbids the plan.
func Guard(d Danger) []Refusal {
	var out []Refusal
	for _, g := range guards {
		if d.Overridden[g.name] && !g.final {
			continue
		}
		for _, r := range g.check(d) {
			r.Code, r.Name = g.code, g.name
			if !g.final {
				r.Override = "--override " + g.name + "=REASON"
			}
			out = append(out, r)
		}
	}
	return out
}
