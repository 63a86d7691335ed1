package secret

import (
	"context"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/idpsync/idpsync/internal/model"
)

// Options say where references may look.
type Options struct {
	// LookupEnv reads an environment variable; nil means none is set.
	LookupEnv func(name string) (string, bool)
	// Dir is the project folder; relative file references start there.
	Dir string
	// Sandbox accepts empty values and those of .env.example.
	Sandbox bool
	// Example holds the lines of .env.example (ParseExample): values nobody
	// may use by mistake.
	Example map[string]string
}

// Why says why a secret has no value.
type Why string

// The reasons. Detail of a Missing is filled for Failed and TooLarge.
const (
	Unset       Why = "unset"       // the environment variable is not set
	Empty       Why = "empty"       // there is a value, and it is empty
	Example     Why = "example"     // the value is the one of .env.example
	Absent      Why = "absent"      // there is no such file
	Denied      Why = "denied"      // the file lies where no secret may lie
	TooLarge    Why = "large"       // the file is over the limit
	Binary      Why = "binary"      // the value is not UTF-8 text
	Failed      Why = "failed"      // reading failed
	Unsupported Why = "unsupported" // no such source
)

// Missing is a secret that has no value.
type Missing struct {
	Key  model.Key
	Path string // dotted, as model.Path writes it
	Ref  string
	Why  Why
	// Detail says more in words without a value: what went wrong, or the limit
	// in KiB.
	Detail string
}

// fault is why one reference cannot be had.
type fault struct {
	why    Why
	detail string
}

// Resolve returns the state with the value of every reference put in. Each
// reference is fetched once. Resources without secrets are shared with st;
// nothing of st is changed. A secret that has no value stays a reference and
// is listed, in the order of keys and paths.
func Resolve(ctx context.Context, st *model.State, o Options) (*model.State, []Missing) {
	r := &resolver{ctx: ctx, options: o, known: map[string]answer{}}
	out := model.NewState()
	out.Gaps = st.Gaps
	for res := range st.All() {
		out.Put(r.resource(res))
	}
	return out, r.missing
}

type answer struct {
	value string
	fault *fault
}

type resolver struct {
	ctx     context.Context
	options Options
	known   map[string]answer
	missing []Missing
}

func (r *resolver) resource(res *model.Resource) *model.Resource {
	attributes, changed := r.tree(res.Key, nil, res.Attributes)
	if !changed {
		return res
	}
	c := *res
	c.Attributes, _ = attributes.(map[string]any)
	return &c
}

// tree returns v with its references resolved, and whether that is a new tree.
func (r *resolver) tree(key model.Key, path model.Path, v any) (any, bool) {
	switch v := v.(type) {
	case model.Secret:
		return r.secret(key, path, v)
	case map[string]any:
		return r.mapping(key, path, v)
	case []any:
		return r.list(key, path, v)
	}
	return v, false
}

func (r *resolver) mapping(key model.Key, path model.Path, m map[string]any) (any, bool) {
	var out map[string]any
	for _, k := range slices.Sorted(maps.Keys(m)) {
		v, changed := r.tree(key, append(path[:len(path):len(path)], k), m[k])
		if !changed {
			continue
		}
		if out == nil {
			out = maps.Clone(m)
		}
		out[k] = v
	}
	if out == nil {
		return m, false
	}
	return out, true
}

func (r *resolver) list(key model.Key, path model.Path, l []any) (any, bool) {
	var out []any
	for i, e := range l {
		v, changed := r.tree(key, path, e)
		if !changed {
			continue
		}
		if out == nil {
			out = append([]any(nil), l...)
		}
		out[i] = v
	}
	if out == nil {
		return l, false
	}
	return out, true
}

func (r *resolver) secret(key model.Key, path model.Path, s model.Secret) (any, bool) {
	if s.Server() || s.Resolved() {
		return s, false
	}
	a := r.fetch(s.Ref())
	if a.fault != nil {
		r.missing = append(r.missing, Missing{
			Key: key, Path: path.String(), Ref: s.Ref(), Why: a.fault.why, Detail: a.fault.detail,
		})
		return s, false
	}
	return model.SecretValue(s.Ref(), a.value), true
}

func (r *resolver) fetch(ref string) answer {
	if a, ok := r.known[ref]; ok {
		return a
	}
	value, f := r.options.fetch(r.ctx, ref)
	if f == nil {
		f = r.options.judge(ref, value)
	}
	a := answer{value, f}
	if f != nil {
		a.value = ""
	}
	r.known[ref] = a
	return a
}

// judge refuses values that no server should get.
func (o Options) judge(ref, value string) *fault {
	switch {
	case !utf8.ValidString(value):
		return &fault{why: Binary}
	case o.Sandbox:
		return nil
	case value == "":
		return &fault{why: Empty}
	case o.isExample(ref, value):
		return &fault{why: Example}
	}
	return nil
}

func (o Options) isExample(ref, value string) bool {
	name, isEnv := strings.CutPrefix(ref, "env:")
	example, listed := o.Example[name]
	return isEnv && listed && example == value
}
