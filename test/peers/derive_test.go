package peers

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"testing"
	"time"
)

// fewestDerived keeps the corpus from being empty unnoticed.
const fewestDerived = 250

// TestDerivedCompile holds what is derived from random templates, and the bundle
// of all of them, to the strict mode of Ajv. The templates are those of
// internal/schema, whose own test holds the same schemas to another validator.
func TestDerivedCompile(t *testing.T) {
	bin := node(t)
	dir := t.TempDir()
	generate := exec.Command(program(t, "go"), "test", "./internal/schema", "-count=1", "-run", "^TestRandom", "-corpus", dir)
	generate.Dir = "../.."
	if _, err := run(5*time.Minute, generate); err != nil {
		t.Fatal(err)
	}
	derived := files(t, dir, ".schema.json")
	if len(derived) < fewestDerived {
		t.Fatalf("%d schemas were derived, not the %d there should be at least", len(derived), fewestDerived)
	}
	q, err := json.Marshal(question{derived, []document{}})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bin, "judge.mjs")
	cmd.Stdin = bytes.NewReader(q)
	out, err := run(5*time.Minute, cmd)
	if err != nil {
		t.Fatal(err)
	}
	var v verdict
	if err := json.Unmarshal(out, &v); err != nil {
		t.Fatalf("judge.mjs printed no verdict: %v", err)
	}
	if len(v.Schemas) != len(derived) {
		t.Fatalf("Ajv judged %d schemas of %d", len(v.Schemas), len(derived))
	}
	for _, s := range v.Schemas {
		if s.Complaint != "" {
			t.Errorf("%s: %s", short(s.File), s.Complaint)
		}
	}
}
