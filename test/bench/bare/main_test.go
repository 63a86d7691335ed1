package main

import (
	"go/parser"
	"go/token"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/idpsync/idpsync"

// TestSameImports holds the list to what the packages of idpsync import. Each
// library must be here, and nothing else: one too many would make row 11 easy. Of
// the standard library some may be missing: that makes it harder.
func TestSameImports(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "main.go", nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	var here []string
	for _, i := range f.Imports {
		name, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		here = append(here, name)
	}
	const lines = `{{$own := .ImportPath}}{{range .Imports}}{{$own}} {{.}}{{"\n"}}{{end}}`
	cmd := exec.Command("go", "list", "-deps", "-f", lines, "./cmd/idpsync")
	cmd.Dir = "../../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var there []string
	for line := range strings.Lines(string(out)) {
		from, to, _ := strings.Cut(strings.TrimSpace(line), " ")
		if strings.HasPrefix(from, module) && !strings.HasPrefix(to, module) {
			there = append(there, to)
		}
	}
	for _, name := range here {
		if name != "fmt" && !slices.Contains(there, name) {
			t.Errorf("idpsync does not import %s", name)
		}
	}
	slices.Sort(there)
	for _, name := range slices.Compact(there) {
		if strings.Contains(name, ".") && !slices.Contains(here, name) {
			t.Errorf("idpsync imports %s", name)
		}
	}
}
