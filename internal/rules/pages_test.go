package rules_test

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/config"
	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
	"github.com/idpsync/idpsync/internal/rules"
)

const pages = "../../docs/rules"

// withoutExample are the codes whose finding takes more than a project's files:
// a server, a ledger, a plan file, a fleet file, a secret's value, or a file that
// cannot be read.
var withoutExample = []string{
	"IDP0111", "IDP0116", "IDP0119", "IDP0120", "IDP0210", "IDP0211", "IDP0212", "IDP0213",
	"IDP0302", "IDP0303", "IDP0304", "IDP0305",
	"IDP0401", "IDP0402", "IDP0403", "IDP0404", "IDP0405",
	"IDP0410", "IDP0411", "IDP0412", "IDP0413", "IDP0414", "IDP0415", "IDP0416",
	"IDP0501", "IDP0502", "IDP0503", "IDP0504", "IDP0505", "IDP0506",
}

func page(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(pages, name+".md"))
	if err != nil {
		t.Fatalf("every code has a page: %v", err)
	}
	return string(text)
}

// TestPages: a page for every code and a code for every page, under the title
// of the catalogue, and all of them in the list.
func TestPages(t *testing.T) {
	list := page(t, "README")
	for _, code := range diagnostic.Codes {
		title := diagnostic.Title(code, diagnostic.English)
		if head, _, _ := strings.Cut(page(t, code), "\n"); head != "# "+code+": "+title {
			t.Errorf("%s: the page is headed %q, and the catalogue says %q", code, head, title)
		}
		if !strings.Contains(list, fmt.Sprintf("- [%s](%s.md) %s", code, code, title)) {
			t.Errorf("README.md does not list %s with its title", code)
		}
	}
	files, err := filepath.Glob(pages + "/*.md")
	if err != nil || len(files) != len(diagnostic.Codes)+1 {
		t.Errorf("%d files for %d codes and a list (%v)", len(files), len(diagnostic.Codes), err)
	}
}

// TestPagesOfGuards: each page of a guard names it and its override, if any.
func TestPagesOfGuards(t *testing.T) {
	for i, name := range rules.Guards() {
		text := page(t, fmt.Sprintf("IDP03%02d", i+1))
		if !strings.Contains(text, "Guard `"+name+"`") {
			t.Errorf("the page of guard %d does not name %s", i+1, name)
		}
		if strings.Contains(text, "--override "+name+"=REASON") == rules.Final(name) {
			t.Errorf("%s: the page and the guard do not agree on the override", name)
		}
	}
}

var sets = regexp.MustCompile(`lint: \{(IDP\d{4}): error\|warn\|off\}`)

// TestPagesOnLevels: a page says that lint: sets its code exactly where
// idpsync.yaml may.
func TestPagesOnLevels(t *testing.T) {
	for _, code := range diagnostic.Codes {
		m := sets.FindStringSubmatch(page(t, code))
		if m != nil && m[1] != code {
			t.Errorf("%s: the page speaks of %s", code, m[1])
		}
		project := strings.Replace(target, "targets:", "lint: {"+code+": off}\ntargets:", 1)
		if refused := len(complaints(t, "# file: idpsync.yaml\n"+project)) > 0; refused == (m != nil) {
			t.Errorf("%s: may be set is %t, and the page says %t", code, !refused, m != nil)
		}
	}
}

var blocks = regexp.MustCompile("(?ms)^```yaml (bad|good)\n(.*?)^```$")

// TestExamples: the example that a page calls bad is told its code, in the
// severity of the page, and the good one is told nothing at all.
func TestExamples(t *testing.T) {
	for _, code := range diagnostic.Codes {
		text := page(t, code)
		found := blocks.FindAllStringSubmatch(text, -1)
		if slices.Contains(withoutExample, code) {
			if len(found) > 0 {
				t.Errorf("%s has an example and is listed as having none", code)
			}
			continue
		}
		if strings.HasPrefix(code, "IDP03") {
			continue // TestExamplesOfGuards
		}
		if len(found) != 2 || found[0][1] != "bad" || found[1][1] != "good" {
			t.Errorf("%s: want one bad and one good example", code)
			continue
		}
		bad, good := complaints(t, found[0][2]), complaints(t, found[1][2])
		if len(good) > 0 {
			t.Errorf("%s: the good example is told %v", code, good)
		}
		i := slices.IndexFunc(bad, func(d diagnostic.Diagnostic) bool { return d.Code == code })
		if i < 0 {
			t.Errorf("%s: the bad example is told %v", code, bad)
		} else if line := regexp.MustCompile(`(?m)^Severity: .*$`).FindString(text); !strings.Contains(line, string(bad[i].Severity)) {
			t.Errorf("%s is a %s, and the page says %q", code, bad[i].Severity, line)
		}
	}
}

