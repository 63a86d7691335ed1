package peers

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// editor is yaml-language-server with our schemas, as an editor would run it.
type editor struct{ *conn }

type position struct {
	Line      int `json:"line"`
	Character int `json:"character"`
}

// finding is one diagnostic of the server.
type finding struct {
	Range   struct{ Start, End position }
	Message string
}

// mapped gives a schema to every document of a file. A comment at the top of a
// file names the schema of its first document only, so the settings do it.
func mapped(t *testing.T) map[string]any {
	return map[string]any{
		uri(t, schemaDir+"/project.schema.json"): []string{"idpsync.yaml", "project-*.yaml"},
		uri(t, schemaDir+"/idpsync.schema.json"): []string{"*.yaml", "!idpsync.yaml", "!project-*.yaml"},
	}
}

// startEditor starts the server and waits until it knows its settings; schemas
// are the files that each schema is for, besides what the files say themselves.
func startEditor(t *testing.T, schemas map[string]any) editor {
	t.Helper()
	bin := node(t)
	settings := map[string]any{"yaml": map[string]any{
		"validate": true, "hover": true, "completion": true,
		"schemaStore":        map[string]any{"enable": false},
		"kubernetesCRDStore": map[string]any{"enable": false},
		"schemas":            schemas,
	}}
	e := editor{talk(t, 5*time.Minute, settings, bin, "node_modules/yaml-language-server/bin/yaml-language-server", "--stdio")}
	var capabilities any
	must(t, e.call("initialize", abilities(t), &capabilities))
	must(t, e.notify("initialized", map[string]any{}))
	select {
	case <-e.ready:
	case <-e.gone:
		t.Fatal("the language server ended before it asked for its settings")
	}
	return e
}

// abilities tells the server what an editor like ours can do.
func abilities(t *testing.T) map[string]any {
	return map[string]any{
		"processId": os.Getpid(),
		"rootUri":   uri(t, "../.."),
		"capabilities": map[string]any{
			"workspace": map[string]any{"configuration": true},
			"textDocument": map[string]any{
				"hover":      map[string]any{"contentFormat": []string{"markdown"}},
				"completion": map[string]any{"completionItem": map[string]any{"snippetSupport": false}},
			},
		},
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func uri(t *testing.T, path string) string {
	t.Helper()
	abs, err := filepath.Abs(path)
	must(t, err)
	slashed := filepath.ToSlash(abs)
	if !strings.HasPrefix(slashed, "/") {
		slashed = "/" + slashed
	}
	return (&url.URL{Scheme: "file", Path: slashed}).String()
}

// open shows the server a text under the name of a file.
func (e editor) open(t *testing.T, file, text string) {
	t.Helper()
	must(t, e.notify("textDocument/didOpen", map[string]any{"textDocument": map[string]any{
		"uri": uri(t, file), "languageId": "yaml", "version": 1, "text": text,
	}}))
}

func (e editor) openAll(t *testing.T, list []string) {
	t.Helper()
	for _, f := range list {
		text, err := os.ReadFile(f)
		must(t, err)
		e.open(t, f, string(text))
	}
}

// findings waits for what the server thinks of an open file.
func (e editor) findings(t *testing.T, file string) []finding {
	t.Helper()
	m, err := e.wait(e.noticesOf(uri(t, file)))
	must(t, err)
	var about struct{ Diagnostics []finding }
	must(t, json.Unmarshal(m.Params, &about))
	return about.Diagnostics
}

func (e editor) hover(t *testing.T, file string, at position) string {
	t.Helper()
	var answer struct{ Contents struct{ Value string } }
	must(t, e.call("textDocument/hover", place(t, file, at), &answer))
	return answer.Contents.Value
}

// complete gives the labels that the server offers.
func (e editor) complete(t *testing.T, file string, at position) []string {
	t.Helper()
	var answer struct{ Items []struct{ Label string } }
	must(t, e.call("textDocument/completion", place(t, file, at), &answer))
	var labels []string
	for _, i := range answer.Items {
		labels = append(labels, i.Label)
	}
	return labels
}

func place(t *testing.T, file string, at position) map[string]any {
	return map[string]any{"textDocument": map[string]any{"uri": uri(t, file)}, "position": at}
}

// TestEditorAcceptsExamples wants silence about every example and every fine
// document, and proof that it is not the silence of a server that found no
// schema: it explains "kind" of every document.
func TestEditorAcceptsExamples(t *testing.T) {
	e := startEditor(t, mapped(t))
	list := append(examples(t), files(t, fineDir, ".yaml")...)
	e.openAll(t, list)
	for _, f := range list {
		e.silent(t, f)
		kinds := kindLines(t, f)
		if len(kinds) == 0 {
			t.Errorf("%s: no line starts with \"kind:\"", short(f))
		}
		for _, line := range kinds {
			e.explains(t, f, line)
		}
	}
}

// TestEditorFollowsComment wants the same of the first document of every example
// from a server that has no settings of ours: the comment at the top of each file
// leads to the schema.
func TestEditorFollowsComment(t *testing.T) {
	e := startEditor(t, nil)
	list := examples(t)
	e.openAll(t, list)
	for _, f := range list {
		e.silent(t, f)
		if kinds := kindLines(t, f); len(kinds) > 0 {
			e.explains(t, f, kinds[0])
		}
	}
}

func (e editor) silent(t *testing.T, file string) {
	t.Helper()
	for _, d := range e.findings(t, file) {
		t.Errorf("%s:%d:%d: %s", short(file), d.Range.Start.Line+1, d.Range.Start.Character+1, d.Message)
	}
}

func (e editor) explains(t *testing.T, file string, line int) {
	t.Helper()
	if e.hover(t, file, position{line, 1}) == "" {
		t.Errorf("%s:%d: the editor has nothing to say about this document: it found no schema", short(file), line+1)
	}
}

// kindLines gives the line of "kind" of each document of a file, from 0.
func kindLines(t *testing.T, file string) []int {
	t.Helper()
	text, err := os.ReadFile(file)
	must(t, err)
	var lines []int
	for i, line := range strings.Split(string(text), "\n") {
		if strings.HasPrefix(line, "kind:") {
			lines = append(lines, i)
		}
	}
	return lines
}

// TestEditorMarksBroken wants each mistake marked on its line, and nothing else.
func TestEditorMarksBroken(t *testing.T) {
	e := startEditor(t, mapped(t))
	mistakes := broken(t)
	for _, m := range mistakes {
		e.openAll(t, []string{m.file})
	}
	for _, m := range mistakes {
		t.Run(short(m.file), func(t *testing.T) {
			found := e.findings(t, m.file)
			if len(found) == 0 {
				t.Errorf("line %d: not marked", m.line+1)
			}
			for _, d := range found {
				if d.Range.Start.Line != m.line {
					t.Errorf("line %d: %s; the mistake is on line %d", d.Range.Start.Line+1, d.Message, m.line+1)
				}
			}
		})
	}
}
