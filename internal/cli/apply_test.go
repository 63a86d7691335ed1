package cli_test

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/cli"
)

func TestApplyThenNothingIsLeft(t *testing.T) {
	c := call{dir: project(t, files("https://api.example.com"))}
	c.run(t, "apply", "-y").want(t, cli.OK,
		[]string{"Plan: 4 to create", "application/portal: client id ", "Result: 4 done, 0 failed, 0 skipped, 0 unknown."},
		[]string{"done    create enablement/portal/corp-oidc"})
	c.run(t, "plan", "--detailed-exitcode").want(t, cli.OK, []string{"No changes. 4 unchanged, 0 unmanaged."}, nil)
	// Nothing to do asks nothing, but a question would still need a terminal.
	c.terminal = true
	r := c.run(t, "apply")
	r.want(t, cli.OK, []string{"No changes."}, nil)
	if strings.Contains(r.stderr, "Only") || strings.Contains(r.stdout, "Result") {
		t.Errorf("asked or told too much: %q %q", r.stdout, r.stderr)
	}
}

func TestApplyAsJSONIsOneResult(t *testing.T) {
	c := call{dir: project(t, files("https://api.example.com"))}
	r := c.run(t, "apply", "-y", "-o", "json")
	r.want(t, cli.OK, nil, []string{"Plan: 4 to create"})
	doc := r.document(t, "result")
	if n := len(doc["steps"].([]any)); n != 4 {
		t.Errorf("%d steps", n)
	}
	if doc["runId"] == "" || doc["target"].(map[string]any)["name"] != "local" {
		t.Errorf("got %v", doc)
	}
	again := c.run(t, "apply", "-y", "-o", "json").document(t, "result")
	if n := len(again["steps"].([]any)); n != 0 {
		t.Errorf("%d steps in the second run", n)
	}
}

func TestOnlyYesIsAnAnswer(t *testing.T) {
	c := call{dir: project(t, files("https://api.example.com")), terminal: true}
	for _, answer := range []string{"", "no\n", "y\n", "YES\n", "yes please\n"} {
		c.stdin = answer
		c.run(t, "apply", "--color", "never").want(t, cli.Failure, nil, []string{"Only \"yes\" is accepted", "not confirmed; nothing was changed"})
	}
	c.run(t, "plan", "--color", "never").want(t, cli.OK, []string{"Plan: 4 to create"}, nil)
	c.stdin = "yes\n"
	c.run(t, "apply", "--color", "never").want(t, cli.OK, []string{"Result: 4 done"}, nil)
}

func TestARefusedPlanWritesNothing(t *testing.T) {
	f := files("https://api.example.com")
	c := call{dir: project(t, f)}
	c.run(t, "apply", "-y").want(t, cli.OK, nil, nil)
	file := filepath.Join(c.dir, "corp.yaml")
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(corpFile, "  appName: Portal\n", "  appName: Portal\n  appType: api\n")), 0o644); err != nil {
		t.Fatal(err)
	}
	c.run(t, "plan", "--detailed-exitcode").want(t, cli.Refused, []string{"-/+ application/portal", "! IDP0307 replace:", "hint: --override replace=REASON"}, nil)
	r := c.run(t, "apply", "-y", "-o", "json")
	r.want(t, cli.Refused, nil, []string{"IDP0307"})
	if guards := r.document(t, "plan")["guards"].([]any); len(guards) != 1 {
		t.Errorf("guards %v", guards)
	}
	c.run(t, "plan", "--detailed-exitcode").want(t, cli.Refused, nil, nil)
	c.run(t, "plan", "--detailed-exitcode", "--override", "replace=asked for").want(t, cli.Changes, nil, []string{"guard replace is overridden: asked for"})
	c.run(t, "apply", "-y", "--allow-replace").want(t, cli.OK, []string{"client id"}, nil)
}

// answers reads one line for each question; before the first is answered,
// something happens.
type answers struct {
	lines  []string
	before func()
}

func (a *answers) Read(p []byte) (int, error) {
	if a.before != nil {
		a.before()
		a.before = nil
	}
	if len(a.lines) == 0 {
		return 0, io.EOF
	}
	line := a.lines[0]
	a.lines = a.lines[1:]
	return copy(p, line), nil
}

// TestAPlanThatIsStaleWhenItIsAnswered: what was agreed to is done, or shown and
// asked again.
func TestAPlanThatIsStaleWhenItIsAnswered(t *testing.T) {
	dir := project(t, files("https://api.example.com"))
	rename := func() {
		text := strings.ReplaceAll(corpFile, "appName: Portal", "appName: Gateway")
		if err := os.WriteFile(filepath.Join(dir, "corp.yaml"), []byte(text), 0o644); err != nil {
			t.Error(err)
		}
	}
	c := call{dir: dir, terminal: true, in: &answers{lines: []string{"yes\n", "no\n"}, before: rename}}
	c.run(t, "apply", "--color", "never").want(t, cli.Failure, []string{`"Portal"`, `"Gateway"`}, []string{"changed while the question was open", "nothing was changed"})
	c.in = &answers{lines: []string{"yes\n"}}
	r := c.run(t, "apply", "--color", "never")
	r.want(t, cli.OK, []string{`"Gateway"`, "Result: 4 done"}, nil)
	if strings.Count(r.stderr, "accepted") != 1 {
		t.Errorf("asked again though nothing changed: %s", r.stderr)
	}
}
