package packaging

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const projectFile = `apiVersion: idpsync/v1
kind: Project
defaultTarget: local
targets:
  local: {sandbox: {}}
`

const portal = `apiVersion: idpsync/v1
kind: Application
metadata: {name: portal}
spec: {appName: "员工门户", redirectUris: ["https://portal.example.com/callback"]}
`

// newPull is a checked out pull request of a branch of the repository.
func newPull(t *testing.T, f *forge) *runner {
	t.Helper()
	program(t, "jq", "jq")
	program(t, "curl", "curl")
	program(t, "unzip", "unzip")
	dir := t.TempDir()
	write(t, dir, map[string]string{"config/idpsync.yaml": projectFile, "config/portal.yaml": portal})
	f.contents["main config/idpsync.yaml"] = projectFile
	return &runner{
		t: t, action: readAction(t), dir: dir,
		inputs: map[string]string{"binary": idpsync(t), "directory": "config", "target": "local"},
		github: map[string]string{
			"token": token, "event.pull_request.number": "7", "event.pull_request.head.repo.full_name": repository,
			"event.pull_request.base.sha": "base", "event.pull_request.base.ref": "main",
		},
		env: bare(t, "GITHUB_API_URL="+f.api.URL, "GITHUB_SERVER_URL=https://github.example.com", "GITHUB_REPOSITORY="+repository,
			"GITHUB_EVENT_NAME=pull_request", "GITHUB_RUN_ID=99", "GITHUB_SHA=merged", "GITHUB_REF_NAME=main",
			"GITHUB_WORKFLOW_REF="+repository+"/.github/workflows/idpsync.yml@refs/heads/main",
			"IDPSYNC_LEDGER_KEY=0123456789abcdef0123456789abcdef"),
	}
}

// merge makes the runner one of the push that merges the pull request.
func (r *runner) merge(f *forge) {
	r.inputs["mode"] = "apply"
	for name := range maps.Keys(r.github) {
		if strings.HasPrefix(name, "event.") {
			delete(r.github, name)
		}
	}
	r.set("GITHUB_EVENT_NAME=push")
	f.pulls = []any{pullDocument("main", repository)}
}

func pullDocument(base, head string) any {
	return map[string]any{
		"number": 7, "merged_at": "2026-01-02T03:04:05Z", "merge_commit_sha": "merged", "base": map[string]any{"ref": base},
		"head": map[string]any{"sha": "tip", "repo": map[string]any{"full_name": head}},
	}
}

func runDocument(path, event, conclusion string) any {
	return map[string]any{"path": path, "event": event, "conclusion": conclusion}
}

const workflow = ".github/workflows/idpsync.yml"

func (r *runner) set(variable string) {
	name, _, _ := strings.Cut(variable, "=")
	for i, v := range r.env {
		if strings.HasPrefix(v, name+"=") {
			r.env[i] = variable
			return
		}
	}
	r.env = append(r.env, variable)
}

