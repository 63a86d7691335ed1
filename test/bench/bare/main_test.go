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

// TestSameImports holds the list to what the packages of idpsync import: one too
// many would make row 11 easy, one too few hard.
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
	slices.Sort(here)
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
		ours, theirs := strings.HasPrefix(from, module), strings.HasPrefix(to, module)
		if ours && !theirs && to != "embed" && to != "unsafe" { // these two do nothing
			there = append(there, to)
		}
	}
	slices.Sort(there)
	if there = slices.Compact(there); !slices.Equal(here, there) {
		t.Errorf("bare imports\n%v\nidpsync imports\n%v", here, there)
	}
}
