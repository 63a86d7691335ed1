package config

import (
	"path"
	"strings"

	"github.com/idpsync/idpsync/internal/model"
)

// matchPath tells whether a slash-separated path fits a pattern. "*" and "?"
// stay within one element, "**" stands for any number of elements, and a
// pattern that fits a folder fits everything below it.
func matchPath(pattern, name string) bool {
	pattern = strings.TrimSuffix(strings.TrimPrefix(pattern, "./"), "/")
	return matchElements(strings.Split(pattern, "/"), strings.Split(name, "/"))
}

func matchElements(pattern, name []string) bool {
	if len(pattern) == 0 {
		return true // the rest of name lies below
	}
	if pattern[0] == "**" {
		for i := range len(name) + 1 {
			if matchElements(pattern[1:], name[i:]) && (len(pattern) > 1 || i < len(name)) {
				return true
			}
		}
		return false
	}
	if len(name) == 0 {
		return false
	}
	ok, err := path.Match(pattern[0], name[0])
	return err == nil && ok && matchElements(pattern[1:], name[1:])
}

// validGlob tells whether a pattern can be read at all.
func validGlob(pattern string) bool {
	_, err := path.Match(strings.ReplaceAll(pattern, "**", "*"), "")
	return err == nil && pattern != ""
}

// MatchKey tells whether a key fits a pattern such as "application/*",
// "enablement/portal/*" or "*". "*" and "?" stay within one element; a lone
// "*" or "**" fits every key.
func MatchKey(pattern string, k model.Key) bool {
	if pattern == "*" || pattern == "**" {
		return true
	}
	ok, err := path.Match(pattern, k.String())
	return err == nil && ok
}

// ValidKeyGlob tells whether a pattern of keys can be read and could fit a
// key: its first part must fit the prefix of a kind.
func ValidKeyGlob(pattern string) bool {
	if pattern == "*" || pattern == "**" {
		return true
	}
	prefix, rest, found := strings.Cut(pattern, "/")
	if !found || rest == "" || !validGlob(pattern) {
		return false
	}
	for _, t := range model.Kinds {
		if ok, err := path.Match(prefix, t.Prefix); err == nil && ok {
			return true
		}
	}
	return false
}

// isPattern tells whether a glob can fit more than one name.
func isPattern(s string) bool { return strings.ContainsAny(s, `*?[\`) }

func matchAny(patterns []string, fits func(pattern string) bool) bool {
	for _, p := range patterns {
		if fits(p) {
			return true
		}
	}
	return false
}
