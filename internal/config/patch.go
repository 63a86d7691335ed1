package config

import (
	"maps"
	"path"
	"slices"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/model"
)

// patch is a Patch document: a merge patch (RFC 7386) for some objects on some
// targets.
type patch struct {
	doc            *document
	targets, match []*node // texts
	merge          *node   // a mapping; nil when there is none
	invalid        bool    // some of match is no pattern
}

func newPatch(d *document) *patch {
	p := &patch{doc: d, targets: d.spec.child("target").elements(), match: d.spec.child("match").elements()}
	if m := d.spec.child("merge"); m.is(mapNode) {
		p.merge = m
	}
	p.invalid = slices.ContainsFunc(p.match, func(n *node) bool { return !ValidKeyGlob(n.text) })
	return p
}

// on tells whether the patch is for the target.
func (p *patch) on(target string) bool {
	return slices.ContainsFunc(p.targets, func(n *node) bool {
		ok, err := path.Match(n.text, target)
		return err == nil && ok
	})
}

// matches tells whether the patch is for the object.
func (p *patch) matches(k model.Key) bool {
	return slices.ContainsFunc(p.match, func(n *node) bool { return MatchKey(n.text, k) })
}

// checkPatches says what is wrong with the patches whatever the target.
func (p *Project) checkPatches() []diagnostic.Diagnostic {
	var found []diagnostic.Diagnostic
	first := map[string]*document{}
	for _, pt := range p.patches {
		found = append(found, p.checkPatch(pt)...)
		if pt.doc.name == "" {
			continue
		}
		if f, twice := first[pt.doc.name]; twice {
			found = append(found, declaredTwice(pt.doc, f))
			continue
		}
		first[pt.doc.name] = pt.doc
	}
	return found
}

func (p *Project) checkPatch(pt *patch) []diagnostic.Diagnostic {
	spec, _ := plainValue(pt.doc.spec).(map[string]any)
	if spec == nil {
		spec = map[string]any{}
	}
	c := &checker{root: pt.doc.spec, own: pt.doc.root, pointer: "/spec"}
	var found []diagnostic.Diagnostic
	for _, v := range p.catalog.CheckPatch(spec) {
		found = append(found, c.diagnostic(v))
	}
	for _, n := range pt.match {
		if !ValidKeyGlob(n.text) && n.text != "" {
			d := n.complaint("IDP0104", "/spec/match", diagnostic.T("patch.glob", "match", n.text))
			d.Hint = diagnostic.T("patch.glob.hint")
			found = append(found, d)
		}
	}
	for _, n := range pt.targets {
		found = append(found, p.checkPatchTarget(n)...)
	}
	return found
}

// checkPatchTarget complains about a pattern that fits no target: an error when
// it names one.
func (p *Project) checkPatchTarget(n *node) []diagnostic.Diagnostic {
	fits := slices.ContainsFunc(p.targetNames, func(t string) bool {
		ok, err := path.Match(n.text, t)
		return err == nil && ok
	})
	if fits || n.text == "" || len(p.targetNames) == 0 {
		return nil
	}
	if !isPattern(n.text) {
		return []diagnostic.Diagnostic{unknownTarget(n, "/spec/target", p.targetNames)}
	}
	d := n.complaint("IDP0117", "/spec/target", diagnostic.T("patch.target", n.text))
	d.Severity = diagnostic.Warning
	return []diagnostic.Diagnostic{d}
}

// idle complains about the patches of a target that change nothing there.
func (p *Project) idle(target string, patches []*patch, objects map[model.Key]*object) []diagnostic.Diagnostic {
	if len(patches) == 0 {
		return nil
	}
	declared := make(map[model.Key]bool, len(p.documents))
	for _, d := range p.documents {
		declared[d.key()] = true
	}
	var found []diagnostic.Diagnostic
	for _, pt := range patches {
		if pt.invalid || len(pt.match) == 0 || hits(pt, objects) {
			continue
		}
		if exact, n := pt.undeclared(declared); n != nil {
			if !p.mayDeclare(exact) {
				d := n.complaint("IDP0117", "/spec/match", diagnostic.T("patch.object", n.text))
				d.Hint = didYouMean(n.text, keyNames(declared))
				found = append(found, d)
			}
			continue
		}
		if slices.ContainsFunc(pt.match, func(n *node) bool { return p.mayFit(n.text) }) {
			continue
		}
		d := pt.match[0].complaint("IDP0117", "/spec/match", diagnostic.T("patch.nothing", target))
		d.Severity = diagnostic.Warning
		found = append(found, d)
	}
	return found
}

func hits(pt *patch, objects map[model.Key]*object) bool {
	for _, n := range pt.match {
		if isPattern(n.text) {
			for k := range objects {
				if MatchKey(n.text, k) {
					return true
				}
			}
		} else if k, err := model.ParseKey(n.text); err == nil && objects[k] != nil {
			return true
		}
	}
	return false
}

// undeclared finds an exact key of the patch that no document declares.
func (pt *patch) undeclared(declared map[model.Key]bool) (model.Key, *node) {
	for _, n := range pt.match {
		k, err := model.ParseKey(n.text)
		if err == nil && !isPattern(n.text) && !declared[k] {
			return k, n
		}
	}
	return model.Key{}, nil
}

func keyNames(keys map[model.Key]bool) []string {
	var out []string
	for k := range maps.Keys(keys) {
		out = append(out, k.String())
	}
	slices.Sort(out)
	return out
}

// mergeNode applies a merge patch: members of mappings merge, null removes,
// everything else replaces. A reference (secretFrom, fileFrom) is one value and
// never merges.
func mergeNode(base, patch *node) *node {
	if patch.kind != mapNode || isReference(patch) {
		return patch
	}
	out := &node{doc: patch.doc, line: patch.line, column: patch.column, kind: mapNode, members: &members{}}
	if base.is(mapNode) && !isReference(base) {
		*out = *base
		out.members = &members{slices.Clone(base.keys), slices.Clone(base.items), base.partial}
	}
	out.partial = out.partial || patch.partial
	for i, k := range patch.keys {
		out.member(k, patch.items[i])
	}
	return out
}

// member merges one member into n, which is not shared with anyone.
func (n *node) member(k key, value *node) {
	at := n.index(k.name)
	switch {
	case value.kind == nullNode && at >= 0:
		n.keys, n.items = slices.Delete(n.keys, at, at+1), slices.Delete(n.items, at, at+1)
	case value.kind == nullNode:
	case at >= 0:
		n.keys[at], n.items[at] = k, mergeNode(n.items[at], value)
	default:
		n.put(k, mergeNode(nil, value))
	}
}

// isReference tells whether a mapping is written for a value kept elsewhere.
func isReference(n *node) bool {
	return n.child("secretFrom") != nil || n.child("fileFrom") != nil
}
