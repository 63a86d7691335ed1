package peers

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	schemaDir  = "../../schemas"
	exampleDir = "../../examples/config"
	fineDir    = "testdata/fine"
	brokenDir  = "testdata/broken"
)

// fewestBroken keeps the folder of mistakes from being emptied unnoticed.
const fewestBroken = 12

func hasSuffix(path string, suffixes []string) bool {
	return slices.ContainsFunc(suffixes, func(s string) bool { return strings.HasSuffix(path, s) })
}

func examples(t *testing.T) []string { return files(t, exampleDir, ".yaml", ".yml") }

// isProject tells by the name of a file which of the two schemas governs it.
func isProject(file string) bool {
	name := filepath.Base(file)
	return name == "idpsync.yaml" || strings.HasPrefix(name, "project-")
}

// mistake is the one thing that is wrong with a file of testdata/broken.
type mistake struct {
	file     string
	line     int // from 0
	document int // from 0, within the file
	pointer  string
}

var want = regexp.MustCompile(`# want (/\S*)$`)

// broken reads the marks of all files of testdata/broken.
func broken(t *testing.T) []mistake {
	t.Helper()
	var all []mistake
	for _, f := range files(t, brokenDir, ".yaml") {
		all = append(all, marked(t, f))
	}
	if len(all) < fewestBroken {
		t.Fatalf("%s holds %d files, not the %d that it should at least", brokenDir, len(all), fewestBroken)
	}
	return all
}

func marked(t *testing.T, file string) mistake {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var marks []mistake
	document := 0
	for i, line := range strings.Split(string(text), "\n") {
		if line == "---" {
			document++
		}
		if m := want.FindStringSubmatch(line); m != nil {
			marks = append(marks, mistake{file, i, document, m[1]})
		}
	}
	if len(marks) != 1 {
		t.Fatalf("%s has %d lines that end in \"# want POINTER\", not one", file, len(marks))
	}
	return marks[0]
}

// short is the name of a file in the output of a test.
func short(file string) string {
	dir, name := filepath.Split(file)
	return filepath.Base(dir) + "/" + name
}
