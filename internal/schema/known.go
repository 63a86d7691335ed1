package schema

import (
	"slices"

	"github.com/idpsync/idpsync/internal/model"
)

// Known tells that a template or a published schema names what lies at the path
// of a resource's attributes, so that it is known what kind of value it is.
// typ is the connection type; it is ignored for other kinds. Below an object of
// an Application whose keys are the user's own (samlConfig.mappings) everything
// is known; below a field of a connection only what the template lists.
func (c *Catalog) Known(kind model.Kind, typ string, path model.Path) bool {
	switch kind {
	case model.Connection:
		return len(path) < 2 || path[0] != "fields" || c.field(typ, path[1:]) != nil
	case model.Application:
		return published(c.kinds["application"].tree(), path)
	}
	return true
}

// published walks down a hand-written schema.
func published(at any, path model.Path) bool {
	for _, key := range path {
		schema, _ := at.(object)
		members, closed := schema["properties"].(object)
		if !closed {
			return slices.Contains(texts(asList(schema["type"])), "object")
		}
		if at = members[key]; at == nil {
			return false
		}
	}
	return true
}
