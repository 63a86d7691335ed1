package peers

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// draft is a file that somebody is writing: the type of its second connection is
// not there yet.
const draft = `apiVersion: idpsync/v1
kind: Connection
metadata: {name: hub}
spec:
  provider: hub
  type: github
  fields:
    clientID: hub
    clientSecret: {secretFrom: {env: HUB}}
---
apiVersion: idpsync/v1
kind: Connection
metadata: {name: corp}
spec:
  provider: corp
  type: 
`

var (
	atClientID     = position{Line: 7, Character: 8}
	atClientSecret = position{Line: 8, Character: 8}
	atType         = position{Line: 15, Character: 8}
)

// TestEditorExplains wants what the template of a connection type calls a field,
// and what it says of it in both languages, also where a reference stands.
func TestEditorExplains(t *testing.T) {
	e := startEditor(t, mapped(t))
	file := filepath.Join(exampleDir, "draft.yaml") // only a name: nothing is written
	e.open(t, file, draft)
	id, secret := ofGitHub(t, "clientID"), ofGitHub(t, "clientSecret")
	tests := []struct {
		key  string
		at   position
		want []string
	}{
		{"clientID", atClientID, append(strings.Split(id.Description, "\n"), id.Title)},
		{"clientSecret", atClientSecret, append(strings.Split(secret.Description, "\n"), secret.Title)},
	}
	for _, tt := range tests {
		said := e.hover(t, file, tt.at)
		for _, words := range tt.want {
			if !strings.Contains(said, words) {
				t.Errorf("hover on %s says %q, want %q in it", tt.key, said, words)
			}
		}
	}
}

type words struct{ Title, Description string }

// ofGitHub reads what the published schema says of a field of GitHub's type.
func ofGitHub(t *testing.T, field string) words {
	t.Helper()
	text, err := os.ReadFile(schemaDir + "/connection/github.schema.json")
	must(t, err)
	var schema struct {
		Properties struct {
			Fields struct{ Properties map[string]words }
		}
	}
	must(t, json.Unmarshal(text, &schema))
	w := schema.Properties.Fields.Properties[field]
	if w.Title == "" || strings.Count(w.Description, "\n") != 1 {
		t.Fatalf("%s has the title %q and the description %q, want a title and a line in each language", field, w.Title, w.Description)
	}
	return w
}

// TestEditorOffersTypes wants every connection type that the API documents among
// the completions, those without a schema of their own too.
func TestEditorOffersTypes(t *testing.T) {
	e := startEditor(t, mapped(t))
	file := filepath.Join(exampleDir, "draft.yaml")
	e.open(t, file, draft)
	offered := e.complete(t, file, atType)
	for _, documented := range documentedTypes(t) {
		if !slices.Contains(offered, documented) {
			t.Errorf("completion of type does not offer %q", documented)
		}
	}
}

// documentedTypes reads the choices that the hand-written schema of connections
// gives for their type.
func documentedTypes(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(schemaDir + "/connection.schema.json")
	must(t, err)
	var schema struct {
		Properties struct {
			Type struct{ AnyOf []struct{ Enum []string } }
		}
	}
	must(t, json.Unmarshal(text, &schema))
	var types []string
	for _, choices := range schema.Properties.Type.AnyOf {
		types = append(types, choices.Enum...)
	}
	if len(types) < 70 {
		t.Fatalf("connection.schema.json offers %d types, want the 70-odd that are documented", len(types))
	}
	return types
}

// half is a connection whose fields and choices are still to be written.
const half = `apiVersion: idpsync/v1
kind: Connection
metadata: {name: hub}
spec:
  provider: hub
  type: github
  fields:
    clientID: hub
    c
    scopes:
      - 
`

// TestEditorOffersFields wants the keys of the type's template that are not there
// yet among the completions, and the choices of a list.
func TestEditorOffersFields(t *testing.T) {
	e := startEditor(t, mapped(t))
	file := filepath.Join(exampleDir, "half.yaml") // only a name: nothing is written
	e.open(t, file, half)
	keys := e.complete(t, file, position{Line: 8, Character: 5})
	for _, key := range []string{"clientSecret", "callbackURL"} {
		if !slices.Contains(keys, key) {
			t.Errorf("completion of fields offers %q, want %q among them", keys, key)
		}
	}
	if slices.Contains(keys, "clientID") || slices.Contains(keys, "issuerUrl") {
		t.Errorf("completion of fields offers %q, though one is there already and the other is of another type", keys)
	}
	scopes := e.complete(t, file, position{Line: 10, Character: 8})
	for _, scope := range []string{"read:user", "admin:org"} {
		if !slices.Contains(scopes, scope) {
			t.Errorf("completion of scopes offers %q, want %q among them", scopes, scope)
		}
	}
}
