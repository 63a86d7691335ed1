package cli_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/cli"
)

const oneTemplate = `{"type":"acme","name":"Acme","connectionTmpls":[{"type":"acme","fields":[{"key":"region","label":"Region","type":"input","required":true}]}]}`

func TestSchemaList(t *testing.T) {
	dir := t.TempDir()
	call{dir: dir}.run(t, "schema", "list").want(t, cli.OK, []string{"TYPE", "github", "verbatim"}, nil)
	doc := call{dir: dir}.run(t, "schema", "list", "-o", "json").document(t, "schemas")
	if len(doc["types"].([]any)) < 10 {
		t.Errorf("got %v", doc)
	}
}

func TestSchemaShow(t *testing.T) {
	dir := t.TempDir()
	r := call{dir: dir}.run(t, "schema", "show", "github")
	r.want(t, cli.OK, []string{"clientID", "DO NOT EDIT"}, nil)
	if !json.Valid([]byte(r.stdout)) {
		t.Error("no JSON")
	}
	call{dir: dir}.run(t, "schema", "show", "githb").want(t, cli.Failure, nil, []string{"did you mean github?"})
}

func TestAProjectsOwnTemplatesCount(t *testing.T) {
	f := files("https://api.example.com")
	f["schemas/templates/acme.json"] = oneTemplate
	dir := project(t, f)
	call{dir: dir}.run(t, "schema", "list").want(t, cli.OK, []string{"acme", "local"}, nil)
	call{dir: t.TempDir()}.run(t, "schema", "-C", dir, "show", "acme").want(t, cli.OK, []string{"region"}, nil)
	f["schemas/templates/acme.json"] = "{"
	call{dir: project(t, f)}.run(t, "validate").want(t, cli.Failure, []string{"schemas/templates/acme.json"}, nil)
}

func TestSchemaDerive(t *testing.T) {
	dir := project(t, map[string]string{"one.json": oneTemplate, "bad.json": "nonsense"})
	file := call{dir: dir}.run(t, "schema", "derive", "one.json")
	file.want(t, cli.OK, []string{`"region"`, "2020-12"}, nil)
	if stdin := (call{dir: dir, stdin: oneTemplate}).run(t, "schema", "derive", "-"); stdin.stdout != file.stdout {
		t.Errorf("stdin gives %s", stdin.stdout)
	}
	two := strings.Replace(oneTemplate, `"connectionTmpls":[`, `"connectionTmpls":[{"type":"acme:pc","fields":[]},`, 1)
	var both map[string]json.RawMessage
	if err := json.Unmarshal([]byte(call{dir: dir, stdin: two}.run(t, "schema", "derive", "-").stdout), &both); err != nil || len(both) != 2 {
		t.Errorf("%v, %d schemas", err, len(both))
	}
	call{dir: dir}.run(t, "schema", "derive", "bad.json").want(t, cli.Failure, nil, []string{"bad.json"})
	call{dir: dir}.run(t, "schema", "derive", "none.json").want(t, cli.Failure, nil, []string{"none.json"})
}
