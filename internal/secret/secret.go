package secret

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
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
	// AllowExec is what the project says of running programs; the environment
	// must say so too.
	AllowExec bool
	// ExecTime is how long a program may run; 0 is 30 seconds.
	ExecTime time.Duration
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
	Forbidden   Why = "forbidden"   // no programs may be run
	Encrypted   Why = "encrypted"   // the value is what SOPS or age made of it
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
	// What a program said; it never leaves the package as it is.
	stdout, stderr string
}

// atOnce is how many references are fetched side by side: programs start slowly.
const atOnce = 8

// Resolve returns the state with the value of every reference put in. Each
// reference is fetched once. Resources without secrets are shared with st;
// nothing of st is changed. A secret that has no value stays a reference and
// is listed, in the order of keys and paths.
func Resolve(ctx context.Context, st *model.State, o Options) (*model.State, []Missing) {
	r := &resolver{options: o, known: o.fetchAll(ctx, references(st))}
	out := st.Sized()
	out.Gaps = st.Gaps
	for res := range st.All() {
		out.Put(r.resource(res))
	}
	return out, r.missing
}

// references lists what has to be fetched, each once, in order.
func references(st *model.State) []string {
	var refs []string
	seen := map[string]bool{}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case model.Secret:
			if !v.Server() && !v.Resolved() && !seen[v.Ref()] {
				seen[v.Ref()] = true
				refs = append(refs, v.Ref())
			}
		case map[string]any:
			for _, e := range v {
				walk(e)
			}
		case []any:
			for _, e := range v {
				walk(e)
			}
		}
	}
	for res := range st.All() {
		walk(res.Attributes)
	}
	return refs
}

// fetchAll fetches side by side. A complaint of a program is redacted in the
// end, when all values are known that it must not quote.
func (o Options) fetchAll(ctx context.Context, refs []string) map[string]answer {
	answers := make([]answer, len(refs))
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(atOnce, len(refs)) {
		wg.Go(func() {
			for i := range next {
				answers[i] = o.answer(ctx, refs[i])
			}
		})
	}
	for i := range refs {
		next <- i
	}
	close(next)
	wg.Wait()
	known := make(map[string]answer, len(refs))
	for i, ref := range refs {
		known[ref] = answers[i]
	}
	for _, a := range known {
		if a.fault != nil && a.fault.stderr != "" {
			a.fault.detail += ": " + redact(a.fault.stderr, o.sayings(known, a.fault))
		}
	}
	return known
}

func (o Options) answer(ctx context.Context, ref string) answer {
	value, f := o.fetch(ctx, ref)
	if f == nil {
		f = o.judge(ref, value)
	}
	if f != nil {
		return answer{fault: f}
	}
	return answer{value: value}
}

type answer struct {
	value string
	fault *fault
}

type resolver struct {
	options Options
	known   map[string]answer
	missing []Missing
	// names are the keys of the mappings on the way to the value at hand.
	names []string
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
	from := len(r.names)
	defer func() { r.names = r.names[:from] }()
	for k := range m {
		r.names = append(r.names, k)
	}
	slices.Sort(r.names[from:])
	for i := from; i < from+len(m); i++ {
		k := r.names[i]
		v, changed := r.tree(key, append(path, k), m[k])
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
	a := r.known[s.Ref()]
	if a.fault != nil {
		r.missing = append(r.missing, Missing{
			Key: key, Path: path.String(), Ref: s.Ref(), Why: a.fault.why, Detail: a.fault.detail,
		})
		return s, false
	}
	return model.SecretValue(s.Ref(), a.value), true
}

// judge refuses values that no server should get.
func (o Options) judge(ref, value string) *fault {
	switch {
	case Undecrypted(value):
		return &fault{why: Encrypted}
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
