package schema_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/schema"
)

const sent = `{"type": "acme", "connectionTmpls": [{"type": "acme:web", "fields": [{"key": "token", "type": "input", "required": true}]}], "name": "A <b>", "n": 1e2}`

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.FixedZone("", 3600))

func stamp(t *testing.T, answer string) []byte {
	t.Helper()
	file, err := schema.Stamp([]byte(answer), "acme", "https://core.example.com", noon)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func own(t *testing.T, files map[string]string) *schema.Catalog {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys["schemas/templates/"+name] = &fstest.MapFile{Data: []byte(text)}
	}
	c, err := schema.Bundled().WithTemplates(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// What Stamp makes is a template of the project, pulled, that says when and from
// where; the server's own keys, order and numbers stay as they were sent.
func TestStamp(t *testing.T) {
	file := string(stamp(t, sent))
	for _, want := range []string{`"source": "https://core.example.com"`, `"pulledAt": "2026-11-22T11:00:00Z"`, `"A <b>"`, `1e2`} {
		if !strings.Contains(file, want) {
			t.Errorf("no %s in\n%s", want, file)
		}
	}
	if strings.Index(file, "connectionTmpls") > strings.Index(file, `"name"`) || !strings.HasSuffix(file, "}\n") {
		t.Errorf("the server's order is lost:\n%s", file)
	}
	info, _ := own(t, map[string]string{"acme.json": file}).Type("acme:web")
	if info.Provenance != schema.Pulled || info.PulledAt != "2026-11-22T11:00:00Z" || info.Source != "https://core.example.com" {
		t.Errorf("%+v", info)
	}
	if whole := string(stamp(t, `{"code": 200, "message": "ok", "data": `+sent+`}`)); whole != file {
		t.Errorf("the whole answer gives\n%s", whole)
	}
}

func TestStampRefuses(t *testing.T) {
	for answer, want := range map[string]string{
		strings.Replace(sent, `"acme"`, `"other"`, 1): "connection template of acme: the server sent the one of other",
		`{"code": 404, "data": null}`:                 "without a template (code 404)",
		`<html>`:                                      "not valid JSON",
	} {
		if _, err := schema.Stamp([]byte(answer), "acme", "h", noon); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", answer, err)
		}
	}
}

// A server cannot pass off its answer as checked by us, nor as a bundled one.
func TestStampDropsAForeignMark(t *testing.T) {
	forged := strings.Replace(sent, "{", `{"x-idpsync": {"provenance": "documented", "digest": "sha256:00"},`, 1)
	file := stamp(t, forged)
	info, _ := own(t, map[string]string{"acme.json": string(file)}).Type("acme:web")
	if info.Provenance != schema.Pulled || strings.Count(string(file), "x-idpsync") != 1 {
		t.Errorf("%+v\n%s", info, file)
	}
}

func TestStamped(t *testing.T) {
	file := stamp(t, sent)
	const host = "https://core.example.com"
	reordered := `{"n": 1e2, ` + strings.Replace(sent[1:], `, "n": 1e2`, "", 1)
	for _, c := range []struct {
		name, file, answer, source string
		want                       bool
	}{
		{"the same", string(file), sent, host, true},
		{"another order of keys", string(file), reordered, host, true},
		{"inside the whole answer", string(file), `{"code": 200, "data": ` + sent + `}`, host, true},
		{"another host", string(file), sent, "https://core.example.org", false},
		{"another answer", string(file), strings.Replace(sent, "token", "pin", 1), host, false},
		{"an edited file", strings.Replace(string(file), "token", "pin", 1), sent, host, false},
		{"an edited file that is right by chance", strings.Replace(string(file), "token", "pin", 1), strings.Replace(sent, "token", "pin", 1), host, false},
		{"no stamp", sent, sent, host, false},
		{"no JSON", "{", sent, host, false},
	} {
		if got := schema.Stamped([]byte(c.file), []byte(c.answer), c.source); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// An edit of a pulled template makes it the project's own word; a new layout
// does not.
func TestEdited(t *testing.T) {
	file := string(stamp(t, sent))
	if c := own(t, map[string]string{"acme.json": strings.ReplaceAll(file, "  ", "\t")}); len(c.Edited()) > 0 {
		t.Errorf("a new layout counts as an edit: %v", c.Edited())
	}
	c := own(t, map[string]string{"acme.json": strings.Replace(file, "token", "pin", 1)})
	want := []schema.Edited{{File: "schemas/templates/acme.json", Source: "https://core.example.com", PulledAt: "2026-11-22T11:00:00Z"}}
	if !slices.Equal(c.Edited(), want) {
		t.Errorf("%v", c.Edited())
	}
	if info, _ := c.Type("acme:web"); info.Provenance != schema.Local {
		t.Errorf("%+v", info)
	}
	if len(schema.Bundled().Edited()) > 0 {
		t.Error("the bundled catalogue changed")
	}
}

// Only a pulled template says which connection types a provider type has.
func TestRefuses(t *testing.T) {
	c := own(t, map[string]string{
		"acme.json":   string(stamp(t, sent)),
		"github.json": `{"type": "github", "connectionTmpls": [{"type": "github"}]}`,
	})
	for types, want := range map[[2]string]bool{
		{"acme", "acme:web"}: false, {"acme", "acme:mobile"}: true, {"acme", "oidc"}: true,
		{"github", "github:mobile"}: false, {"oidc", "oidc:new"}: false, {"never", "heard"}: false,
	} {
		if got := c.Refuses(types[0], types[1]); got != want {
			t.Errorf("%v: %v", types, got)
		}
	}
}

func TestProviderTypesOf(t *testing.T) {
	var all []*model.Resource
	add := func(kind model.Kind, typ any) {
		all = append(all, &model.Resource{Key: model.Key{Kind: kind, Name: "x"}, Attributes: map[string]any{"type": typ}})
	}
	for _, typ := range []any{"saml", "acme", "saml", 7, "", "../up", nil} {
		add(model.IdentityProvider, typ)
	}
	for _, typ := range []any{"wechat:pc", "lark-public", "never:heard", "ad-kerberos", nil} {
		add(model.Connection, typ)
	}
	add(model.Application, "web")
	got := schema.Bundled().ProviderTypesOf(slices.Values(all))
	if want := []string{"acme", "lark", "saml", "wechat"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
