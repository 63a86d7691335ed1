package config

import (
	"path"
	"strings"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/model"
)

// mentions checks what idpsync.yaml says of single objects against everything
// that is declared, on whatever target.
func (p *Project) mentions() []diagnostic.Diagnostic {
	declared := make(map[model.Key]bool, len(p.documents))
	for _, d := range p.documents {
		declared[d.key()] = true
	}
	found := p.ignored(p.root.child("ignore"), "/ignore", declared)
	for _, name := range p.targetNames {
		t, at := p.root.child("targets").child(name), joinPointer("/targets", name)
		found = append(found, p.pinned(t.child("pin"), at+"/pin", declared)...)
		found = append(found, p.ignored(t.child("ignore"), at+"/ignore", declared)...)
	}
	return found
}

// pinned complains about pins of objects that no document declares. What is no
// key at all, the schema refuses.
func (p *Project) pinned(n *node, at string, declared map[model.Key]bool) []diagnostic.Diagnostic {
	var found []diagnostic.Diagnostic
	if !n.is(mapNode) {
		return nil
	}
	for i := range n.keys {
		k := &n.keys[i]
		key, err := model.ParseKey(k.name)
		if err != nil || key.Kind == model.Enablement || declared[key] || p.mayDeclare(key) {
			continue
		}
		pointer := joinPointer(at, k.name)
		c := k.complaint("IDP0201", pointer, diagnostic.T("patch.object", dotted(pointer)))
		c.Hint = didYouMean(k.name, keyNames(declared))
		found = append(found, c)
	}
	return found
}

// ignored warns about patterns of ignore rules that fit nothing.
func (p *Project) ignored(rules *node, at string, declared map[model.Key]bool) []diagnostic.Diagnostic {
	var found []diagnostic.Diagnostic
	if !rules.is(listNode) {
		return nil
	}
	for i, rule := range rules.items {
		for _, n := range rule.child("match").elements() {
			if !ValidKeyGlob(n.text) || fitsDeclared(n.text, declared) || p.mayFit(n.text) {
				continue
			}
			here := joinPointer(joinPointer(at, rules.memberName(i)), "match")
			c := n.complaint("IDP0209", here, diagnostic.T("ignore.nothing", dotted(here), n.text))
			c.Severity, c.Hint = diagnostic.Warning, didYouMean(n.text, keyNames(declared))
			found = append(found, c)
		}
	}
	return found
}

// fitsDeclared tells whether a pattern of keys fits a declared object, or a
// button that declared objects could make.
func fitsDeclared(pattern string, declared map[model.Key]bool) bool {
	if k, err := model.ParseKey(pattern); err == nil && declared[k] {
		return true
	}
	parts := strings.SplitN(pattern, "/", 3)
	button := false
	if len(parts) == 3 {
		button, _ = path.Match(parts[0], model.Enablement.Trait().Prefix)
	}
	var app, conn bool
	for k := range declared {
		if MatchKey(pattern, k) {
			return true
		}
		app = app || button && k.Kind == model.Application && fits(parts[1], k.Name)
		conn = conn || button && k.Kind == model.Connection && fits(parts[2], k.Name)
	}
	return app && conn
}

func fits(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return err == nil && ok
}
