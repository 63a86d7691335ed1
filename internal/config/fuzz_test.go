package config

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/schema"
)

// FuzzLoadDocument feeds any bytes through everything a document goes through:
// no panic, every complaint has words and a place.
func FuzzLoadDocument(f *testing.F) {
	for _, pattern := range []string{"ok/*.yaml", "err/*.yaml"} {
		names, _ := filepath.Glob(filepath.Join("../../testdata/validate", pattern))
		for _, name := range names {
			data, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			return
		}
		p := &Project{
			Dir: dir, catalog: schema.Bundled(), targetNames: []string{"local"}, Policy: defaultPolicy(),
			Targets: map[string]*Target{"local": {Name: "local", Vars: map[string]any{"domain": "example.com", "list": []any{}}}},
		}
		parsed := &file{path: "x.yaml", data: string(data)}
		pf := parseDocuments(parsed)
		docs, found := pf.docs, slices.Clone(pf.found)
		p.admit(p.look(pf))
		d, more := p.Desired("local")
		checkFuzzed(t, append(found, more...))
		for r := range d.State.All() {
			if r.Key.Kind != model.Enablement && r.Source.Line < 1 {
				t.Errorf("%s has no source", r.Key)
			}
		}
		(&decoder{project: p}).decodeAny(docs)
	})
}

// decodeAny reads documents as if each were idpsync.yaml.
func (d *decoder) decodeAny(docs []*document) {
	d.project.Targets = map[string]*Target{}
	for _, doc := range docs {
		d.root(doc.root)
	}
}

func checkFuzzed(t *testing.T, found []diagnostic.Diagnostic) {
	t.Helper()
	for _, d := range found {
		if d.Range.Start.Line < 1 || d.Range.Start.Column < 1 || d.Range.End.Column <= d.Range.Start.Column {
			t.Errorf("odd range %v: %s", d.Range, d.Line(diagnostic.English))
		}
		if d.MessageIn(diagnostic.Chinese) == d.MessageIn(diagnostic.English) || diagnostic.Title(d.Code, diagnostic.English) == "" {
			t.Errorf("no words: %s", d.Line(diagnostic.English))
		}
	}
}
