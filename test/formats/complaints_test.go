package formats

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
	"github.com/santhosh-tekuri/jsonschema/v5"
)

// publishedSARIF is the schema that go-sarif carries: it checks what it read, and
// this checks every byte.
func publishedSARIF(t *testing.T) *jsonschema.Schema {
	t.Helper()
	dir, err := run(time.Minute, exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/owenrumney/go-sarif/v3"))
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), strings.TrimSpace(string(dir))+"/pkg/report/v210/sarif/schema.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var text string
	ast.Inspect(file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && len(lit.Value) > len(text) {
			text = strings.Trim(lit.Value, "`")
		}
		return true
	})
	s, err := jsonschema.CompileString("sarif", text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSARIF(t *testing.T) {
	published := publishedSARIF(t)
	for name, doc := range judged(t) {
		text := render(t, "sarif", doc, "en")
		log, err := sarif.FromBytes(text)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var value any
		if err := json.Unmarshal(text, &value); err != nil {
			t.Fatal(err)
		}
		if err := published.Validate(value); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := log.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, r := range log.Runs[0].Results {
			uri := *r.Locations[0].PhysicalLocation.ArtifactLocation.URI
			if !strings.HasPrefix(uri, "deploy/idp/") || strings.ContainsAny(uri, " <>\"`\\:") {
				t.Errorf("%s: %q is no address relative to the top of the repository", name, uri)
			}
		}
	}
}

func TestSARIFSaysWhenThereIsNothing(t *testing.T) {
	text := render(t, "sarif", manyFindings(0), "en")
	if !strings.Contains(string(text), `"results": []`) || !strings.Contains(string(text), "0 errors, 0 warnings") {
		t.Errorf("no note in\n%s", text)
	}
}

func TestJUnit(t *testing.T) {
	xmllint := program(t, "xmllint")
	for name, doc := range judged(t) {
		file := written(t, "junit.xml", render(t, "junit", doc, "en"))
		if _, err := run(time.Minute, exec.Command(xmllint, "--noout", "--nonet", "--schema", "testdata/junit.xsd", file)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestGitLab(t *testing.T) {
	text, err := os.ReadFile("testdata/codequality.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := jsonschema.CompileString("codequality", string(text))
	if err != nil {
		t.Fatal(err)
	}
	for name, doc := range judged(t) {
		report := render(t, "gitlab", doc, "en")
		var issues any
		if err := json.Unmarshal(report, &issues); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := schema.Validate(issues); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		seen := map[any]bool{}
		for _, i := range issues.([]any) {
			print := i.(map[string]any)["fingerprint"]
			if seen[print] {
				t.Errorf("%s: two issues have the fingerprint %v", name, print)
			}
			seen[print] = true
		}
		moved := render(t, "gitlab", doc, "zh-CN")
		if name != "nothing" && len(fingerprints(t, report)) > 0 && fingerprints(t, report)[0] != fingerprints(t, moved)[0] {
			t.Errorf("%s: the fingerprint is another one in Chinese", name)
		}
	}
}

func fingerprints(t *testing.T, text []byte) (prints []string) {
	t.Helper()
	var issues []struct{ Fingerprint string }
	if err := json.Unmarshal(text, &issues); err != nil {
		t.Fatal(err)
	}
	for _, i := range issues {
		prints = append(prints, i.Fingerprint)
	}
	return prints
}

var annotation = regexp.MustCompile(`^::(error|warning|notice) (?:file=[^,:]+,line=[0-9]+(?:,[a-zA-Z]+=[0-9]+)*,)?title=[A-Za-z0-9]+::.*\n$`)

// The runner reads a line as a command when it begins with "::"; a text must end
// no line and be no other command.
func TestGitHub(t *testing.T) {
	for name, doc := range judged(t) {
		levels := map[string]int{}
		text := render(t, "github", doc, "en")
		if bytes.IndexFunc(text, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }) >= 0 {
			t.Errorf("%s: an unprintable character", name)
		}
		for line := range strings.Lines(string(text)) {
			m := annotation.FindStringSubmatch(line)
			if m == nil {
				t.Errorf("%s: not one annotation: %q", name, line)
				continue
			}
			levels[m[1]]++
		}
		for level, n := range levels {
			if n > 10 {
				t.Errorf("%s: %d annotations of level %q", name, n, level)
			}
		}
		if levels["notice"] != 1 {
			t.Errorf("%s: %d summaries", name, levels["notice"])
		}
	}
}
