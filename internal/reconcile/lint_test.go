package reconcile_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/idpsync/idpsync/internal/config"
	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/reconcile"
)

var update = flag.Bool("update", false, "rewrite the wanted findings")

const realTarget = `apiVersion: idpsync/v1
kind: Project
targets:
  prod: {userPoolId: 62eaa95fe0a1b29a5295bf7c, host: https://api.authing.cn}
`

// TestLint: each fixture is a project and what is found in it on the first of
// November 2026; a project without idpsync.yaml has a real server as target.
func TestLint(t *testing.T) {
	files, err := filepath.Glob("../../testdata/lint/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no fixtures", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			want := &ar.Files[len(ar.Files)-1]
			got := findings(t, ar.Files[:len(ar.Files)-1])
			if *update {
				want.Data = []byte(got)
				if err := os.WriteFile(file, txtar.Format(ar), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if got != string(want.Data) {
				t.Errorf("found\n%swant\n%s", got, want.Data)
			}
		})
	}
}

func findings(t *testing.T, files []txtar.File) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range append([]txtar.File{{Name: config.ProjectFile, Data: []byte(realTarget)}}, files...) {
		if err := os.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	project, ds, err := config.Load(dir, config.Options{})
	if err != nil || diagnostic.HasErrors(ds) {
		t.Fatal(ds, err)
	}
	var out strings.Builder
	for name := range project.Targets {
		_, found := reconcile.Prepare(project, name, time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC))
		for _, d := range found {
			out.WriteString(d.Line(diagnostic.English) + "\n")
		}
	}
	return out.String()
}
