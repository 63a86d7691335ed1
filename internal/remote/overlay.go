package remote

import (
	"maps"
	"slices"

	"github.com/idpsync/idpsync/internal/model"
)

// overlay lays declared over base: objects merge key by key, everything else
// that is declared stands as it is, an empty object and null included. Where base
// adds nothing, as what was sent adds nothing to an answer that says it all, it
// is declared itself.
func overlay(base, declared any) any {
	v, _ := overlaid(base, declared)
	return v
}

func overlaid(base, declared any) (v any, same bool) {
	d, ok := declared.(tree)
	b, both := base.(tree)
	if !ok || !both || len(d) == 0 {
		return declared, true
	}
	var out tree
	for k, old := range b {
		v, has := d[k]
		if !has {
			v = old
		} else if v, same = overlaid(old, v); same {
			continue
		}
		if out == nil {
			out = make(tree, len(d)+onlyIn(b, d))
			maps.Copy(out, d)
		}
		out[k] = v
	}
	if out == nil {
		return declared, true
	}
	return out, false
}

// onlyIn counts the keys of b that d has not: 10,000 of these trees live as long
// as a run, and a map with room to spare may be twice as large.
func onlyIn(b, d tree) int {
	n := 0
	for k := range b {
		if _, has := d[k]; !has {
			n++
		}
	}
	return n
}

// share puts the texts of what was sent, which live anyway, in the place of the
// same ones of an answer, which nobody else has: a tenth of all that lives in a
// run of many creates.
func share(answer, sent tree) {
	for k, v := range answer {
		if text, ok := v.(string); ok {
			if s, ok := sent[k].(string); ok && s == text {
				answer[k] = sent[k]
			}
		}
	}
}

// readable returns v without what an update must not send on its own: secrets
// (a mask and a value look alike), arrays that hold one, and nothing else.
func readable(v any) any {
	t, ok := v.(tree)
	if !ok {
		return v
	}
	out := make(tree, len(t))
	for k, e := range t {
		if _, object := e.(tree); object {
			out[k] = readable(e)
		} else if !holdsSecret(e) {
			out[k] = e
		}
	}
	return out
}

// without returns v less every leaf that drop names, and less the objects that
// this empties: they declare nothing any more, whereas an object that was empty
// before declares just that. An array is one value: a null in it is data, and
// only a secret that the server holds is taken out.
func without(v any, drop func(any) bool) any {
	switch v := v.(type) {
	case tree:
		out := make(tree, len(v))
		for k, e := range v {
			if drop(e) {
				continue
			}
			if kept := without(e, drop); !emptied(e, kept) {
				out[k] = kept
			}
		}
		return out
	case []any:
		out := make([]any, 0, len(v))
		for _, e := range v {
			if !serverHeld(e) {
				out = append(out, without(e, serverHeld))
			}
		}
		return out
	}
	return v
}

// emptied tells that an object had keys and has none any more.
func emptied(before, after any) bool {
	b, ok := before.(tree)
	a, _ := after.(tree)
	return ok && len(b) > 0 && len(a) == 0
}

// managed lays declared over base, less the secrets that the server holds.
func managed(base, declared any) any {
	d := without(declared, serverHeld)
	if emptied(declared, d) {
		return base
	}
	return overlay(base, d)
}

// serverHeld names a secret that the server holds and nobody manages.
func serverHeld(v any) bool {
	s, ok := v.(model.Secret)
	return ok && s.Server()
}

// unset names a null and a server-held secret: a create says neither.
func unset(v any) bool { return v == nil || serverHeld(v) }

// omit copies a tree without some of its keys.
func omit(t tree, keys ...string) tree {
	out := make(tree, len(t))
	for k, v := range t {
		if !slices.Contains(keys, k) {
			out[k] = v
		}
	}
	return out
}
