package schema

import (
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/idpsync/idpsync/internal/model"
)

// bundleFile is the name of the editor bundle.
const bundleFile = "idpsync.schema.json"

// variable matches a string that holds a variable; only when files are loaded
// is it known what the variable stands for.
const variable = `\$\{var\.`

// Generated makes the files that follow from templates and hand-written
// schemas, by their names below schemas/: connection/<type>.schema.json for each
// type with a template, and the editor bundle.
func (c *Catalog) Generated() (map[string][]byte, error) {
	files := make(map[string][]byte, len(c.types)+1)
	for typ, t := range c.types {
		data, err := t.schema.load()
		if err != nil {
			return nil, err
		}
		files["connection/"+FileName(typ)+".schema.json"] = data
	}
	bundle, err := c.Bundle()
	files[bundleFile] = bundle
	return files, err
}

// Bundle makes one schema of whole documents of every kind, for editors. It
// differs from the single schemas in what an editor cannot know: a string with
// a variable may stand for any other scalar, and what a bundled template does
// not know passes.
func (c *Catalog) Bundle() ([]byte, error) {
	b := &bundle{catalog: c, defs: make(object)}
	project := b.add("project", c.kinds["project"].tree())
	kinds := []any{caseOf("kind", "Project", project)}
	names := []string{"Project"}
	for _, d := range b.documents() {
		kinds = append(kinds, caseOf("kind", d.kind, d.schema))
		names = append(names, d.kind)
	}
	if b.err != nil {
		return nil, b.err
	}
	return marshal(object{
		"$schema":     draft,
		"$id":         base + bundleFile,
		"$comment":    "Made from the other schemas by idpsync. DO NOT EDIT.",
		"title":       "A document of an idpsync project",
		"type":        "object",
		"properties":  object{"apiVersion": object{"const": "idpsync/v1"}, "kind": object{"description": "What the document declares.\n文档声明什么。", "enum": names}},
		"required":    []string{"apiVersion", "kind"},
		"allOf":       kinds,
		"$defs":       b.defs,
		"description": "One YAML document. The kind decides what else it holds.\n一个 YAML 文档。kind 决定其余的内容。",
	})
}

// bundle collects definitions.
type bundle struct {
	catalog *Catalog
	defs    object
	err     error // the last conflict
}

// kindSchema is the schema of whole documents of a kind.
type kindSchema struct {
	kind   string
	schema object
}

func (b *bundle) documents() []kindSchema {
	kinds := b.catalog.kinds
	metadata := b.add("metadata", kinds["metadata"].tree())
	provider := b.add("identity-provider", editable(kinds["identity-provider"].tree(), false))
	application := b.add("application", editable(kinds["application"].tree(), false))
	patch := b.add("patch", kinds["patch"].tree())
	return []kindSchema{
		{string(model.IdentityProvider), documentOf(metadata, provider)},
		{string(model.Connection), documentOf(metadata, b.connection())},
		{string(model.Application), documentOf(metadata, application)},
		{"Patch", documentOf(metadata, patch)},
	}
}

// connection adds the common part of connections with one case for each type,
// so that a mistake in one type is not reported by all of them.
func (b *bundle) connection() object {
	tree := editable(b.catalog.kinds["connection"].tree(), false)
	var types []any
	for _, typ := range slices.Sorted(maps.Keys(b.catalog.types)) {
		t := b.catalog.types[typ]
		own := b.add("connection."+FileName(typ), editable(t.schema.tree(), !t.strict()))
		types = append(types, caseOf("type", typ, own))
	}
	if types != nil {
		tree["allOf"] = types
	}
	return b.add("connection", tree)
}

// add makes a definition of a schema, beside the definitions it carries, and
// returns a reference to it. A name that several schemas define means the same
// in all of them.
func (b *bundle) add(name string, tree object) object {
	tree = maps.Clone(tree)
	carried, _ := tree["$defs"].(object)
	for _, key := range []string{"$schema", "$id", "$comment", "$defs"} {
		delete(tree, key)
	}
	for _, local := range keysOf(carried) {
		b.define(local, carried[local])
	}
	b.define(name, tree)
	return object{"$ref": "#/$defs/" + name}
}

func (b *bundle) define(name string, schema any) {
	if there, ok := b.defs[name]; ok && !reflect.DeepEqual(there, schema) {
		b.err = fmt.Errorf("editor bundle: two schemas define %q differently", name)
	}
	b.defs[name] = schema
}

// caseOf applies a schema where the property has the value.
func caseOf(property, value string, then object) object {
	return object{
		"if":   object{"properties": object{property: object{"const": value}}, "required": []string{property}},
		"then": then,
	}
}

// documentOf describes whole documents with the given spec. Of an object that
// is only to be found or deleted, the spec may say just enough to find it.
func documentOf(metadata, spec object) object {
	return object{
		"type":                 "object",
		"properties":           object{"apiVersion": true, "kind": true, "metadata": metadata, "spec": object{"type": "object"}},
		"additionalProperties": false,
		"required":             []string{"metadata"},
		"if": object{
			"properties": object{"metadata": object{
				"properties": object{"state": object{"enum": []string{"absent", "external"}}},
				"required":   []string{"state"},
			}},
			"required": []string{"metadata"},
		},
		"else": object{"properties": object{"spec": spec}, "required": []string{"spec"}},
	}
}
