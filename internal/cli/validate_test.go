package cli_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/cli"
)

// broken has one error for all targets and one warning.
func broken() map[string]string {
	f := files("https://api.example.com")
	f["teams/bad.yaml"] = `apiVersion: idpsync/v1
kind: Application
metadata: {name: wiki}
spec:
  appName: Wiki
  redirectUris: [https://wiki.example.com]
  connections: [corp-oidcc]
`
	return f
}

func TestACleanProjectSaysNothingOnStdout(t *testing.T) {
	r := call{dir: project(t, files("https://api.example.com"))}.run(t, "validate")
	r.want(t, cli.OK, nil, []string{"no errors"})
	if r.stdout != "" {
		t.Errorf("stdout: %q", r.stdout)
	}
}

func TestValidateTellsEachFindingOnceSeenFromTheWorkingFolder(t *testing.T) {
	dir := project(t, broken())
	r := call{dir: dir}.run(t, "validate")
	r.want(t, cli.Failure, []string{"teams/bad.yaml:7:17: error[IDP0201]: ", "hint: did you mean corp-oidc?"}, []string{"1 error, 0 warnings in 1 file"})
	if n := strings.Count(r.stdout, "IDP0201"); n != 1 {
		t.Errorf("told %d times", n)
	}
	call{dir: filepath.Join(dir, "teams")}.run(t, "validate").want(t, cli.Failure, []string{"\nbad.yaml:7:17:"[1:]}, nil)
	call{dir: filepath.Dir(dir)}.run(t, "validate", "-C", filepath.Base(dir)).
		want(t, cli.Failure, []string{filepath.Base(dir) + "/teams/bad.yaml:7:17:"}, nil)
}

func TestValidateAsJSONIsOneDocument(t *testing.T) {
	r := call{dir: project(t, broken())}.run(t, "validate", "-o", "json")
	r.want(t, cli.Failure, nil, nil)
	found := r.document(t, "diagnostics")["diagnostics"].([]any)
	if len(found) != 1 || found[0].(map[string]any)["file"] != "teams/bad.yaml" {
		t.Errorf("got %v", found)
	}
	clean := call{dir: project(t, files("https://api.example.com"))}.run(t, "validate", "-o", "json")
	if found := clean.document(t, "diagnostics")["diagnostics"].([]any); len(found) != 0 {
		t.Errorf("got %v", found)
	}
}

func TestValidateFindsTheProjectsOfItsPaths(t *testing.T) {
	good, bad := project(t, files("https://api.example.com")), project(t, broken())
	away := t.TempDir()
	call{dir: away}.run(t, "validate", filepath.Join(good, "corp.yaml")).want(t, cli.OK, nil, nil)
	r := call{dir: away}.run(t, "validate", filepath.Join(good, "corp.yaml"), filepath.Join(bad, "corp.yaml"), filepath.Join(bad, "teams"))
	r.want(t, cli.Failure, []string{"teams/bad.yaml:7:17"}, nil)
	if n := strings.Count(r.stdout, "IDP0201"); n != 1 {
		t.Errorf("a project named twice was told %d times", n)
	}
	call{dir: away}.run(t, "validate", "nothing.yaml").want(t, cli.Failure, nil, []string{"nothing.yaml: no such file"})
	call{dir: away}.run(t, "validate", away).want(t, cli.Failure, nil, []string{"no idpsync.yaml"})
}

func TestStrictFailsOnWarnings(t *testing.T) {
	f := files("https://api.example.com")
	f["corp.yaml"] = strings.ReplaceAll(corpFile, "clientID: portal", "clientID: portal\n    unheardOf: 1")
	dir := project(t, f)
	call{dir: dir}.run(t, "validate").want(t, cli.OK, []string{"warning[IDP0105]"}, []string{"0 errors, 1 warning in 1 file"})
	call{dir: dir}.run(t, "validate", "--strict").want(t, cli.Failure, []string{"warning[IDP0105]"}, nil)
	call{dir: dir}.run(t, "plan").want(t, cli.OK, nil, []string{"warning[IDP0105]"})
}

func TestATerminalGetsFramesAndColour(t *testing.T) {
	dir := project(t, broken())
	r := call{dir: dir, terminal: true}.run(t, "validate")
	r.want(t, cli.Failure, []string{"\x1b[", "connections: [corp-oidcc]", "^^^^"}, nil)
	for _, c := range []call{
		{dir: dir, terminal: true, env: map[string]string{"NO_COLOR": "1"}},
		{dir: dir, terminal: true, env: map[string]string{"TERM": "dumb"}},
	} {
		if r := c.run(t, "validate"); strings.Contains(r.stdout, "\x1b[") || !strings.Contains(r.stdout, "^^^^") {
			t.Errorf("%v: %q", c.env, r.stdout)
		}
	}
	if r := (call{dir: dir}).run(t, "validate", "--color", "always"); !strings.Contains(r.stdout, "\x1b[") {
		t.Error("--color always has no colour")
	}
}

func TestValidateSpeaksChinese(t *testing.T) {
	dir := project(t, broken())
	en := call{dir: dir}.run(t, "validate")
	flag := call{dir: dir}.run(t, "validate", "--lang", "zh-CN")
	variable := call{dir: dir, env: map[string]string{"IDPSYNC_LANG": "zh-CN"}}.run(t, "validate")
	if flag.stdout == en.stdout || flag.stdout != variable.stdout {
		t.Errorf("en %q, flag %q, variable %q", en.stdout, flag.stdout, variable.stdout)
	}
}
