package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/idpsync/idpsync/internal/model"
)

// Placeholder stands in a value given to Check for a {secretFrom: ...} or
// {fileFrom: ...}: a string that satisfies every constraint on strings.
const Placeholder = "\u27e6a value kept elsewhere\u27e7"

// Check checks the spec of a document of the kind and lists its mistakes, in
// the order of their places. The value is made of map[string]any, []any,
// string, bool, nil and json.Number; every reference to a value kept elsewhere
// has been replaced by Placeholder, and variables have their values.
//
// A Connection is checked against what all connections have in common and
// against the template of its type, if there is one.
func (c *Catalog) Check(kind model.Kind, spec map[string]any) []Violation {
	switch kind {
	case model.Application:
		k := &checker{catalog: c, kind: kind, doc: c.kinds["application"], root: spec}
		return settle(append(k.run(), k.openObjects(protocolObjects...)...))
	case model.IdentityProvider:
		k := &checker{catalog: c, kind: kind, doc: c.kinds["identity-provider"], root: spec}
		typ, _ := spec["type"].(string)
		return settle(append(k.run(), k.openType(c.told(typ))...))
	case model.Connection:
		return settle(c.checkConnection(spec))
	}
	return nil
}

func (c *Catalog) checkConnection(spec object) []Violation {
	typ, _ := spec["type"].(string)
	common := &checker{catalog: c, kind: model.Connection, typ: typ, doc: c.kinds["connection"], root: spec}
	t := c.types[typ]
	all := append(common.run(), common.openType(t != nil && t.strict())...)
	if t == nil {
		return all
	}
	own := &checker{catalog: c, kind: model.Connection, typ: typ, doc: t.schema, root: spec, template: t}
	return append(all, own.run()...)
}

// CheckProject checks the whole of idpsync.yaml.
func (c *Catalog) CheckProject(doc map[string]any) []Violation {
	k := &checker{catalog: c, doc: c.kinds["project"], root: doc}
	return settle(k.run())
}

// CheckFleet checks the whole of a fleet file.
func (c *Catalog) CheckFleet(doc map[string]any) []Violation {
	k := &checker{catalog: c, doc: c.kinds["fleet"], root: doc}
	return settle(k.run())
}

// CheckPatch checks the spec of a Patch. What it merges is checked with the
// documents it is merged into.
func (c *Catalog) CheckPatch(spec map[string]any) []Violation {
	k := &checker{catalog: c, doc: c.kinds["patch"], root: spec}
	return settle(k.run())
}

// checker checks one value against one schema.
type checker struct {
	catalog  *Catalog
	kind     model.Kind
	typ      string // connection type
	doc      *document
	root     object
	template *connType // whose schema doc is; nil for a hand-written one
}

// run lists the violations as jsonschema/v5 finds them: in no order and with
// repetitions.
func (k *checker) run() (all []Violation) {
	if !odd(k.root) && k.doc.swift().check(k.root) == valid {
		return nil
	}
	if tokens, odd := oddValue(k.root, nil); odd {
		return []Violation{{Pointer: joinPointer(tokens), Keyword: "type", Want: "number, string, boolean, array, object, null"}}
	}
	s, err := k.doc.compile()
	if err != nil {
		return []Violation{{Keyword: "schema", Got: err.Error(), Type: k.typ}}
	}
	defer func() {
		// jsonschema/v5 panics on values that no JSON has; oddValue should have
		// seen them, but a check must not take the program down.
		if r := recover(); r != nil {
			all = []Violation{{Keyword: "schema", Got: fmt.Sprintf("%T", r), Type: k.typ}}
		}
	}()
	var ve *jsonschema.ValidationError
	if errors.As(s.Validate(k.root), &ve) {
		all = k.flatten(ve, nil)
	}
	return all
}

