package packaging

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestThreatModelIsKept: each test that the threat model names is there.
func TestThreatModelIsKept(t *testing.T) {
	known := map[string]string{} // test to the folders that have it
	function := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	for _, top := range []string{"cmd", "internal", "test"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			dir, _ := filepath.Rel(root, filepath.Dir(path))
			for _, m := range function.FindAllStringSubmatch(string(text), -1) {
				known[m[1]] += " " + filepath.ToSlash(dir)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	text := read(t, filepath.Join(root, "THREAT_MODEL.md"))
	named := regexp.MustCompile("`((?:Test|Fuzz)\\w+)`").FindAllStringSubmatch(text, -1)
	for _, m := range named {
		if known[m[1]] == "" {
			t.Errorf("THREAT_MODEL.md names %s, and there is no such test", m[1])
		}
	}
	// A list of tests that ends with a folder is of that folder.
	for _, m := range regexp.MustCompile("((?:`(?:Test|Fuzz)\\w+`, )*`(?:Test|Fuzz)\\w+`),? \\(?((?:internal|test)/\\w+)").FindAllStringSubmatch(text, -1) {
		for _, one := range regexp.MustCompile(`(?:Test|Fuzz)\w+`).FindAllString(m[1], -1) {
			if !strings.Contains(known[one]+" ", " "+m[2]+" ") {
				t.Errorf("THREAT_MODEL.md says that %s is in %s, and it is in%s", one, m[2], known[one])
			}
		}
	}
	for _, m := range regexp.MustCompile("`([a-z0-9-]+\\.txtar)`").FindAllStringSubmatch(text, -1) {
		if _, err := os.Stat(filepath.Join(root, "testdata/script", m[1])); err != nil {
			t.Errorf("THREAT_MODEL.md names %s, and there is no such script", m[1])
		}
	}
	if len(named) < 40 {
		t.Errorf("THREAT_MODEL.md names only %d tests", len(named))
	}
}
