package plan

import (
	"strings"

	"github.com/idpsync/idpsync/internal/model"
)

// WithoutIgnored is the resource less what the rules hide of it. What it is
// known by stays.
func WithoutIgnored(r *model.Resource, rules []Ignore) *model.Resource {
	out := *r
	for _, rule := range rules {
		if !MatchAny(rule.Match, r.Key) {
			continue
		}
		for _, path := range rule.Paths {
			out.Attributes = less(out.Attributes, strings.Split(path, "."))
		}
	}
	trait := r.Key.Kind.Trait()
	for _, names := range [][]string{trait.Fixed, trait.Identity} {
		for _, name := range names {
			if v, has := r.Attributes[name]; has {
				out.Attributes[name] = v
			}
		}
	}
	return &out
}

// Ignores tells whether a rule hides the whole attribute of the key.
func Ignores(rules []Ignore, k model.Key, attribute string) bool {
	for _, rule := range rules {
		if !MatchAny(rule.Match, k) {
			continue
		}
		for _, path := range rule.Paths {
			if path == attribute {
				return true
			}
		}
	}
	return false
}
