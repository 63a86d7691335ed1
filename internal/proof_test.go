package internal_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// sources lists the Go files below the root of the module, by folder.
func sources(t *testing.T) map[string][]string {
	t.Helper()
	dirs := map[string][]string{}
	for _, root := range []string{"../internal", "../cmd"} {
		err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
			if err == nil && !e.IsDir() && filepath.Ext(path) == ".go" {
				dirs[filepath.Dir(path)] = append(dirs[filepath.Dir(path)], path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return dirs
}

// TestGoroutinesAreWatched: a package that starts goroutines ends its tests
// with goleak.
func TestGoroutinesAreWatched(t *testing.T) {
	watched := 0
	for dir, files := range sources(t) {
		starts, leak := false, false
		for _, path := range files {
			if strings.HasSuffix(path, "_test.go") {
				text, err := os.ReadFile(path)
				leak = leak || err == nil && strings.Contains(string(text), "goleak.")
			} else {
				starts = starts || startsGoroutine(t, path)
			}
		}
		if starts && !leak {
			t.Errorf("%s starts goroutines, and no test of it looks for those that stay (goleak.VerifyTestMain)", dir)
		}
		if starts {
			watched++
		}
	}
	t.Logf("packages that start goroutines: %d", watched)
}

// startsGoroutine finds a go statement, and the Go method of a WaitGroup.
func startsGoroutine(t *testing.T, path string) (found bool) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		return false // somebody else's test says so
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			found = true
		case *ast.SelectorExpr:
			found = found || n.Sel.Name == "Go"
		}
		return !found
	})
	return found
}

var fuzzTarget = regexp.MustCompile(`(?m)^func (Fuzz\w+)\(`)

// TestFuzzTargetsRun: make fuzz runs every target there is.
func TestFuzzTargetsRun(t *testing.T) {
	makefile, err := os.ReadFile("../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	listed := strings.Fields(string(makefile))
	n := 0
	for dir, files := range sources(t) {
		for _, path := range files {
			text, err := os.ReadFile(path)
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				continue
			}
			for _, m := range fuzzTarget.FindAllStringSubmatch(string(text), -1) {
				n++
				if want := strings.TrimPrefix(filepath.ToSlash(dir), "../internal/") + ":" + m[1]; !slices.Contains(listed, want) {
					t.Errorf("make fuzz does not run %s", want)
				}
			}
		}
	}
	if n == 0 {
		t.Error("no fuzz target found")
	}
}

var (
	proof    = regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9]+|[a-z0-9-]+\\.txtar)`")
	testFunc = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
)

// TestSafetyPage: docs/safety.md names no test that is not there.
func TestSafetyPage(t *testing.T) {
	page, err := os.ReadFile("../docs/safety.md")
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for _, files := range sources(t) {
		for _, path := range files {
			text, err := os.ReadFile(path)
			if err != nil {
				continue // gone since it was listed
			}
			for _, m := range testFunc.FindAllStringSubmatch(string(text), -1) {
				there[m[1]] = true
			}
		}
	}
	judges, _ := filepath.Glob("../test/*/*_test.go")
	for _, path := range judges {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range testFunc.FindAllStringSubmatch(string(text), -1) {
			there[m[1]] = true
		}
	}
	scripts, _ := filepath.Glob("../testdata/script/*.txtar")
	for _, s := range scripts {
		there[filepath.Base(s)] = true
	}
	named := proof.FindAllStringSubmatch(string(page), -1)
	for _, m := range named {
		if !there[m[1]] {
			t.Errorf("docs/safety.md: there is no %s", m[1])
		}
	}
	t.Logf("promises lean on %d tests", len(named))
}
