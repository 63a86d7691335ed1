package config_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/idpsync/idpsync/internal/config"
	"github.com/idpsync/idpsync/internal/diagnostic"
)

var update = flag.Bool("update", false, "rewrite the .out files of testdata/validate/err")

const fixtures = "../../testdata/validate"

// standardProject is the idpsync.yaml of a fixture that brings none.
const standardProject = `apiVersion: idpsync/v1
kind: Project
defaultTarget: local
targets:
  local: {sandbox: {}, vars: {domain: example.test, count: 3, on: true}}
  prod: {host: https://api.example.test, userPoolId: 62eaa95fe0a1b29a5295bf7c, vars: {domain: example.com, count: 5, on: false}}
`

// unpack writes a fixture, one YAML file or a txtar of several, as a project.
func unpack(t testing.TB, fixture string) string {
	t.Helper()
	dir := t.TempDir()
	data, err := os.ReadFile(fixture)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{config.ProjectFile: []byte(standardProject)}
	if filepath.Ext(fixture) == ".txtar" {
		for _, f := range txtar.Parse(data).Files {
			files[f.Name] = f.Data
		}
	} else {
		files[filepath.Base(fixture)] = data
	}
	for name, content := range files {
		writeFile(t, filepath.Join(dir, name), string(content))
	}
	return dir
}

func writeFile(t testing.TB, name, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// validate is everything that is wrong with a project, on every target.
func validate(t testing.TB, dir string) []diagnostic.Diagnostic {
	t.Helper()
	p, found, err := config.Load(dir, config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	targets := p.TargetNames()
	if len(targets) == 0 {
		targets = []string{""}
	}
	for _, target := range targets {
		_, more := p.Desired(target)
		found = append(found, more...)
	}
	diagnostic.Sort(found)
	return diagnostic.Compact(found)
}

func render(found []diagnostic.Diagnostic, lang string) string {
	var b strings.Builder
	for _, d := range found {
		fmt.Fprintln(&b, d.Line(lang))
		if h := d.HintIn(lang); h != "" {
			fmt.Fprintln(&b, "  hint:", h)
		}
	}
	return b.String()
}

func list(t *testing.T, folder string) []string {
	t.Helper()
	var out []string
	for _, ext := range []string{"*.yaml", "*.txtar"} {
		names, err := filepath.Glob(filepath.Join(fixtures, folder, ext))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, names...)
	}
	if len(out) == 0 {
		t.Fatalf("no fixtures in %s", folder)
	}
	return out
}

func TestValidateSilent(t *testing.T) {
	for _, fixture := range list(t, "ok") {
		t.Run(filepath.Base(fixture), func(t *testing.T) {
			if got := render(validate(t, unpack(t, fixture)), diagnostic.English); got != "" {
				t.Errorf("want silence, got\n%s", got)
			}
		})
	}
}

// TestValidateComplaints compares with the .out beside each fixture: one line a
// complaint, "file:line:col: severity[CODE]: message", its hint below.
func TestValidateComplaints(t *testing.T) {
	for _, fixture := range list(t, "err") {
		t.Run(filepath.Base(fixture), func(t *testing.T) {
			found := validate(t, unpack(t, fixture))
			got := render(found, diagnostic.English)
			golden := strings.TrimSuffix(fixture, filepath.Ext(fixture)) + ".out"
			if *update {
				writeFile(t, golden, got)
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Error(diff)
			}
			if got == "" {
				t.Error("nothing is wrong with this fixture")
			}
			checkChinese(t, found)
			checkPlaces(t, found)
		})
	}
}

// checkChinese proves that every complaint can be said in Chinese.
func checkChinese(t *testing.T, found []diagnostic.Diagnostic) {
	t.Helper()
	text := render(found, diagnostic.Chinese)
	if strings.Contains(text, "%!") || strings.Contains(render(found, diagnostic.English), "%!") {
		t.Errorf("arguments do not fit the sentence:\n%s", text)
	}
	for _, d := range found {
		if d.MessageIn(diagnostic.Chinese) == d.MessageIn(diagnostic.English) {
			t.Errorf("no Chinese for %s", d.Line(diagnostic.English))
		}
	}
}

// checkPlaces proves that ranges lie in order and begin somewhere.
func checkPlaces(t *testing.T, found []diagnostic.Diagnostic) {
	t.Helper()
	for _, d := range found {
		s, e := d.Range.Start, d.Range.End
		if d.Code != "IDP0111" && (s.Line < 1 || s.Column < 1 || e.Line != s.Line || e.Column <= s.Column) {
			t.Errorf("odd range %v of %s", d.Range, d.Line(diagnostic.English))
		}
	}
}

// Where a secret may stand, no line of the file may be shown.
func TestSecretPlacesAreSensitive(t *testing.T) {
	dir := project(t, "a.yaml", `apiVersion: idpsync/v1
kind: Application
metadata: {name: a}
spec: {appName: 1, oidcConfig: {client_secret: 123456}, oauthConfig: {client_secret: hunter2}}
`)
	found := validate(t, dir)
	for i, want := range []bool{false, true, true} {
		if len(found) != 3 || found[i].Sensitive != want {
			t.Fatalf("complaint %d of\n%s", i, render(found, diagnostic.English))
		}
	}
	if text := render(found, diagnostic.English); strings.Contains(text, "hunter2") || strings.Contains(text, "123456") {
		t.Error("a secret is shown")
	}
}

// Nor is a line with half a secret beside a variable.
func TestVariablesInSecretsAreSensitive(t *testing.T) {
	for _, text := range []string{"hunter2${var.nope}", "hunter2${domain}", "hunter2${var}"} {
		dir := project(t, "a.yaml", "apiVersion: idpsync/v1\nkind: Application\nmetadata: {name: a}\n"+
			"spec: {appName: A, oidcConfig: {client_secret: '"+text+"'}}\n")
		found := validate(t, dir)
		if len(found) == 0 {
			t.Errorf("%s: nothing is found", text)
		}
		for _, d := range found {
			if !d.Sensitive || strings.Contains(render(found, diagnostic.English), "hunter2") {
				t.Errorf("%s: %+v", text, d)
			}
		}
	}
}

// Nor where a credential may stand by mistake.
func TestCredentialPlacesAreSensitive(t *testing.T) {
	for _, credential := range []string{"hunter2", "{value: hunter2}", "{env: hunter-2}", "{env: A, file: hunter2}", "[hunter2]"} {
		dir := project(t, config.ProjectFile, "apiVersion: idpsync/v1\nkind: Project\ntargets:\n"+
			"  prod: {host: https://api.example.test, userPoolId: x, credentials: {accessKeySecret: "+credential+"}}\n")
		found := validate(t, dir)
		text := render(found, diagnostic.English)
		if len(found) != 1 || !found[0].Sensitive || found[0].Code != "IDP0113" || strings.Contains(text, "hunter") {
			t.Errorf("%s: %+v", credential, found)
		}
	}
}
