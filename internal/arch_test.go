package internal_test

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/idpsync/idpsync/"

// room is one row of the map in doc.go.
type room struct {
	imports []string
	why     string
}

var below = []string{
	"internal/reconcile", "internal/report", "internal/config", "internal/rules", "internal/apply", "internal/plan",
	"internal/schema", "internal/remote", "internal/secret", "internal/ledger", "internal/sandbox", "internal/watch",
	"internal/web", "internal/fleet", "internal/source", "internal/notify", "internal/otlp",
	"internal/model", "internal/diagnostic", "schemas",
}

var house = map[string]room{
	"cmd/idpsync":                {[]string{"internal/cli"}, "main is an adapter: the command is a value that tests run in process"},
	"cmd/gendocs":                {[]string{"internal/schema", "internal/model", "internal/cli", "schemas"}, "the reference is made from the schemas and nothing else, the pages of the verbs from the command itself"},
	"packaging/sbom":             {nil, "a bill of materials is read from the finished program, so it needs nothing of ours"},
	"internal/cli":               {below, "the only place that sees everything"},
	"internal/reconcile":         {[]string{"internal/config", "internal/rules", "internal/plan", "internal/apply", "internal/ledger", "internal/secret", "internal/diagnostic", "internal/model"}, "command, pipeline and watch mode must be the same run, so it knows no flags, no terminal and no HTTP"},
	"internal/report":            {[]string{"internal/rules", "internal/plan", "internal/apply", "internal/diagnostic", "internal/model"}, "wording can change without touching behaviour, so it decides nothing"},
	"internal/config":            {[]string{"internal/schema", "internal/secret", "internal/diagnostic", "internal/model"}, "validate runs in a pre-commit hook: offline, without credentials"},
	"internal/rules":             {[]string{"internal/plan", "internal/diagnostic", "internal/model"}, "a rule names a key and a path; it knows no YAML, files or HTTP"},
	"internal/apply":             {[]string{"internal/plan", "internal/model"}, "failure handling is tested with a ten-line fake, so it knows no HTTP and prints nothing"},
	"internal/plan":              {[]string{"internal/model"}, "a pure function can be tested by its laws; the plan shown is the plan done"},
	"internal/schema":            {[]string{"schemas", "internal/model"}, "derivation is a pure function, so it can be made again and compared"},
	"internal/remote":            {[]string{"internal/model"}, "wire names stop here"},
	"internal/secret":            {[]string{"internal/model"}, "the one place that holds plain secrets is small enough to read in one sitting"},
	"internal/ledger":            {[]string{"internal/model"}, "losing it must cost memory, never truth"},
	"internal/ledger/ledgertest": {nil, "a PostgreSQL for tests, and no part of the program"},
	"internal/sandbox":           {[]string{"schemas"}, "two independent readings of the vendor's documents: a shared struct would hide the same mistake on both sides"},
	"internal/watch":             {nil, "timing is hard enough alone"},
	"internal/web":               {[]string{"internal/reconcile", "internal/report", "internal/diagnostic", "internal/model"}, "a guest: it shows a running watch, decides nothing, and the rest builds without it"},
	"internal/fleet":             {[]string{"internal/reconcile", "internal/ledger", "internal/config", "internal/diagnostic"}, "a guest: it runs reconcile for many targets as jobs, and knows no flags, no HTTP and no terminal"},
	"internal/source":            {nil, "it talks to strangers that hang (git), so it stands apart and knows nothing of what it fetches"},
	"internal/notify":            {[]string{"internal/model"}, "it talks to strangers that hang (webhooks), so it stands apart and knows not when to speak"},
	"internal/otlp":              {nil, "an exporter for traces; nothing of ours is known to it"},
	"internal/model":             {nil, "everyone stands on it, so it must have no reason to change but the field itself"},
	"internal/diagnostic":        {nil, "one catalogue, so a code means one thing for ever"},
	"schemas":                    {nil, "reviewable as data, usable by editors without our binary"},
	"internal":                   {nil, "it holds the map and nothing else"},
}

