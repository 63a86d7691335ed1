package peers

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// The ids of the two schemas that users point an editor at.
const (
	bundleID  = "https://idpsync.dev/schemas/idpsync.schema.json"
	projectID = "https://idpsync.dev/schemas/project.schema.json"
)

// question and verdict are what judge.mjs reads and prints.
type question struct {
	Schemas   []string   `json:"schemas"`
	Documents []document `json:"documents"`
}

type document struct {
	File   string `json:"file"`
	Schema string `json:"schema"`
	Pieces bool   `json:"pieces"`
}

type verdict struct {
	Schemas []struct {
		File, Complaint string
	}
	Documents []judged
}

type judged struct {
	File       string
	Index      int
	Schema     string
	Complaints []complaint
}

type complaint struct{ Pointer, Keyword, Message string }

func ask(t *testing.T, docs []document) verdict {
	t.Helper()
	bin := node(t)
	q, err := json.Marshal(question{files(t, schemaDir, ".schema.json"), docs})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bin, "judge.mjs")
	cmd.Stdin = bytes.NewReader(q)
	out, err := run(2*time.Minute, cmd)
	if err != nil {
		t.Fatal(err)
	}
	var v verdict
	if err := json.Unmarshal(out, &v); err != nil {
		t.Fatalf("judge.mjs printed no verdict: %v", err)
	}
	return v
}

func documents(list []string, pieces bool) []document {
	var docs []document
	for _, f := range list {
		id := bundleID
		if isProject(f) {
			id = projectID
		}
		docs = append(docs, document{f, id, pieces})
	}
	return docs
}

// TestSchemasCompile holds every published schema to the strict mode of Ajv,
// which refuses unknown keywords and formats, references to nowhere, and
// keywords that cannot have an effect.
func TestSchemasCompile(t *testing.T) {
	v := ask(t, []document{})
	if want := len(files(t, schemaDir, ".schema.json")); len(v.Schemas) != want {
		t.Fatalf("Ajv judged %d schemas of %d", len(v.Schemas), want)
	}
	for _, s := range v.Schemas {
		if s.Complaint != "" {
			t.Errorf("%s: %s", short(s.File), s.Complaint)
		}
	}
}

// TestExamplesAreValid holds the examples to the schemas of whole documents and
// to those of their parts.
func TestExamplesAreValid(t *testing.T) {
	list := examples(t)
	v := ask(t, documents(list, true))
	for _, f := range list {
		if !slices.ContainsFunc(v.Documents, func(j judged) bool { return j.File == f }) {
			t.Errorf("%s: Ajv saw no document in it", short(f))
		}
	}
	for _, j := range v.Documents {
		for _, c := range j.Complaints {
			t.Errorf("%s, document %d, by %s: %s: %s (%s)", short(j.File), j.Index, j.Schema, c.Pointer, c.Message, c.Keyword)
		}
	}
}

// TestFineIsAccepted holds the schemas of whole documents to what no example
// shows, and to the files of every connection type that validate is silent about.
// The parts have no say: variables are replaced before they are asked.
func TestFineIsAccepted(t *testing.T) {
	types, err := filepath.Glob("../../testdata/validate/ok/type-*.yaml")
	if err != nil || len(types) < 70 {
		t.Fatalf("found the files of %d connection types, %v", len(types), err)
	}
	v := ask(t, documents(append(files(t, fineDir, ".yaml"), types...), false))
	for _, j := range v.Documents {
		for _, c := range j.Complaints {
			t.Errorf("%s, document %d: %s: %s (%s)", short(j.File), j.Index, c.Pointer, c.Message, c.Keyword)
		}
	}
}

// TestBrokenAreRefused wants complaints about the one mistake of a file and
// about nothing else in it.
func TestBrokenAreRefused(t *testing.T) {
	mistakes := broken(t)
	var list []string
	for _, m := range mistakes {
		list = append(list, m.file)
	}
	v := ask(t, documents(list, false))
	for _, m := range mistakes {
		t.Run(short(m.file), func(t *testing.T) { m.refused(t, v) })
	}
}

func (m mistake) refused(t *testing.T, v verdict) {
	hit := false
	for _, j := range v.Documents {
		if j.File != m.file {
			continue
		}
		for _, c := range j.Complaints {
			if j.Index == m.document && c.Pointer == m.pointer {
				hit = true
				continue
			}
			t.Errorf("document %d: complaint at %s, where nothing is wrong: %s (%s)", j.Index, c.Pointer, c.Message, c.Keyword)
		}
	}
	if !hit {
		t.Errorf("document %d: no complaint at %s", m.document, m.pointer)
	}
}
