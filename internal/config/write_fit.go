package config

import (
	"maps"
	"slices"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/schema"
)

// settable is the tree less what no document may say: what the server alone
// sets, and keys that a closed object of the API does not have.
func (c *cover) settable(attributes map[string]any) map[string]any {
	for _, v := range c.violations(attributes) {
		closed := v.Keyword == "unknown" && !v.Warning && c.key.Kind != model.Connection
		if v.Keyword == "displayOnly" || closed {
			attributes = lessAt(attributes, pointerParts(v.Pointer))
		}
	}
	return attributes
}

// fit makes the spec one that validates: a secret that the server does not show
// is there all the same, and what else does not fit is told of as such.
func (c *cover) fit(spec map[string]any) {
	left := c.violations(spec)
	for _, v := range left {
		path := attributePathIn(spec, v.Pointer).Child(v.Name)
		if v.Keyword == "required" && c.writer.Project.catalog.Secret(c.key.Kind, c.typ, path) {
			putAt(spec, path, c.keep(path, &c.out.Kept, true))
			left = nil
		}
	}
	if left == nil {
		left = c.violations(spec)
	}
	c.out.Lenient = c.loginIncomplete(spec) || slices.ContainsFunc(left, func(v schema.Violation) bool { return !v.Warning })
}

// violations asks the schema about a spec in which covered values and secrets
// are of the right kind.
func (c *cover) violations(spec map[string]any) []schema.Violation {
	shown, _ := shownTo(spec).(map[string]any)
	if c.key.Kind == model.Connection { // what metadata.name stands for
		for _, name := range defaultKeys[model.Connection] {
			if _, there := shown[name]; !there {
				shown[name] = c.key.Name
			}
		}
	}
	return c.writer.Project.catalog.Check(c.key.Kind, shown)
}

// shownTo copies the tree for the schema. What holds null is left out, as the
// document leaves it out.
func shownTo(v any) any {
	switch v := v.(type) {
	case model.Secret, covered:
		return schema.Placeholder
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			if e != nil {
				out[k] = shownTo(e)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = shownTo(e)
		}
		return out
	}
	return v
}

// loginIncomplete tells that a default login method does not say through what
// (login.go).
func (c *cover) loginIncomplete(spec map[string]any) bool {
	login, _ := spec["loginConfig"].(map[string]any)
	method, _ := login["defaultLoginMethod"].(map[string]any)
	typ, _ := method["connectionType"].(string)
	names := needed[typ]
	return names != nil && !slices.ContainsFunc(names, func(name string) bool { return method[name] != nil })
}

// attributePathIn is the path of a pointer into a tree of mappings.
func attributePathIn(spec map[string]any, pointer string) model.Path {
	var at any = spec
	var path model.Path
	for _, part := range pointerParts(pointer) {
		m, ok := at.(map[string]any)
		if !ok {
			break
		}
		path, at = append(path, part), m[part]
	}
	return path
}

// lessAt copies the mappings along the way and leaves its end out. A way into
// a list leaves the list as it is.
func lessAt(m map[string]any, way []string) map[string]any {
	if len(way) == 0 || m[way[0]] == nil {
		return m
	}
	m = maps.Clone(m)
	if len(way) == 1 {
		delete(m, way[0])
	} else if inner, ok := m[way[0]].(map[string]any); ok {
		m[way[0]] = lessAt(inner, way[1:])
	}
	return m
}

// putAt puts a value below mappings that it makes where they are missing.
func putAt(m map[string]any, path model.Path, v any) {
	for _, key := range path[:len(path)-1] {
		inner, ok := m[key].(map[string]any)
		if !ok {
			inner = map[string]any{}
			m[key] = inner
		}
		m = inner
	}
	m[path[len(path)-1]] = v
}
