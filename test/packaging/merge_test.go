package packaging

import (
	"os"
	"strings"
	"testing"
)

// planned is a merged pull request whose plan is kept as the real ones are.
func planned(t *testing.T) (*forge, *runner) {
	t.Helper()
	f := newForge(t)
	r := newPull(t, f)
	if code := r.run(); code != 0 {
		t.Fatalf("the plan ended with %d\n%s", code, r.log)
	}
	f.keep(51, 501, "idpsync-local", "tip", r.artifacts["idpsync-local"])
	f.runs[501] = runDocument(workflow, "pull_request", "success")
	r.merge(f)
	return f, r
}

// TestWhosePlan: a plan is applied only if it was made for this commit, on this
// repository, by this workflow, in a run that ended well, and under our key.
func TestWhosePlan(t *testing.T) {
	cases := map[string]struct {
		change func(f *forge, r *runner)
		code   int
		says   string
	}{
		"of another commit": {func(f *forge, _ *runner) { f.kept[0].Run.HeadSHA = "other" }, 4, "has no plan"},
		"of a fork's run":   {func(f *forge, _ *runner) { f.kept[0].Run.HeadRepository = 2 }, 4, "has no plan"},
		"expired":           {func(f *forge, _ *runner) { f.kept[0].Expired = true }, 4, "has no plan"},
		"of another name":   {func(f *forge, _ *runner) { f.kept[0].Name = "idpsync-prod" }, 4, "has no plan"},
		"of another workflow": {func(f *forge, _ *runner) {
			f.runs[501] = runDocument(".github/workflows/evil.yml", "pull_request", "success")
		}, 4, "has no plan"},
		"of another event":     {func(f *forge, _ *runner) { f.runs[501] = runDocument(workflow, "push", "success") }, 4, "has no plan"},
		"of a run that failed": {func(f *forge, _ *runner) { f.runs[501] = runDocument(workflow, "pull_request", "failure") }, 4, "has no plan"},
		"of a fork":            {func(f *forge, _ *runner) { f.pulls = []any{pullDocument("main", "mallory/identity")} }, 4, "fork"},
		"no pull request":      {func(f *forge, _ *runner) { f.pulls = []any{} }, 4, "not the merge of one pull request"},
		"merged elsewhere":     {func(f *forge, _ *runner) { f.pulls = []any{pullDocument("other", repository)} }, 4, "not the merge of one pull request"},
		"without a key":        {func(_ *forge, r *runner) { r.set("IDPSYNC_LEDGER_KEY=") }, 64, "IDPSYNC_LEDGER_KEY"},
		"under another key":    {func(_ *forge, r *runner) { r.set("IDPSYNC_LEDGER_KEY=ffffffffffffffffffffffffffffffff") }, 4, "IDP0404"},
		"of another pool state": {func(_ *forge, r *runner) {
			write(r.t, r.dir, map[string]string{"config/portal.yaml": strings.Replace(portal, "员工门户", "Portal", 1)})
		}, 4, "IDP0402"},
		"of nonsense": {func(f *forge, _ *runner) {
			f.pulls = []any{map[string]any{"merged_at": "", "merge_commit_sha": "merged"}}
		}, 4, "not the merge"},
		"a page of nonsense":  {func(f *forge, _ *runner) { f.pulls = []any{"x"} }, 7, "what its documents do not say"},
		"not allowed to ask":  {func(f *forge, _ *runner) { f.refuse["GET /repos/"+repository+"/actions/artifacts"] = 403 }, 7, "actions: read"},
		"of the wrong event":  {func(_ *forge, r *runner) { r.set("GITHUB_EVENT_NAME=pull_request") }, 64, "want the event push"},
		"workflow with a ref": {func(f *forge, _ *runner) { f.runs[501] = runDocument(workflow+"@main", "pull_request", "success") }, 0, "the plan of pull request 7"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			f, r := planned(t)
			r.t = t
			c.change(f, r)
			if code := r.run(); code != c.code || !strings.Contains(r.log, c.says) {
				t.Errorf("exit code %d, want %d, and %q told\n%s", code, c.code, c.says, tail(r.log))
			}
			if got := (job{dir: r.dir, env: r.env}).run(t, idpsync(t), "plan", "-C", "config", "--detailed-exitcode"); c.code != 0 && got.code != 2 {
				t.Errorf("something was applied:\n%s", got.out)
			}
		})
	}
}

// TestNewestPlan: of several plans of one commit the last one counts, and a
// forged one in front of it does not hide it.
func TestNewestPlan(t *testing.T) {
	f, r := planned(t)
	f.keep(52, 502, "idpsync-local", "tip", "not a plan")
	f.runs[502] = runDocument(".github/workflows/evil.yml", "pull_request", "success")
	if code := r.run(); code != 0 {
		t.Errorf("exit code %d\n%s", code, tail(r.log))
	}
}

// TestPlanOfThisRun: a plan that an earlier job handed over needs no search.
func TestPlanOfThisRun(t *testing.T) {
	f, r := planned(t)
	file := t.TempDir() + "/plan.idpsync"
	if err := os.WriteFile(file, f.plan(51), 0o600); err != nil {
		t.Fatal(err)
	}
	r.inputs["plan"] = file
	r.set("GITHUB_EVENT_NAME=workflow_dispatch")
	asked := len(f.requests)
	if code := r.run(); code != 0 || len(f.requests) != asked {
		t.Errorf("exit code %d, %d requests\n%s", code, len(f.requests)-asked, tail(r.log))
	}
}
