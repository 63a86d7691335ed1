package model

import "strings"

// Lifecycle is what a document says should become of its object.
type Lifecycle string

// The lifecycles of metadata.state.
const (
	Present  Lifecycle = "present"
	Absent   Lifecycle = "absent"
	External Lifecycle = "external"
)

// Source is the place of a document in the files: a slash-separated path
// relative to the project folder, and a line counted from 1.
type Source struct {
	File string
	Line int
}

// Resource is one thing, as it should be or as it is.
//
// Attributes are a plain tree of map[string]any, []any, string, bool, nil,
// json.Number and Secret, in the words of the configuration. A reference to
// another resource stands in it as that resource's handle (a string), and the
// same fact stands in Refs or DependsOn as a Key.
type Resource struct {
	Key Key
	// ID is the server's own, opaque; empty for a desired resource.
	ID         string
	Attributes map[string]any
	// DependsOn lists the resources that must exist before this one.
	DependsOn []Key
	// Refs maps the dotted path of each attribute that holds a handle to the
	// resource it means.
	Refs map[string]Key

	// The rest is said by documents and empty for an actual resource.
	Lifecycle   Lifecycle
	RenamedFrom string
	Protect     bool
	Source      Source
	// Whole tells, on a desired application, that the list of its connections
	// is declared: an enablement that is not declared is deleted.
	Whole bool

	// Hidden lists, on an actual resource, the dotted paths that no read of the
	// server shows: what lies there is neither present nor absent.
	Hidden []string
	// Foreign tells, on an actual resource, why nobody may manage it (it
	// belongs to a tenant); empty when it may be managed.
	Foreign string
}

// Path is a place in a tree of attributes, one element a level; elements of
// arrays have no path of their own.
type Path []string

// String joins the elements with dots. A key that holds a dot is quoted.
func (p Path) String() string {
	if len(p) == 1 && !quotedInPath(p[0]) {
		return p[0]
	}
	return string(p.Append(nil))
}

// Append appends what String gives.
func (p Path) Append(b []byte) []byte {
	for i, e := range p {
		if i > 0 {
			b = append(b, '.')
		}
		if quotedInPath(e) {
			e = `"` + strings.ReplaceAll(e, `"`, `\"`) + `"`
		}
		b = append(b, e...)
	}
	return b
}

func quotedInPath(e string) bool { return e == "" || strings.ContainsAny(e, `."`) }

// Child is the path one element further down; it shares nothing with p.
func (p Path) Child(e string) Path {
	c := make(Path, len(p)+1)
	copy(c, p)
	c[len(p)] = e
	return c
}

// At returns the value at the path below the attributes.
func (r *Resource) At(path ...string) (any, bool) {
	var v any = r.Attributes
	for _, e := range path {
		m, ok := v.(map[string]any)
		if !ok {
			return nil, false
		}
		if v, ok = m[e]; !ok {
			return nil, false
		}
	}
	return v, true
}

// Text returns the string at the path, or "".
func (r *Resource) Text(path ...string) string {
	v, _ := r.At(path...)
	s, _ := v.(string)
	return s
}

// Parent is the resource this one lives in; ok is false when there is none.
func (r *Resource) Parent() (k Key, ok bool) {
	t := r.Key.Kind.Trait()
	if t.Parent == "" {
		return Key{}, false
	}
	return Key{t.ParentKind, r.Text(t.Parent)}, true
}