const target = `apiVersion: idpsync/v1
kind: Project
targets:
  prod: {host: https://api.authing.cn, userPoolId: 62eaa95fe0a1b29a5295bf7c}
`

// complaints validates an example: documents, or files that begin with a line
// "# file: NAME".
func complaints(t *testing.T, example string) []diagnostic.Diagnostic {
	t.Helper()
	_, desired, ds := loaded(t, example)
	if desired == nil {
		return ds
	}
	for _, f := range rules.Check(desired, rules.Setting{Now: now}) {
		ds = append(ds, diagnostic.Diagnostic{Code: f.Code, Severity: cmp.Or(f.Severity, diagnostic.Error), Message: f.Message})
	}
	return ds
}

// loaded reads an example as a project; the state is nil when it has none.
func loaded(t *testing.T, example string) (*config.Project, *model.State, []diagnostic.Diagnostic) {
	t.Helper()
	dir := t.TempDir()
	files := map[string]string{config.ProjectFile: target}
	if !strings.HasPrefix(example, "# file: ") {
		example = "# file: objects.yaml\n" + example
	}
	for _, part := range strings.Split(example, "# file: ")[1:] {
		name, text, _ := strings.Cut(part, "\n")
		files[name] = text
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	project, ds, err := config.Load(dir, config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if project == nil || diagnostic.HasErrors(ds) {
		return project, nil, ds
	}
	desired, more := project.Desired("prod")
	if ds = append(ds, more...); desired == nil {
		return project, nil, ds
	}
	return project, desired.State, ds
}

// TestExamplesOfGuards: over what the page says is on the server, the plan of
// the bad example is refused by its guard, and that of the good one by none.
func TestExamplesOfGuards(t *testing.T) {
	judged := regexp.MustCompile("(?ms)^```yaml (before|bad|good)\n(.*?)^```$")
	for _, code := range diagnostic.Codes {
		if !strings.HasPrefix(code, "IDP03") || slices.Contains(withoutExample, code) {
			continue
		}
		found := judged.FindAllStringSubmatch(page(t, code), -1)
		if len(found) != 3 || found[0][1] != "before" || found[1][1] != "bad" || found[2][1] != "good" {
			t.Errorf("%s: want what is there before, a bad and a good example", code)
			continue
		}
		if got := refusals(t, found[0][2], found[1][2]); got != code {
			t.Errorf("%s: the bad example is refused by %q", code, got)
		}
		if got := refusals(t, found[0][2], found[2][2]); got != "" {
			t.Errorf("%s: the good example is refused by %q", code, got)
		}
	}
}

// refusals lists the codes of the guards that stop the plan from one state to
// the other, on a server that is known to replace fields.
func refusals(t *testing.T, before, after string) string {
	t.Helper()
	_, actual, _ := loaded(t, before)
	project, desired, ds := loaded(t, after)
	if actual == nil || desired == nil || diagnostic.HasErrors(ds) {
		t.Fatal("the example does not load", ds)
	}
	made, err := plan.New(desired, actual, plan.Options{Semantics: project.Catalog()})
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	for _, r := range rules.Guard(rules.Danger{
		Plan: made, MaxDeletes: 5, MaxDeletePercent: 20, FieldsUpdate: "replace",
		Protected: func(k model.Key) bool { r := desired.Get(k); return r != nil && r.Protect },
	}) {
		codes = append(codes, r.Code)
	}
	return strings.Join(slices.Compact(codes), " ")
}
