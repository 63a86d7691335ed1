package schema_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/idpsync/idpsync/internal/schema"
)

var update = flag.Bool("update", false, "write generated files anew")

const schemasDir = "../../schemas"

// TestGenerated fails when a generated file is missing, stale or left over.
func TestGenerated(t *testing.T) {
	files, err := schema.Bundled().Generated()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		path := filepath.Join(schemasDir, name)
		if *update {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is stale (%v): run go test ./internal/schema -run TestGenerated -update", name, err)
		}
	}
	there, err := filepath.Glob(filepath.Join(schemasDir, "connection", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range there {
		if _, ok := files["connection/"+filepath.Base(path)]; !ok {
			t.Errorf("%s belongs to no connection type", path)
		}
	}
}
