package plan

import (
	"path"
	"slices"
	"strings"

	"github.com/idpsync/idpsync/internal/model"
)

// Scope is what --select and --exclude leave in sight; the zero Scope is all.
// The globs are matched against keys as they are written ("application/*").
type Scope struct{ Select, Exclude []string }

// Check returns the first malformed glob.
func (s Scope) Check() (glob string, ok bool) {
	for _, globs := range [][]string{s.Select, s.Exclude} {
		for _, g := range globs {
			if _, err := path.Match(g, ""); err != nil {
				return g, false
			}
		}
	}
	return "", true
}

// Empty tells that nothing is cut away.
func (s Scope) Empty() bool { return len(s.Select) == 0 && len(s.Exclude) == 0 }

// Has tells whether the key is in sight. An enablement follows its application,
// and is out of sight as soon as either of its ends is excluded.
func (s Scope) Has(k model.Key) bool {
	a, c, isEdge := k.Ends()
	if MatchAny(s.Exclude, k) || isEdge && (MatchAny(s.Exclude, a) || MatchAny(s.Exclude, c)) {
		return false
	}
	return len(s.Select) == 0 || MatchAny(s.Select, k) || isEdge && MatchAny(s.Select, a)
}

// Idle lists the globs that fit no key of the states: a --select, and an
// --exclude without a wildcard, that name nothing are slips of the pen.
func (s Scope) Idle(states ...*model.State) []string {
	var idle []string
	for _, g := range slices.Concat(s.Select, s.Exclude) {
		if !slices.Contains(s.Select, g) && strings.ContainsAny(g, "*?[") {
			continue
		}
		if !slices.ContainsFunc(states, func(st *model.State) bool { return names(g, st) }) {
			idle = append(idle, g)
		}
	}
	return idle
}

func names(glob string, st *model.State) bool {
	for r := range st.All() {
		if matchKey(glob, r.Key.String()) {
			return true
		}
	}
	return false
}

// MatchAny tells whether one of the globs fits the key as it is written.
func MatchAny(globs []string, k model.Key) bool {
	for _, g := range globs {
		if matchKey(g, k.String()) {
			return true
		}
	}
	return false
}

// matchKey lets a "*" reach over the slash inside an enablement's name, so that
// "enablement/*" means every enablement.
func matchKey(glob, key string) bool {
	if ok, _ := path.Match(glob, key); ok {
		return true
	}
	const prefix = "enablement/"
	if len(glob) >= len(prefix) && glob[:len(prefix)] == prefix && glob[len(prefix):] == "*" {
		return len(key) > len(prefix) && key[:len(prefix)] == prefix
	}
	return glob == "*" || glob == "**"
}