// TestPullRequest is the life of a change: a comment is made, then changed in
// place; the plan is kept; the merge applies exactly that plan and says so.
func TestPullRequest(t *testing.T) {
	f := newForge(t)
	for i := range 230 { // somebody wrote our mark, and we are on the third page
		f.comments = append(f.comments, comment{ID: i + 1, Body: "<!-- idpsync:idpsync-local -->\nhello", User: user{"mallory", "User"}})
	}
	r := newPull(t, f)
	if code := r.run(); code != 0 {
		t.Fatalf("the plan ended with %d\n%s", code, r.log)
	}
	mine := func() string {
		t.Helper()
		if len(f.comments) != 231 {
			t.Fatalf("there are %d comments, want one of ours", len(f.comments)-230)
		}
		return f.comments[230].Body
	}
	if body := mine(); !strings.HasPrefix(body, "<!-- idpsync:idpsync-local -->\n") || !strings.Contains(body, "portal") {
		t.Errorf("the comment does not show the plan:\n%s", body)
	}
	if r.output("changes") != "true" || r.output("exit-code") != "2" {
		t.Errorf("changes=%q exit-code=%q", r.output("changes"), r.output("exit-code"))
	}
	if !strings.Contains(r.summary, "portal") {
		t.Errorf("the summary of the run does not show the plan:\n%s", r.summary)
	}
	if text := read(t, r.output("sarif")); !strings.Contains(text, `"2.1.0"`) {
		t.Errorf("there is no SARIF:\n%s", tail(text))
	}

	if text := read(t, r.output("html")); !strings.Contains(text, "员工门户") {
		t.Errorf("there is no page:\n%s", tail(text))
	}
	write(t, r.dir, map[string]string{"config/wiki.yaml": strings.NewReplacer("portal", "wiki").Replace(portal)})
	if code := r.run(); code != 0 {
		t.Fatalf("the second plan ended with %d\n%s", code, r.log)
	}
	if body := mine(); !strings.Contains(body, "wiki") {
		t.Errorf("the comment still shows the first plan:\n%s", body)
	}

	f.keep(51, 501, "idpsync-local", "tip", r.artifacts["idpsync-local"])
	f.runs[501] = runDocument(workflow, "pull_request", "success")
	r.merge(f)
	if code := r.run(); code != 0 {
		t.Fatalf("the apply ended with %d\n%s", code, r.log)
	}
	if got := r.output("exit-code"); got != "0" {
		t.Errorf("exit-code=%q", got)
	}
	if body := mine(); !strings.Contains(body, "wiki") || !strings.Contains(read(t, r.output("json")), `"idpsync.result"`) {
		t.Errorf("the result is not told:\n%s", body)
	}
	if got := (job{dir: r.dir, env: r.env}).run(t, idpsync(t), "plan", "-C", "config", "--detailed-exitcode"); got.code != 0 {
		t.Errorf("the pool is not as the files say:\n%s", got.out)
	}
	if code := r.run(); code != 4 {
		t.Errorf("the same plan once more ended with %d, want 4", code)
	}
	for _, c := range f.comments[:230] {
		if !strings.HasSuffix(c.Body, "hello") {
			t.Fatal("the comment of somebody else was changed")
		}
	}
	if strings.Contains(r.log, token) {
		t.Error("the token is in the log")
	}
}

// TestForks: the files of strangers are checked, and that is all.
func TestForks(t *testing.T) {
	f := newForge(t)
	r := newPull(t, f)
	r.github["event.pull_request.head.repo.full_name"] = "mallory/identity"
	if code := r.run(); code != 0 {
		t.Fatalf("a good file of a fork ended with %d\n%s", code, r.log)
	}
	write(t, r.dir, map[string]string{"config/bad.yaml": "apiVersion: idpsync/v1\nkind: Application\nmetadata: {name: bad}\nspec: {appNaem: x}\n"})
	if code := r.run(); code != 1 {
		t.Errorf("a bad file of a fork ended with %d", code)
	}
	if !strings.Contains(r.log, "::error ") || !strings.Contains(r.log, "config/bad.yaml") {
		t.Errorf("there is no annotation:\n%s", r.log)
	}
	if len(f.requests) != 0 || len(r.artifacts) != 0 {
		t.Errorf("requests %v, artifacts %d; want none", f.requests, len(r.artifacts))
	}
	if _, err := os.Stat(filepath.Join(r.dir, "config/.idpsync")); err == nil {
		t.Error("the pool was looked at")
	}
	r.github["event.pull_request.head.repo.full_name"] = "" // a fork that is gone
	if code := r.run(); code != 1 || len(f.requests) != 0 {
		t.Errorf("a fork that is gone: exit code %d, requests %v", code, f.requests)
	}
}

// TestEventsOfStrangers: these events hand secrets to whoever opens a pull request.
func TestEventsOfStrangers(t *testing.T) {
	for _, event := range []string{"pull_request_target", "workflow_run"} {
		r := newPull(t, newForge(t))
		r.set("GITHUB_EVENT_NAME=" + event)
		if code := r.run(); code != 64 || !strings.Contains(r.log, event) {
			t.Errorf("%s: exit code %d\n%s", event, code, r.log)
		}
	}
}