// guests names the packages that alone may use an outside library.
var guests = map[string][]string{
	"github.com/spf13/cobra":                   {"internal/cli", "cmd/gendocs"},
	"github.com/vbauerster/mpb":                {"internal/cli"},
	"golang.org/x/term":                        {"internal/cli"},
	"github.com/fatih/color":                   {"internal/report"},
	"github.com/mattn/go-runewidth":            {"internal/report"},
	"gopkg.in/yaml.v3":                         {"internal/config"},
	"github.com/goccy/go-yaml":                 {"internal/config"},
	"github.com/google/go-cmp":                 {"internal/plan"},
	"github.com/santhosh-tekuri/jsonschema/v5": {"internal/schema"},
	"github.com/hashicorp/go-retryablehttp":    {"internal/remote"},
	"golang.org/x/time":                        {"internal/remote"},
	"github.com/gofrs/flock":                   {"internal/ledger"},
	"github.com/jackc":                         {"internal/ledger", "internal/ledger/ledgertest", "internal/fleet"},
	"github.com/riverqueue/river":              {"internal/fleet"},
	"filippo.io/age":                           {"internal/secret"},
	"github.com/fsnotify/fsnotify":             {"internal/watch"},
	"github.com/prometheus/client_golang":      {"internal/web"},
	"go.opentelemetry.io/contrib":              {"internal/remote", "internal/cli"},
	"go.opentelemetry.io/otel/sdk":             {"internal/otlp", "internal/cli"},
	"github.com/natefinch/atomic":              {"internal/sandbox", "internal/ledger", "internal/config", "internal/cli"},
}

// offline lists packages that must not even be able to speak HTTP.
var offline = []string{"internal/config", "internal/schema", "internal/plan", "internal/rules", "internal/model", "internal/diagnostic", "internal/secret"}

type listed struct {
	ImportPath string
	Dir        string
	GoFiles    []string
	Imports    []string
	Deps       []string
}

func packages(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Dir,GoFiles,Imports,Deps", "./...")
	cmd.Dir = ".."
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	var ps []listed
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := d.Decode(&p); err == io.EOF {
			return ps
		} else if err != nil {
			t.Fatal(err)
		}
		ps = append(ps, p)
	}
}

func name(importPath string) string { return strings.TrimPrefix(importPath, module) }

// apart are programs beside the house: nothing imports them, and the map does
// not bind them.
func apart(n string) bool { return strings.HasPrefix(n, "examples/") }

func TestWalls(t *testing.T) {
	for _, p := range packages(t) {
		n := name(p.ImportPath)
		if apart(n) {
			continue
		}
		r, known := house[n]
		if !known {
			t.Errorf("%s stands in no row of the map: add it to internal/doc.go and arch_test.go, with its reason", n)
			continue
		}
		for _, i := range p.Imports {
			if strings.HasPrefix(i, module) && !slices.Contains(r.imports, name(i)) {
				t.Errorf("%s must not import %s: %s", n, name(i), r.why)
			}
			for lib, hosts := range guests {
				if (i == lib || strings.HasPrefix(i, lib+"/")) && !slices.Contains(hosts, n) {
					t.Errorf("%s must not use %s: that library is for %s alone, so that it can be changed in one place", n, lib, strings.Join(hosts, ", "))
				}
			}
		}
		if slices.Contains(offline, n) && slices.Contains(p.Deps, "net/http") {
			t.Errorf("%s depends on net/http: %s", n, house["internal/config"].why)
		}
	}
}

// notShipped are libraries for writing pages: they must not make the program
// larger.
var notShipped = []string{"github.com/spf13/cobra/doc", "github.com/cpuguy83/go-md2man", "github.com/russross/blackfriday"}

func TestShipped(t *testing.T) {
	for _, p := range packages(t) {
		if name(p.ImportPath) != "cmd/idpsync" {
			continue
		}
		for _, dep := range p.Deps {
			for _, lib := range notShipped {
				if strings.HasPrefix(dep, lib) {
					t.Errorf("cmd/idpsync ships %s, which only cmd/gendocs needs", dep)
				}
			}
		}
	}
}

// TestMapIsWritten holds doc.go to the table above.
func TestMapIsWritten(t *testing.T) {
	text, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	for n := range house {
		if n != "internal" && !strings.Contains(string(text), n) {
			t.Errorf("internal/doc.go does not name %s", n)
		}
	}
	for lib := range guests {
		short := strings.TrimSuffix(filepath.Base(lib), "/v5")
		if short == "v5" {
			short = "jsonschema"
		}
		if !strings.Contains(string(text), strings.TrimPrefix(short, "go-")) {
			t.Errorf("internal/doc.go does not name the library %s", lib)
		}
	}
}

// TestSecretsAreRevealedInTwoPlaces keeps plain secrets out of everything that
// prints, stores or decides.
func TestSecretsAreRevealedInTwoPlaces(t *testing.T) {
	reveal := regexp.MustCompile(`\.Reveal\(\)`)
	for _, p := range packages(t) {
		n := name(p.ImportPath)
		if n == "internal/remote" || n == "internal/secret" {
			continue
		}
		for _, f := range p.GoFiles {
			text, err := os.ReadFile(filepath.Join(p.Dir, f))
			if err != nil {
				t.Fatal(err)
			}
			if reveal.Match(text) {
				t.Errorf("%s/%s calls Secret.Reveal: only the wire (remote) and the fingerprint (secret) may know a secret's value", n, f)
			}
		}
	}
}
