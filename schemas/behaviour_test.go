package schemas_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/schema"
)

// values has for each kind of value one that fits and some that do not.
var values = map[string]struct {
	good any
	bad  []any
}{
	"text": {"x", []any{json.Number("1"), true, []any{"x"}}},
	"bool": {true, []any{"true", json.Number("1")}},
	"list": {[]any{"x"}, []any{"x", true, []any{json.Number("1")}}},
	"any":  {[]any{"x", json.Number("1")}, nil},
}

// good is a value of the key that no template objects to.
func (k factKey) good() any {
	if len(k.choices) == 0 {
		return values[k.kind].good
	}
	if k.kind != "list" {
		return k.choices[0]
	}
	var all []any
	for _, c := range k.choices {
		all = append(all, c)
	}
	return all
}

// spec gives a connection of the type with all settings that can be set.
func (t *factType) spec() map[string]any {
	fields := make(map[string]any)
	for _, k := range t.settings() {
		if k.kind != "shown" {
			fields[k.key] = k.good()
		}
	}
	return map[string]any{"provider": "p", "type": t.typ, "fields": fields}
}

// complaints are what is wrong with the spec after a change of its fields.
func complaints(fact *factType, change func(fields map[string]any)) []schema.Violation {
	spec := fact.spec()
	change(spec["fields"].(map[string]any))
	return schema.Bundled().Check(model.Connection, spec)
}

// TestTemplatesAgreeWithDocuments proves, setting by setting, that what is
// checked is what the documents say: kinds of values, choices, required and
// shown settings.
func TestTemplatesAgreeWithDocuments(t *testing.T) {
	for _, fact := range facts(t) {
		t.Run(fact.typ, func(t *testing.T) {
			checkGood(t, fact)
			for _, k := range fact.settings() {
				checkKind(t, fact, k)
				checkMissing(t, fact, k)
				checkEmpty(t, fact, k)
			}
		})
	}
}

// checkGood wants silence about a good connection, unless no enumeration of the
// API has its type: a template does not prove that a server takes it.
func checkGood(t *testing.T, fact *factType) {
	t.Helper()
	found := complaints(fact, func(map[string]any) {})
	if fact.inAPI != (len(found) == 0) || len(found) > 1 {
		t.Errorf("a good connection: %+v", found)
	}
	for _, v := range found {
		if v.Pointer != "/type" || !v.Warning {
			t.Errorf("a good connection: %+v", v)
		}
	}
}

func checkKind(t *testing.T, fact *factType, k factKey) {
	t.Helper()
	if k.kind == "shown" {
		one(t, fact, k, "displayOnly", func(f map[string]any) { f[k.key] = "x" })
		return
	}
	for _, bad := range values[k.kind].bad {
		if len(k.choices) > 0 && k.kind == "text" {
			one(t, fact, k, "enum", func(f map[string]any) { f[k.key] = bad })
			continue
		}
		if items, ok := bad.([]any); ok && len(k.choices) > 0 {
			one(t, fact, k, "enum", func(f map[string]any) { f[k.key] = items })
			continue
		}
		one(t, fact, k, "type", func(f map[string]any) { f[k.key] = bad })
	}
	other := any("no such choice")
	if k.kind == "list" {
		other = []any{other}
	}
	if len(k.choices) > 0 {
		one(t, fact, k, "enum", func(f map[string]any) { f[k.key] = other })
	} else if found := complaints(fact, func(f map[string]any) { f[k.key] = k.good() }); len(found) > 0 {
		t.Errorf("%s: %+v", k.key, found)
	}
}

func checkMissing(t *testing.T, fact *factType, k factKey) {
	t.Helper()
	found := complaints(fact, func(f map[string]any) { delete(f, k.key) })
	missing := slices.ContainsFunc(found, func(v schema.Violation) bool { return v.Keyword == "required" && v.Name == k.key })
	if missing != k.required {
		t.Errorf("%s: required %v, documents say %v", k.key, missing, k.required)
	}
}

