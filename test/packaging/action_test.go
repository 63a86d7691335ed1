package packaging

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// TestWorkflows: actionlint reads every workflow that we run or hand out, and
// with "uses: ./" the metadata of our own action; shellcheck reads what they run.
func TestWorkflows(t *testing.T) {
	shellcheck := program(t, "shellcheck", "shellcheck")
	lint := tool(t, "actionlint")
	workflows := glob(t, ".github/workflows/*.yml", "ci/github/*.yml")
	job{dir: root}.must(t, lint, append([]string{"-shellcheck", shellcheck}, workflows...)...)
	job{dir: root}.must(t, shellcheck, append([]string{"-x", "-P", "ci/action"}, glob(t, "ci/action/*.sh", "packaging/*.sh", "deploy/compose/*.sh")...)...)

	broken := filepath.Join(t.TempDir(), "broken.yml")
	write(t, filepath.Dir(broken), map[string]string{"broken.yml": "on: push\njobs: {a: {runs-on: ubuntu-24.04, steps: [{run: 'echo ${{ github.event.issue.title }}'}]}}\n"})
	if r := (job{}).run(t, lint, broken); r.code == 0 {
		t.Error("actionlint says nothing to a title in a script: is it the real one?")
	}
}

// TestNothingIsPastedIntoScripts: no expression stands in a script, each step has
// a shell, and each name that a script reads is given to it.
func TestNothingIsPastedIntoScripts(t *testing.T) {
	a := readAction(t)
	if a.Runs.Using != "composite" {
		t.Fatalf("the action is %q", a.Runs.Using)
	}
	script := regexp.MustCompile(`^(bash "\$GITHUB_ACTION_PATH/(ci/action/[a-z-]+\.sh)"|exit "\$CODE")$`)
	for _, s := range a.Runs.Steps {
		if s.Uses != "" {
			continue
		}
		m := script.FindStringSubmatch(s.Run)
		if m == nil || s.Shell != "bash" {
			t.Errorf("step %q runs %q in %q: want one script, and nothing pasted into it", s.Name, s.Run, s.Shell)
			continue
		}
		if m[2] == "" {
			continue
		}
		text := read(t, filepath.Join(root, m[2])) + read(t, filepath.Join(root, "ci/action/github.sh"))
		for _, name := range slices.Sorted(maps.Keys(s.Env)) {
			if !strings.Contains(text, "$"+name) && !strings.Contains(text, "${"+name) {
				t.Errorf("step %q gives %s, which %s does not read", s.Name, name, m[2])
			}
		}
	}
}

var pinned = regexp.MustCompile(`uses: ([^\s@]+)@(\S+)`)

// TestActionsArePinned: what we run of others is named by its commit.
func TestActionsArePinned(t *testing.T) {
	commit := regexp.MustCompile(`^[0-9a-f]{40}$`)
	seen := map[string]string{}
	for _, file := range append(glob(t, ".github/workflows/*.yml", "ci/github/*.yml"), filepath.Join(root, "action.yml")) {
		for _, m := range pinned.FindAllStringSubmatch(read(t, file), -1) {
			name, ref := m[1], m[2]
			switch {
			case name == "idpsync/idpsync": // ours, by the release that the reader puts in
			case !commit.MatchString(ref):
				t.Errorf("%s: %s is named by %q, which can be moved", filepath.Base(file), name, ref)
			case seen[name] != "" && seen[name] != ref:
				t.Errorf("%s: %s is there at two commits", filepath.Base(file), name)
			}
			seen[name] = ref
		}
	}
}

// TestExamplesCallTheAction: the workflows we hand out use inputs and outputs
// that the action has.
func TestExamplesCallTheAction(t *testing.T) {
	a := readAction(t)
	page := read(t, filepath.Join(root, "docs/ci.md"))
	for _, name := range slices.Sorted(maps.Keys(a.Inputs)) {
		if !strings.Contains(page, "`"+name+"`") {
			t.Errorf("docs/ci.md does not tell the input %s", name)
		}
	}
	with := regexp.MustCompile(`(?m)^ {10}([a-z0-9-]+): `)
	outputs := regexp.MustCompile(`steps\.idpsync\.outputs\.([a-z-]+)`)
	for _, file := range glob(t, "ci/github/*.yml") {
		text := read(t, file)
		for _, m := range outputs.FindAllStringSubmatch(text, -1) {
			if _, ok := a.Outputs[m[1]]; !ok {
				t.Errorf("%s reads the output %s, which the action has not", filepath.Base(file), m[1])
			}
		}
		uses := 0
		for _, part := range strings.Split(text, "\n      - ") {
			if !strings.Contains(part, "uses: idpsync/idpsync@") {
				continue
			}
			uses++
			_, after, _ := strings.Cut(part, "with:\n")
			inputs, _, _ := strings.Cut(after, "        env:\n")
			for _, m := range with.FindAllStringSubmatch(inputs, -1) {
				if _, ok := a.Inputs[m[1]]; !ok {
					t.Errorf("%s gives the input %s, which the action has not", filepath.Base(file), m[1])
				}
			}
		}
		if uses == 0 {
			t.Errorf("%s does not use the action", filepath.Base(file))
		}
	}
}

// TestDriftExample: the job ends as drift did, and its summary shows the drift.
func TestDriftExample(t *testing.T) {
	text := read(t, filepath.Join(root, "ci/github/drift.yml"))
	var w struct {
		Jobs map[string]struct{ Steps []step }
	}
	if err := yaml.Unmarshal([]byte(text), &w); err != nil {
		t.Fatal(err)
	}
	steps := w.Jobs["drift"].Steps
	script := steps[len(steps)-1].Run
	dir, summary := t.TempDir(), filepath.Join(t.TempDir(), "summary")
	write(t, dir, map[string]string{"config/idpsync.yaml": strings.ReplaceAll(projectFile, "local", "prod"), "config/portal.yaml": portal})
	env := bare(t, "BINARY="+idpsync(t), "RUNNER_TEMP="+t.TempDir(), "GITHUB_STEP_SUMMARY="+summary)
	play := func() int {
		return job{dir: dir, env: env}.run(t, "bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script).code
	}
	job{dir: dir, env: env}.must(t, idpsync(t), "apply", "-C", "config", "--yes")
	if code := play(); code != 0 {
		t.Errorf("without drift it ends with %d", code)
	}
	write(t, dir, map[string]string{"config/portal.yaml": "kind: [\n"})
	if code := play(); code != 1 {
		t.Errorf("with a broken file it ends with %d", code)
	}
	if !strings.Contains(read(t, summary), "rift") {
		t.Errorf("the summary is\n%s", read(t, summary))
	}
}

// TestScriptsAreExecutable: what others start by its name can be started.
func TestScriptsAreExecutable(t *testing.T) {
	for _, file := range glob(t, "packaging/*.sh") {
		if info, err := os.Stat(file); err != nil || info.Mode()&0o111 != 0o111 {
			t.Errorf("%s is not executable (%v)", filepath.Base(file), err)
		}
	}
}
