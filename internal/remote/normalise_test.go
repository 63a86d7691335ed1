package remote

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idpsync/idpsync/internal/model"
)

func parsed(t testing.TB, text string) any {
	t.Helper()
	var v any
	if err := decodeJSON([]byte(text), &v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

func TestDecodeEnvelope(t *testing.T) {
	tests := []struct {
		name, body string
		want       envelope
		err        error
	}{
		{"V3", `{"statusCode":200,"message":"m","requestId":"r","data":{}}`, envelope{status: 200, message: "m", requestID: "r"}, nil},
		{"V2", `{"code":200,"message":"m","data":[]}`, envelope{status: 200, message: "m"}, nil},
		{"V2 error", `{"uniqueId":"u","statusCode":499,"apiCode":"2011","data":null}`, envelope{status: 499, apiCode: "2011", requestID: "u"}, nil},
		{"numbers as text", `{"statusCode":"404","apiCode":4004}`, envelope{status: 404, apiCode: "4004"}, nil},
		{"no status", `{"data":1}`, envelope{}, nil},
		{"empty", " \n", envelope{}, errEmpty},
		{"page", "\n<html>", envelope{}, errHTML},
		{"cut", `{"statusCode":2`, envelope{}, errCut},
		{"two values", `{} {}`, envelope{}, errGarbage},
		{"an array", `[1]`, envelope{}, errGarbage},
		{"text", `not found`, envelope{}, errGarbage},
	}
	for _, tt := range tests {
		got, err := decodeEnvelope([]byte(tt.body))
		got.data = nil
		if !errors.Is(err, tt.err) || got != tt.want {
			t.Errorf("%s: %+v, %v", tt.name, got, err)
		}
	}
}

func TestListOf(t *testing.T) {
	tests := []struct {
		name, in, want string // want "" means no list
	}{
		{"array", `[{"id":"1"}]`, `[{"id":"1"}]`},
		{"null", `null`, `[]`},
		{"empty object", `{}`, `[]`},
		{"empty text", `""`, `[]`},
		{"one object", `{"id":"1","x":2}`, `[{"id":"1","x":2}]`},
		{"object of objects", `{"b":{"id":"2"},"a":{"id":"1"}}`, `[{"id":"1"},{"id":"2"}]`},
		{"page", `{"totalCount":1,"list":[{"id":"1"}]}`, `[{"id":"1"}]`},
		{"page of one", `{"list":{"id":"1"}}`, `[{"id":"1"}]`},
		{"text of an array", `"[{\"id\":\"1\"}]"`, `[{"id":"1"}]`},
		{"text of an object", `"{\"id\":\"1\"}"`, `[{"id":"1"}]`},
		{"prose", `"none"`, ``},
		{"number", `7`, ``},
		{"object of scalars", `{"a":1}`, ``},
		{"text of text", `"\"[]\""`, ``},
		{"page of page", `{"list":{"list":[]}}`, ``},
	}
	for _, tt := range tests {
		got, ok := listOf(parsed(t, tt.in))
		if ok != (tt.want != "") {
			t.Errorf("%s: ok = %v", tt.name, ok)
		} else if ok {
			if d := cmp.Diff(parsed(t, tt.want), any(got)); d != "" {
				t.Errorf("%s:\n%s", tt.name, d)
			}
		}
	}
}

// Free trees: the JSON text of an array becomes that array, at every level, and
// nothing else does; keys are never renamed.
func TestFreeTrees(t *testing.T) {
	in := `{"scopes":"[\"a\"]","none":"[]","text":"[a]","numbers":"[1]","object":"{\"a\":1}","deep":{"x":"[\"b\"]"},
		"n":600.0,"m":6e2,"h":1.5,"big":123456789012345678901234567890.0,"clientId":"1","clientID":"2",
		"rows":"[{\"x\":\"[1.0,\\\"[true]\\\"]\",\"y\":null}]","open":"[1","prose":"[1] and [2]"}`
	want := `{"scopes":["a"],"none":[],"text":"[a]","numbers":[1],"object":"{\"a\":1}","deep":{"x":["b"]},
		"n":600,"m":600,"h":1.5,"big":123456789012345678901234567890.0,"clientId":"1","clientID":"2",
		"rows":[{"x":[1,[true]],"y":null}],"open":"[1","prose":"[1] and [2]"}`
	d := decoder{secret: func(model.Path) bool { return false }, texts: true}
	if d := cmp.Diff(parsed(t, want), d.value(nil, parsed(t, in))); d != "" {
		t.Error(d)
	}
	d.texts = false
	if got := d.value(nil, "[1]"); got != "[1]" {
		t.Errorf("a text that a person wrote became %v", got)
	}
}

func TestWrap(t *testing.T) {
	d := decoder{texts: true, secret: func(p model.Path) bool { return testSecrets(model.Connection, "oidc", p) }}
	got := d.value(model.Path{"fields"}, parsed(t, `{"text":"[{\"iSecret\":\"y\"},7]","jSecret":["[1]"],"aSecret":"x","bSecret":"","cSecret":null,"dSecret":{"k":1},"eSecret":{},
		"fSecret":true,"gSecret":7,"list":[{"hSecret":"y","plain":"z"}],"secretary":"no"}`))
	want := tree{
		"text": []any{tree{"iSecret": model.SecretValue("", "y")}, json.Number("7")}, "jSecret": model.SecretValue("", "[[1]]"), "aSecret": model.SecretValue("", "x"), "bSecret": "", "cSecret": nil, "dSecret": model.SecretValue("", `{"k":1}`), "eSecret": tree{},
		"fSecret": true, "gSecret": model.SecretValue("", "7"), "list": []any{tree{"hSecret": model.SecretValue("", "y"), "plain": "z"}}, "secretary": "no",
	}
	if d := cmp.Diff(any(want), got); d != "" {
		t.Error(d)
	}
}

func TestSame(t *testing.T) {
	tests := []struct {
		a, b any
		want bool
	}{
		{nil, nil, true},
		{nil, "", true},
		{nil, []any{}, true},
		{nil, tree{}, true},
		{"", nil, true},
		{nil, "x", false},
		{nil, false, false},
		{"", []any{}, false},
		{[]any{}, tree{}, false},
		{[]any{"a", "b"}, []any{"b", "a"}, true},
		{[]any{"a", "a"}, []any{"a", "b"}, false},
		{[]any{"a"}, "a", false},
		{json.Number("600"), json.Number("600.0"), true},
		{json.Number("1"), "1", false},
		{"a", tree{}, false},
		{true, true, true},
		{true, false, false},
		{model.SecretValue("x", "1"), model.SecretValue("", "1"), true},
		{model.SecretValue("", "1"), "1", false},
		{"1", model.SecretValue("", "1"), false},
		{"[1]", []any{json.Number("1")}, true},
		{[]any{"b", "a"}, `["a","b"]`, true},
		{"[1]", "[1]", true},
		{"[1]", "[1 ]", false},
		{"[a]", []any{"a"}, false},
		{[]any{"[1]"}, []any{[]any{json.Number("1")}}, true},
	}
	for _, tt := range tests {
		if got := same(tt.a, tt.b); got != tt.want {
			t.Errorf("same(%v, %v) = %v", tt.a, tt.b, got)
		}
	}
}

func FuzzEnvelope(f *testing.F) {
	for _, s := range []string{`{"statusCode":200,"data":{}}`, `{"code":"200"}`, `{`, `<html>`, `[]`, `{"statusCode":1e99}`, "\xff"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		one, err := decodeEnvelope(body)
		if err != nil && one != (envelope{}) {
			t.Errorf("an error and an envelope: %+v, %v", one, err)
		}
		if err == nil && !json.Valid(body) {
			t.Error("what is not JSON passed")
		}
	})
}

// Decoding twice is decoding once, whatever the server sends, and no secret
// survives in clear.
func FuzzNormalise(f *testing.F) {
	app, err := json.Marshal(portal())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(app)
	for _, s := range []string{
		`{"id":"1","fields":"{\"clientSecret\":\"x\",\"s\":\"[\\\"[]\\\"]\"}"}`, `{"loginConfig":"{}","redirectUris":{"a":1}}`,
		`{"initLoginUri":["[\"a\"]"],"oidcConfig":{"grant_types":{"list":{"list":1}}}}`, `{"fields":{"n":1e400,"m":-0.0}}`,
		`{"loginConfig":{"enabledExtIdpConns":"[{\"extIdpConnId\":\"1\"}]","defaultLoginMethod":"{}"}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var one, two tree
		if decodeJSON(body, &one) != nil || one == nil {
			return
		}
		if decodeJSON(body, &two) != nil {
			t.Fatal("the same bytes decode and do not")
		}
		decode := func(t tree) tree {
			v := newV3(nil, testSecrets)
			if fixObject(t, "fields") == nil {
				delete(t, "fields")
			}
			return v.applicationTree(v.connection(t, true))
		}
		again := decode(decode(one))
		if d := cmp.Diff(decode(two), again); d != "" {
			t.Error(d)
		}
		if fields, ok := again["fields"].(tree); ok {
			if s, plain := fields["clientSecret"].(string); plain && s != "" {
				t.Error("a secret in clear")
			}
		}
		c := &Client{cache: newCache(), names: newNames()}
		again["appId"], again["id"] = "a", "c"
		c.cache.putConnection(again)
		c.cache.apps.put(again)
		c.State(nil)
	})
}