// checkEmpty proves that a required text must not be empty, and that no other
// text is refused for it.
func checkEmpty(t *testing.T, fact *factType, k factKey) {
	t.Helper()
	if k.kind != "text" || len(k.choices) > 0 {
		return
	}
	found := complaints(fact, func(f map[string]any) { f[k.key] = "" })
	empty := slices.ContainsFunc(found, func(v schema.Violation) bool { return v.Keyword == "minLength" && v.Pointer == "/fields/"+k.key })
	if empty != k.required {
		t.Errorf("%s: empty refused %v, required %v", k.key, empty, k.required)
	}
}

// one wants a single complaint with the keyword at the key or inside its value.
func one(t *testing.T, fact *factType, k factKey, keyword string, change func(map[string]any)) {
	t.Helper()
	found := complaints(fact, change)
	at := "/fields/" + k.key
	if len(found) != 1 || found[0].Keyword != keyword || found[0].Pointer != at && found[0].Pointer != at+"/0" {
		t.Errorf("%s: want one %s, got %+v", k.key, keyword, found)
	}
}

// TestUnknownKeys proves that a type of which keys are known warns about others,
// names the spelling it has, and that a type of which none is known takes all.
func TestUnknownKeys(t *testing.T) {
	for _, fact := range facts(t) {
		found := complaints(fact, func(f map[string]any) { f["organisation"] = "acme" })
		found = slices.DeleteFunc(found, func(v schema.Violation) bool { return v.Pointer == "/type" })
		switch known := len(fact.settings()) > 0; {
		case !known && len(found) > 0:
			t.Errorf("%s: nothing is known of it, but %+v", fact.typ, found)
		case known && (len(found) != 1 || found[0].Keyword != "unknown" || !found[0].Warning):
			t.Errorf("%s: want a warning, got %+v", fact.typ, found)
		}
		for _, k := range fact.keys {
			for _, alias := range k.aliases {
				checkAlias(t, fact, k, alias)
			}
		}
	}
}

func checkAlias(t *testing.T, fact *factType, k factKey, alias string) {
	t.Helper()
	found := complaints(fact, func(f map[string]any) {
		f[alias] = f[k.key]
		delete(f, k.key)
	})
	if len(found) != 1 || found[0].Keyword != "case" || found[0].Suggest != k.key || !found[0].Warning {
		t.Errorf("%s: %s instead of %s: %+v", fact.typ, alias, k.key, found)
	}
}

// TestSecretPaths proves that the secrets are those of the documents.
func TestSecretPaths(t *testing.T) {
	c := schema.Bundled()
	for _, fact := range facts(t) {
		for _, k := range fact.settings() {
			if got := c.Secret(model.Connection, fact.typ, model.Path{"fields", k.key}); got != k.secret {
				t.Errorf("%s: %s secret %v, documents say %v", fact.typ, k.key, got, k.secret)
			}
		}
	}
}

// TestCatalogKnowsAll proves that the enumerations, the list of types and the
// table name the same types, with how many settings each has.
func TestCatalogKnowsAll(t *testing.T) {
	c := schema.Bundled()
	enum, all := c.ConnectionTypes(), facts(t)
	for _, fact := range all {
		if slices.Contains(enum, fact.typ) != fact.inAPI {
			t.Errorf("%s: in an enumeration of the API %v", fact.typ, fact.inAPI)
		}
		set := 0
		for _, k := range fact.settings() {
			if k.kind != "shown" {
				set++
			}
		}
		info, ok := c.Type(fact.typ)
		if !ok || info.Fields != set || info.ProviderType != fact.provider || info.Source == "" {
			t.Errorf("%s: %+v, want %d fields of %s", fact.typ, info, set, fact.provider)
		}
		if p, ok := c.ProviderTypeOf(fact.typ); ok == fact.providerGuessed || ok && p != fact.provider {
			t.Errorf("%s belongs to %q, %v", fact.typ, p, ok)
		}
	}
	if types := c.Types(); len(types) != len(all) {
		t.Errorf("%d types, the documents have %d", len(types), len(all))
	}
	for _, typ := range enum {
		if !slices.ContainsFunc(all, func(f *factType) bool { return f.typ == typ }) {
			t.Errorf("%s is not in the table", typ)
		}
	}
}
