package packaging

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// action is what we read of action.yml.
type action struct {
	Inputs map[string]struct {
		Default string
	}
	Outputs map[string]struct{ Value string }
	Runs    struct {
		Using string
		Steps []step
	}
}

type step struct {
	Name, ID, If, Shell, Run, Uses string
	Env, With                      map[string]string
}

func readAction(t *testing.T) *action {
	t.Helper()
	a := &action{}
	if err := yaml.Unmarshal([]byte(read(t, filepath.Join(root, "action.yml"))), a); err != nil {
		t.Fatal(err)
	}
	return a
}

// runner runs the steps of the action as a runner of GitHub does: it knows the
// few forms of expressions that stand in it, and fails on any other.
type runner struct {
	t         *testing.T
	action    *action
	inputs    map[string]string
	github    map[string]string // by path, such as event.pull_request.number
	env       []string
	dir       string // the workspace
	artifacts map[string]string
	// after a run:
	steps   map[string]map[string]string
	log     string
	summary string
}

// run gives the exit code of the first step that fails.
func (r *runner) run() int {
	r.t.Helper()
	r.steps, r.artifacts = map[string]map[string]string{}, map[string]string{}
	temp := r.t.TempDir()
	for i, s := range r.action.Runs.Steps {
		if s.If != "" && !r.holds(s.If) {
			continue
		}
		if s.Uses != "" {
			r.upload(s)
			continue
		}
		outputs, summary := filepath.Join(temp, fmt.Sprint("outputs", i)), filepath.Join(temp, "summary")
		write(r.t, temp, map[string]string{filepath.Base(outputs): ""})
		env := slices.Concat(r.env, []string{"RUNNER_TEMP=" + temp, "GITHUB_OUTPUT=" + outputs, "GITHUB_STEP_SUMMARY=" + summary, "GITHUB_ACTION_PATH=" + root})
		for name, value := range s.Env {
			env = append(env, name+"="+r.fill(value))
		}
		got := job{dir: r.dir, env: env}.run(r.t, "bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", s.Run)
		r.log += got.out + got.err
		if text, err := os.ReadFile(summary); err == nil {
			r.summary = string(text)
		}
		r.steps[s.ID] = map[string]string{}
		for line := range strings.Lines(read(r.t, outputs)) {
			name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
			if !ok {
				r.t.Fatalf("step %q wrote the output %q", s.Name, line)
			}
			r.steps[s.ID][name] = value
		}
		if got.code != 0 {
			return got.code
		}
	}
	return 0
}

// upload stands in for actions/upload-artifact: it keeps the plan by the name of
// the artifact, and looks that find-plan.sh will find it in there.
func (r *runner) upload(s step) {
	r.t.Helper()
	if !strings.HasPrefix(s.Uses, "actions/upload-artifact@") {
		r.t.Fatalf("the test cannot run %s", s.Uses)
	}
	paths := strings.Fields(r.fill(s.With["path"]))
	for _, path := range paths {
		if filepath.Dir(path) != filepath.Dir(paths[0]) { // else folders appear in the artifact
			r.t.Errorf("%s and %s lie in different folders", paths[0], path)
		}
		if text := read(r.t, path); filepath.Base(path) == "plan.idpsync" {
			r.artifacts[r.fill(s.With["name"])] = text
		}
	}
}

func (r *runner) output(name string) string { return r.fill(r.action.Outputs[name].Value) }

var expression = regexp.MustCompile(`\$\{\{(.*?)\}\}`)

func (r *runner) fill(text string) string {
	return expression.ReplaceAllStringFunc(text, func(e string) string {
		return r.either(expression.FindStringSubmatch(e)[1])
	})
}

// either is "a || b".
func (r *runner) either(e string) string {
	for part := range strings.SplitSeq(e, "||") {
		if v := r.value(strings.TrimSpace(part)); v != "" {
			return v
		}
	}
	return ""
}

// holds is "a == b && c != d".
func (r *runner) holds(e string) bool {
	for part := range strings.SplitSeq(e, "&&") {
		left, right, equal := strings.Cut(part, "==")
		if !equal {
			var ok bool
			if left, right, ok = strings.Cut(part, "!="); !ok {
				r.t.Fatalf("the test cannot judge %q", e)
			}
		}
		if (r.value(strings.TrimSpace(left)) == r.value(strings.TrimSpace(right))) != equal {
			return false
		}
	}
	return true
}

func (r *runner) value(e string) string {
	switch path := strings.Split(e, "."); {
	case strings.HasPrefix(e, "'"):
		return strings.Trim(e, "'")
	case path[0] == "inputs" && len(path) == 2:
		in, known := r.action.Inputs[path[1]]
		if !known {
			r.t.Fatalf("%s is no input", e)
		}
		if v, given := r.inputs[path[1]]; given {
			return v
		}
		return r.fill(in.Default)
	case path[0] == "github":
		return r.github[strings.Join(path[1:], ".")]
	case path[0] == "steps" && len(path) == 4 && path[2] == "outputs":
		return r.steps[path[1]][path[3]]
	}
	r.t.Fatalf("the test cannot read %q", e)
	return ""
}
