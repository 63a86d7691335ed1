package peers

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const fixtureDir = "../../testdata/validate"

// aroundFixture is the project that internal/config's test of the same files
// puts around a fixture that brings none.
const aroundFixture = `apiVersion: idpsync/v1
kind: Project
defaultTarget: local
targets:
  local: {sandbox: {}, vars: {domain: example.test, count: 3, on: true}}
  prod: {host: https://api.example.test, userPoolId: 62eaa95fe0a1b29a5295bf7c, vars: {domain: example.com, count: 5, on: false}}
`

// aboutValues are the codes of what a schema can know: a key is missing, a value
// has the wrong type or is not taken, a key is unknown, the envelope is wrong.
var aboutValues = []string{"IDP0102", "IDP0103", "IDP0104", "IDP0106", "IDP0109"}

// aboutReading are the codes of YAML that is not valid, or that idpsync refuses.
// What other programs make of such a file says nothing about schemas.
var aboutReading = []string{"IDP0101", "IDP0107", "IDP0108"}

// remark is what validate says about one place.
type remark struct {
	code         string
	line, column int    // from 1
	document     int    // from 0
	pointer      string // within the document
	warning      bool
}

func (r remark) String() string {
	return fmt.Sprintf("%s at %d:%d (%s)", r.code, r.line, r.column, r.pointer)
}

// aboutValue tells that a schema has to say the same.
func (r remark) aboutValue() bool { return !r.warning && slices.Contains(aboutValues, r.code) }

// text is one YAML file of a fixture, with what validate says of it.
type text struct {
	fixture string // its name below testdata/validate
	file    string // where it was put
	body    string
	remarks []remark
}

// unreadable tells that the file is not even read alike by everyone.
func (x *text) unreadable() bool {
	return slices.ContainsFunc(x.remarks, func(r remark) bool { return slices.Contains(aboutReading, r.code) })
}

// fixtures gives the YAML files of all fixtures but those with templates of
// their own, which the published schemas know nothing of.
func fixtures(t *testing.T) []text {
	t.Helper()
	program := idpsync(t)
	var all []text
	for _, f := range files(t, fixtureDir, ".yaml", ".txtar") {
		dir := t.TempDir()
		if unpack(t, f, dir) {
			all = append(all, validated(t, program, short(f), dir)...)
		}
	}
	if len(all) < 250 {
		t.Fatalf("%s holds %d files, not the 250 that it should at least", fixtureDir, len(all))
	}
	return all
}

// unpack makes a project of a fixture; false for one with its own templates.
func unpack(t *testing.T, file, dir string) bool {
	t.Helper()
	data, err := os.ReadFile(file)
	must(t, err)
	put(t, filepath.Join(dir, "idpsync.yaml"), aroundFixture)
	if filepath.Ext(file) == ".yaml" {
		put(t, filepath.Join(dir, filepath.Base(file)), string(data))
		return true
	}
	parts := strings.Split("\n"+string(data), "\n-- ")
	for _, part := range parts[1:] {
		name, body, _ := strings.Cut(part, " --\n")
		if strings.HasPrefix(name, "schemas/") {
			return false
		}
		path := filepath.Join(dir, filepath.FromSlash(name))
		must(t, os.MkdirAll(filepath.Dir(path), 0o755))
		put(t, path, body+"\n")
	}
	return true
}

// validated asks "idpsync validate" about a project.
func validated(t *testing.T, program, fixture, dir string) []text {
	t.Helper()
	out, _ := run(time.Minute, exec.Command(program, "validate", "-o", "json", "-C", dir)) // exit 1 is an answer
	var said struct {
		Diagnostics []struct {
			Code, Severity, File, Pointer string
			Range                         struct{ Start struct{ Line, Column int } }
		}
	}
	if err := json.Unmarshal(out, &said); err != nil {
		t.Fatalf("%s: validate printed no JSON: %v", fixture, err)
	}
	var all []text
	for _, f := range files(t, dir, ".yaml") {
		body, err := os.ReadFile(f)
		must(t, err)
		x := text{fixture: fixture, file: f, body: string(body)}
		for _, d := range said.Diagnostics {
			if filepath.Base(d.File) != filepath.Base(f) {
				continue
			}
			at := d.Range.Start
			x.remarks = append(x.remarks, remark{d.Code, at.Line, at.Column, documentAt(x.body, at.Line), d.Pointer, d.Severity == "warning"})
		}
		all = append(all, x)
	}
	return all
}

// documentAt tells which document of a file a line, from 1, belongs to.
func documentAt(body string, line int) int {
	n, content := 0, false
	for i, l := range strings.Split(body, "\n") {
		switch {
		case i >= line:
			return n
		case strings.HasPrefix(l, "---"):
			if content {
				n++
			}
			content = true
		case strings.TrimSpace(l) != "" && !strings.HasPrefix(l, "#"):
			content = true
		}
	}
	return n
}

// parent is the pointer of what holds the place.
func parent(pointer string) string {
	return pointer[:max(0, strings.LastIndexByte(pointer, '/'))]
}

// within tells that one place is inside another that is no whole document or spec.
func within(inner, outer string) bool {
	return strings.Count(outer, "/") > 1 && strings.HasPrefix(inner, outer+"/")
}