// TestProjectFileMoved: a pull request that changes where the credentials are
// sent is not planned with them.
func TestProjectFileMoved(t *testing.T) {
	f := newForge(t)
	r := newPull(t, f)
	f.contents["main config/idpsync.yaml"] = strings.Replace(projectFile, "local: {sandbox: {}}", "local: {sandbox: {}, vars: {a: b}}", 1)
	if code := r.run(); code != 0 || len(r.artifacts) != 0 || !strings.Contains(f.comments[0].Body, "not planned") {
		t.Errorf("exit code %d, artifacts %d, comments %v\n%s", code, len(r.artifacts), f.comments, r.log)
	}
	f.contents["base config/idpsync.yaml"] = projectFile // main moved on since
	if code := r.run(); code != 0 || len(r.artifacts) != 1 {
		t.Errorf("as it was at the base: exit code %d, artifacts %d\n%s", code, len(r.artifacts), r.log)
	}
	f.contents = map[string]string{}
	r.inputs["allow-project-change"] = "true"
	if code := r.run(); code != 0 || len(r.artifacts) != 1 {
		t.Errorf("where it is allowed: exit code %d, artifacts %d\n%s", code, len(r.artifacts), r.log)
	}
}

// TestInvalidFiles: the complaint is in the comment, and no line of it can end
// the fence around it or speak to the runner.
func TestInvalidFiles(t *testing.T) {
	f := newForge(t)
	r := newPull(t, f)
	write(t, r.dir, map[string]string{"config/bad.yaml": "apiVersion: idpsync/v1\nkind: Application\nmetadata: {name: bad}\n" +
		"spec: {\"````\\n</details><script>alert(1)</script>\\n::set-env name=PATH::/tmp/evil\": x}\n"})
	if code := r.run(); code != 1 {
		t.Fatalf("exit code %d\n%s", code, r.log)
	}
	body := f.comments[0].Body
	fence := regexp.MustCompile("(?m)^`{3,}").FindString(body)
	if text := strings.Split(body, fence); fence == "" || len(text) != 3 || !strings.Contains(text[1], "````") {
		t.Errorf("something in the fence could end it:\n%s", body)
	}
	speaksOnlyForItself(t, r.log)
}

// speaksOnlyForItself fails when a line of the log could be a workflow command
// that the action did not mean.
func speaksOnlyForItself(t *testing.T, log string) {
	t.Helper()
	ours := regexp.MustCompile(`^::(error|warning|notice|stop-commands)[ :]`)
	stopped := ""
	for line := range strings.Lines(log) {
		line = strings.TrimSpace(line)
		word, isStop := strings.CutPrefix(line, "::stop-commands::")
		switch {
		case stopped != "":
			if line == "::"+stopped+"::" {
				stopped = ""
			}
		case isStop:
			stopped = word
		case strings.HasPrefix(line, "::") && !ours.MatchString(line):
			t.Errorf("the runner would obey %q", line)
		}
	}
	if stopped != "" {
		t.Error("commands stay stopped after the action")
	}
}

// TestHostileInputs: whatever stands in an input is a word to the scripts.
func TestHostileInputs(t *testing.T) {
	evil := "$(touch pwned)`touch pwned`'; touch pwned; \"\n::set-env name=A::b"
	for _, input := range []string{"mode", "directory", "target", "args", "name", "version", "binary", "allow-project-change", "sha256", "mirror", "comment-author"} {
		t.Run(input, func(t *testing.T) {
			r := newPull(t, newForge(t))
			r.inputs[input] = evil
			if input == "target" {
				r.inputs["name"] = "named"
			}
			if input == "sha256" || input == "mirror" || input == "version" {
				delete(r.inputs, "binary")
			}
			if input == "sha256" || input == "mirror" {
				r.inputs["version"] = "v9.9.9"
			}
			if input == "sha256" {
				r.inputs["mirror"] = "http://127.0.0.1:1"
			}
			code := r.run()
			if harmless := input == "comment-author" || input == "allow-project-change"; (code == 0) != harmless {
				t.Errorf("exit code %d\n%s", code, r.log)
			}
			speaksOnlyForItself(t, r.log)
			for _, dir := range []string{r.dir, root, "."} {
				if _, err := os.Stat(filepath.Join(dir, "pwned")); err == nil {
					t.Fatal("it was executed")
				}
			}
		})
	}
}

// TestArgs: one argument a line, with its spaces.
func TestArgs(t *testing.T) {
	r := newPull(t, newForge(t))
	r.inputs["args"] = "--select=application/nothing of that name\n"
	if code := r.run(); code != 64 || !strings.Contains(r.log, "nothing of that name") {
		t.Errorf("exit code %d\n%s", code, r.log)
	}
}