// oddValue finds a value that is no JSON, or a number too large to calculate
// with: its exact value may need more memory than there is.
func oddValue(v any, at []string) ([]string, bool) {
	switch v := v.(type) {
	case nil, string, bool, int, int64:
		return nil, false
	case json.Number:
		return at, !saneNumber(string(v))
	case float64:
		return at, math.IsNaN(v) || math.IsInf(v, 0)
	case object:
		for key, e := range v {
			if p, odd := oddValue(e, append(at, key)); odd {
				return p, true
			}
		}
		return nil, false
	case []any:
		for i, e := range v {
			if p, odd := oddValue(e, append(at, strconv.Itoa(i))); odd {
				return p, true
			}
		}
		return nil, false
	}
	return at, true
}

// odd tells whether there is such a value, and leaves where to oddValue.
func odd(v any) bool {
	switch v := v.(type) {
	case nil, string, bool, int, int64, model.Secret:
		return false
	case json.Number:
		return !(len(v) < 20 && digits(string(v))) && !saneNumber(string(v))
	case object:
		for _, e := range v {
			if odd(e) {
				return true
			}
		}
		return false
	case []any:
		return slices.ContainsFunc(v, odd)
	}
	_, odd := oddValue(v, nil)
	return odd
}

// plainNumber is a JSON number of a size that can be calculated with.
var plainNumber = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^-?[0-9]{1,400}(\.[0-9]{1,400})?([eE][+-]?[0-9]{1,2})?$`)
})

// saneNumber tells that a JSON number is one and has some hundred digits at most.
func saneNumber(s string) bool { return plainNumber().MatchString(s) }

// openType warns about a type the API does not document: the real server may be
// newer. known tells that there is another reason to know it.
func (k *checker) openType(known bool) []Violation {
	s, ok := k.root["type"].(string)
	types := k.doc.types()
	if !ok || s == "" || known || s == Placeholder || slices.Contains(types, s) {
		return nil
	}
	return []Violation{{
		Pointer: "/type", Keyword: "enum", Warning: true,
		Want: strings.Join(types, ", "), Got: clip(s), Suggest: model.Nearest(s, types),
	}}
}

// protocolObjects are the settings of an application for one protocol each.
var protocolObjects = []string{"oidcConfig", "samlConfig", "oauthConfig", "casConfig"}

// openObjects warns about keys of the protocol objects that nobody has
// published: no schema of the API lists their keys (contract 5.1).
func (k *checker) openObjects(properties ...string) []Violation {
	var all []Violation
	for _, p := range properties {
		value, _ := k.root[p].(object)
		known, _ := walk(k.doc.tree(), []string{"properties", p, "properties"}).(object)
		for key := range value {
			if _, ok := known[key]; !ok {
				all = append(all, k.unknown([]string{p}, key, keysOf(known), true))
			}
		}
	}
	return all
}

// Valid tells that Check finds nothing wrong with a spec, which costs a fraction
// of finding out what: false may be wrong. A model.Secret stands for a value
// kept elsewhere.
func (c *Catalog) Valid(kind model.Kind, spec map[string]any) bool {
	if odd(spec) {
		return false
	}
	typ, _ := spec["type"].(string)
	switch kind {
	case model.Application:
		k := &checker{catalog: c, kind: kind, doc: c.kinds["application"], root: spec}
		return k.doc.swift().check(spec) == valid && len(k.openObjects(protocolObjects...)) == 0
	case model.IdentityProvider:
		k := &checker{catalog: c, kind: kind, doc: c.kinds["identity-provider"], root: spec}
		return k.doc.swift().check(spec) == valid && len(k.openType(c.told(typ))) == 0
	case model.Connection:
		t := c.types[typ]
		k := &checker{catalog: c, kind: kind, typ: typ, doc: c.kinds["connection"], root: spec}
		return k.doc.swift().check(spec) == valid && len(k.openType(t != nil && t.strict())) == 0 &&
			(t == nil || t.schema.swift().check(spec) == valid)
	}
	return false
}
