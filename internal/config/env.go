package config

import (
	"maps"
	"slices"
	"strings"
)

// EnvNames lists every environment variable that the project's files refer to,
// on any target, sorted: those of credentials and those of secrets.
func (p *Project) EnvNames() []string {
	names := map[string]bool{}
	for _, t := range p.Targets {
		for _, ref := range []EnvRef{t.AccessKeyID, t.AccessKeySecret, t.UserPoolSecret} {
			names[ref.Name] = true
		}
	}
	for _, d := range slices.Concat(p.documents, p.nameless) {
		for _, name := range d.env {
			names[name] = true
		}
		if d.settled() == nil {
			p.collectEnv(d.spec, names)
		}
	}
	for _, pt := range p.patches {
		p.collectEnv(pt.merge, names)
	}
	delete(names, "")
	return slices.Sorted(maps.Keys(names))
}

func (p *Project) collectEnv(n *node, names map[string]bool) {
	if n == nil {
		return
	}
	from := n.child("secretFrom")
	for _, env := range []*node{from.child("env"), from.child("age").child("identityEnv")} {
		if env.is(textNode) {
			p.envOn(env, names)
		}
	}
	for _, item := range n.items {
		if item.kind >= listNode {
			p.collectEnv(item, names)
		}
	}
}

// envOn adds a variable's name as each target spells it.
func (p *Project) envOn(env *node, names map[string]bool) {
	if !strings.Contains(env.text, "${") {
		names[env.text] = true
		return
	}
	for _, t := range p.Targets {
		s := &substituter{target: t.Name, vars: t.Vars}
		if n := s.apply(env); n.is(textNode) {
			names[n.text] = true
		}
	}
}
