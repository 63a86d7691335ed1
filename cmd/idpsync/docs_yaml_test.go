package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/idpsync/idpsync/internal/cli"
)

// TestDocsData holds what the pages show as YAML or JSON: it can be read, and a
// document of idpsync is a good one. References to what the page does not show
// may be open. The pages of the rules have tests of their own.
func TestDocsData(t *testing.T) {
	documents := 0
	for _, p := range pages(t) {
		if p.madeByPrograms() {
			continue
		}
		for i := range p.blocks {
			b := &p.blocks[i]
			switch {
			case b.verb == "not run":
			case b.lang == "json" && !json.Valid([]byte(b.text)):
				t.Errorf("%s:%d: no valid JSON", p.name, b.line+1)
			case b.lang == "yaml" && b.info == "":
				documents += holdYAML(t, p, b)
			}
		}
	}
	if documents < 5 {
		t.Errorf("only %d documents of idpsync", documents)
	}
}

// holdYAML gives how many documents of idpsync there are in a block.
func holdYAML(t *testing.T, p *page, b *block) int {
	t.Helper()
	dir := t.TempDir()
	project := "apiVersion: idpsync/v1\nkind: Project\ntargets: {local: {sandbox: {}, vars: {domain: example.com}}, prod: {sandbox: {}, vars: {domain: example.com}}}\n"
	documents, ours := 0, ""
	for d := yaml.NewDecoder(strings.NewReader(plainVariables(b.text))); ; {
		var doc map[string]any
		err := d.Decode(&doc)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			var list []any // a block may show a list
			if yaml.Unmarshal([]byte(plainVariables(b.text)), &list) == nil {
				return 0
			}
			t.Errorf("%s:%d: %v", p.name, b.line+1, err)
			return 0
		}
		if v, _ := doc["apiVersion"].(string); strings.HasPrefix(v, "idpsync/") && doc["kind"] != "Fleet" {
			documents++
		}
	}
	if documents == 0 {
		return 0
	}
	for i, doc := range strings.Split("\n"+b.text, "\n---\n") {
		if strings.Contains("\n"+doc, "\nkind: Project") {
			project = doc
			continue
		}
		if i > 0 {
			ours += "---\n"
		}
		ours += doc + "\n"
	}
	for name, text := range map[string]string{"idpsync.yaml": project, "page.yaml": ours} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var out, errs bytes.Buffer
	env := cli.Env{Dir: dir, LookupEnv: func(string) (string, bool) { return "", false }, Environ: func() []string { return nil }}
	cli.Main(context.Background(), env, strings.NewReader(""), &out, &errs, []string{"validate", "-o", "json"})
	var found struct {
		Diagnostics []struct{ Code, Severity, File, Message string }
	}
	if err := json.Unmarshal(out.Bytes(), &found); err != nil {
		t.Fatalf("%s:%d: %v\n%s", p.name, b.line+1, err, errs.String())
	}
	for _, d := range found.Diagnostics {
		if d.Severity == "error" && !strings.HasPrefix(d.Code, "IDP02") && d.Code != "IDP0114" {
			t.Errorf("%s:%d: %s %s", p.name, b.line+1, d.Code, d.Message)
		}
	}
	return documents
}

// plainVariables lets a parser read variables that stand in a flow collection.
func plainVariables(s string) string { return strings.ReplaceAll(s, "${", "$(") }
