package config

import (
	"slices"

	"github.com/idpsync/idpsync/internal/model"
)

// outline lists the attributes that the server knows an object by.
var outline = map[model.Kind][]string{
	model.IdentityProvider: {"name", "type"},
	model.Connection:       {"identifier", "type"},
	model.Application:      {"appIdentifier"},
}

// outside lists the documents that do not count on the target, as far as they
// tell who is meant: these objects are somebody's, so they are never pruned.
// Nothing is complained about here: on their own targets they are checked.
func (p *Project) outside(t *Target) []*model.Resource {
	var out []*model.Resource
	for _, d := range p.documents {
		if !d.on(t.Name) {
			out = append(out, d.outlined(t))
		}
	}
	return out
}

// outlined is the resource with its identity only; what this target's variables
// do not resolve is what metadata.name stands for.
func (d *document) outlined(t *Target) *model.Resource {
	names := outline[model.Kind(d.kind)]
	attributes := make(map[string]any, len(names))
	s := &substituter{target: t.Name, vars: t.Vars}
	for _, name := range names {
		n := d.whole().spec.child(name)
		if n != nil {
			n = s.apply(n)
		}
		if text := textOf(n); text != "" {
			attributes[name] = text
		} else if slices.Contains(defaultKeys[model.Kind(d.kind)], name) {
			attributes[name] = d.name
		}
	}
	return &model.Resource{
		Key: d.key(), Attributes: attributes, Lifecycle: d.meta.state, RenamedFrom: d.meta.renamedFrom,
		Source: model.Source{File: d.file.path, Line: d.line()},
	}
}
