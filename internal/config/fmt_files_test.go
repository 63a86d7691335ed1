package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/config"
)

// TestFormatLeavesWhatSomebodySaves changes a file between the look at it and
// the write.
func TestFormatLeavesWhatSomebodySaves(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put("idpsync.yaml", "apiVersion: idpsync/v1\nkind: Project\ntargets: {local: {sandbox: {}}}\n")
	put("a.yaml", "kind: IdentityProvider\napiVersion: idpsync/v1\n")
	f, found, err := config.OpenFormatter(dir)
	if err != nil || len(found) > 0 {
		t.Fatal(err, found)
	}
	defer f.Close()
	files := f.Check([]string{"a.yaml"})
	if !files[0].Changed {
		t.Fatal("a.yaml is laid out well already")
	}
	saved := "kind: Application\napiVersion: idpsync/v1\n"
	put("a.yaml", saved)
	if err := f.Write(files[0]); err == nil || !strings.Contains(err.Error(), "changed by somebody else") {
		t.Errorf("written over with %v", err)
	}
	if got, err := os.ReadFile(filepath.Join(dir, "a.yaml")); err != nil || string(got) != saved {
		t.Errorf("the file says %q (%v), not what was saved", got, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("%d files are left (%v): %v", len(entries), err, entries)
	}
}