// TestTokensStayOutside: idpsync gets the credentials of the pool and no token of
// GitHub, which a file of the project could name as the source of a secret.
func TestTokensStayOutside(t *testing.T) {
	r := newPull(t, newForge(t))
	seen := filepath.Join(t.TempDir(), "seen")
	spy := filepath.Join(t.TempDir(), "spy")
	write(t, filepath.Dir(spy), map[string]string{"spy": "#!/bin/sh\n[ \"$1\" = version ] || env >>" + seen + "\nexec " + idpsync(t) + " \"$@\"\n"})
	if err := os.Chmod(spy, 0o755); err != nil {
		t.Fatal(err)
	}
	r.inputs["binary"] = spy
	r.set("ACTIONS_ID_TOKEN_REQUEST_TOKEN=an-identity")
	r.set("ACTIONS_RUNTIME_TOKEN=a-runtime")
	r.set("PROD_SK=the-key-of-the-pool")
	if code := r.run(); code != 0 {
		t.Fatalf("exit code %d\n%s", code, r.log)
	}
	text := read(t, seen)
	for _, secret := range []string{token, "an-identity", "a-runtime"} {
		if strings.Contains(text, secret) {
			t.Errorf("idpsync sees %s", secret)
		}
	}
	if !strings.Contains(text, "the-key-of-the-pool") {
		t.Error("idpsync does not see the credentials of the pool")
	}
}

// TestGitHubRefuses: an answer that is not a good one is told with what to do.
func TestGitHubRefuses(t *testing.T) {
	f := newForge(t)
	r := newPull(t, f)
	f.refuse["POST /repos/"+repository+"/issues/7/comments"] = 403
	if code := r.run(); code != 7 || !strings.Contains(r.log, "pull-requests: write") {
		t.Errorf("exit code %d\n%s", code, r.log)
	}
	if n := f.asked("POST /repos/" + repository + "/issues/7/comments"); n != 1 {
		t.Errorf("the comment was sent %d times", n)
	}
	f.refuse["POST /repos/"+repository+"/issues/7/comments"] = 503
	if code := r.run(); code != 7 {
		t.Errorf("exit code %d\n%s", code, r.log)
	}
	if n := f.asked("POST /repos/" + repository + "/issues/7/comments"); n != 2 {
		t.Errorf("the second comment was sent %d times", n-1)
	}
	r.inputs["comment"] = "false"
	if code := r.run(); code != 0 {
		t.Errorf("without comments: exit code %d\n%s", code, r.log)
	}
}

// TestLongPlan: what GitHub would refuse to take is told where to find.
func TestLongPlan(t *testing.T) {
	f := newForge(t)
	r := newPull(t, f)
	for i := range 400 {
		name := fmt.Sprintf("app-%03d", i)
		write(t, r.dir, map[string]string{"config/apps/" + name + ".yaml": strings.NewReplacer("name: portal", "name: "+name, "员工门户", strings.Repeat("长", 100)+name).Replace(portal)})
	}
	if code := r.run(); code != 0 {
		t.Fatalf("exit code %d\n%s", code, tail(r.log))
	}
	if body := f.comments[0].Body; len(body) > 65536 || !strings.Contains(body, "401") && !strings.Contains(body, "summary of the run") {
		t.Errorf("the comment has %d bytes, and tells:\n%s", len(body), body[:min(2000, len(body))])
	}
}

// TestCommentOfAnySize: what GitHub takes is sent whole, and what it does not
// take is replaced and not cut.
func TestCommentOfAnySize(t *testing.T) {
	f := newForge(t)
	r := newPull(t, f)
	body := filepath.Join(t.TempDir(), "body.md")
	env := slices.Concat(r.env, []string{"GITHUB_TOKEN=" + token, "RUNNER_TEMP=" + t.TempDir(), "BODY=" + body, "MARK=m", "PULL_REQUEST=7", "AUTHOR=github-actions[bot]"})
	for _, size := range []int{1, 65000, 65001, 1 << 20} {
		write(t, filepath.Dir(body), map[string]string{"body.md": strings.Repeat("x", size)})
		job{env: env}.must(t, "bash", filepath.Join(root, "ci/action/comment.sh"))
		got := strings.TrimPrefix(f.comments[0].Body, "<!-- idpsync:m -->\n")
		if whole := got == strings.Repeat("x", size); whole != (size <= 65000) || !whole && !strings.Contains(got, "/actions/runs/99") {
			t.Errorf("%d bytes became %d: %.200s", size, len(got), got)
		}
	}
}
