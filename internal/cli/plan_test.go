package cli_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/idpsync/idpsync/internal/cli"
	"github.com/idpsync/idpsync/internal/ledger"
)

func TestPlanShowsThePoolFirstAndTheSummaryLast(t *testing.T) {
	r := call{dir: project(t, files("https://api.example.com"))}.run(t, "plan")
	r.want(t, cli.OK, []string{"+ connection/corp-oidc", "fields.clientSecret: (secret)"}, nil)
	lines := strings.Split(strings.TrimSpace(r.stdout), "\n")
	if !strings.HasPrefix(lines[0], "Pool ") || !strings.HasSuffix(lines[0], " at sandbox (target local)") {
		t.Errorf("first line %q", lines[0])
	}
	if last := lines[len(lines)-1]; last != "Plan: 4 to create, 0 to change, 0 to replace, 0 to delete; 0 unchanged, 0 unmanaged." {
		t.Errorf("last line %q", last)
	}
}

func TestPlanAsJSONIsTheSameTwice(t *testing.T) {
	c := call{dir: project(t, files("https://api.example.com")), at: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
	first, second := c.run(t, "plan", "-o", "json"), c.run(t, "plan", "-o", "json")
	first.want(t, cli.OK, []string{`"createdAt": "2026-11-22T09:00:00Z"`}, nil)
	doc := first.document(t, "plan")
	if n := len(doc["changes"].([]any)); n != 4 {
		t.Errorf("%d changes", n)
	}
	if first.stdout != second.stdout {
		t.Error("the second plan has other bytes")
	}
}

func TestOutputsGoToFilesToo(t *testing.T) {
	dir := project(t, files("https://api.example.com"))
	file := filepath.Join(dir, "plan.json")
	if err := os.WriteFile(file, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	call{dir: dir}.run(t, "plan", "-o", "json=plan.json").want(t, cli.OK, []string{"Plan: 4 to create"}, nil)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	ran{stdout: string(text)}.document(t, "plan")
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".idpsync-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	call{dir: dir}.run(t, "plan", "-o", "json=no/such/plan.json").want(t, cli.Failure, nil, []string{"no folder"})
}

func TestInvalidFilesEndAPlanBeforeAnyRequest(t *testing.T) {
	host, visits := counted(t)
	f := broken()
	f["idpsync.yaml"] = files(host)["idpsync.yaml"]
	c := call{dir: project(t, f), env: map[string]string{"PROD_AK": "k", "PROD_SK": "s"}}
	r := c.run(t, "plan", "-t", "prod", "-o", "json")
	r.want(t, cli.Failure, nil, []string{"teams/bad.yaml:7:17: error[IDP0201]"})
	r.document(t, "diagnostics")
	if r := c.run(t, "apply", "-y", "-t", "prod"); r.code != int(cli.Failure) || r.stdout != "" {
		t.Errorf("apply: exit %d, stdout %q", r.code, r.stdout)
	}
	if visits() != 0 {
		t.Error("a request was made")
	}
}

func TestWhatIsMissingIsNamedBeforeAnyRequest(t *testing.T) {
	host, visits := counted(t)
	c := call{dir: project(t, files(host)), env: map[string]string{"CORP_SECRET": ""}}
	c.run(t, "plan", "-t", "prod").want(t, cli.Failure, nil, []string{"corp.yaml:16:19: error[IDP0116]"})
	c = call{dir: c.dir, env: map[string]string{"PROD_AK": "k"}}
	r := c.run(t, "plan", "-t", "prod", "-o", "json")
	r.want(t, cli.Failure, nil, []string{"error[IDP0116]: targets.prod.credentials.accessKeySecret: the environment variable PROD_SK is not set"})
	r.document(t, "diagnostics")
	if visits() != 0 {
		t.Error("a request was made")
	}
}

func TestADeadServerEndsWith7(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	host := "http://" + l.Addr().String()
	_ = l.Close()
	c := call{dir: project(t, files(host)), env: map[string]string{"PROD_AK": "k", "PROD_SK": "s"}}
	r := c.run(t, "apply", "-y", "-t", "prod")
	r.want(t, cli.Unavailable, nil, []string{"error: "})
	if r.stdout != "" {
		t.Errorf("stdout: %q", r.stdout)
	}
}

func TestASandboxInUseEndsWith6(t *testing.T) {
	dir := project(t, files("https://api.example.com"))
	held, err := ledger.Lock(filepath.Join(dir, ".idpsync", "sandbox", "lock"), ledger.Holder{Host: "elsewhere", PID: 77, Since: time.Unix(0, 0)})
	if err != nil {
		t.Fatal(err)
	}
	call{dir: dir}.run(t, "plan").want(t, cli.Locked, nil, []string{"process 77 on host elsewhere"})
	if err := held.Release(); err != nil {
		t.Fatal(err)
	}
	call{dir: dir}.run(t, "plan").want(t, cli.OK, nil, nil)
	call{dir: dir}.run(t, "plan").want(t, cli.OK, nil, nil)
}

func TestPlanWithoutSecretsNeedsNone(t *testing.T) {
	c := call{dir: project(t, files("https://api.example.com")), env: map[string]string{"CORP_SECRET": ""}}
	c.run(t, "plan", "--no-secrets").want(t, cli.OK, []string{"fields.clientSecret: (secret)"}, nil)
}

func TestPruneOwnedSaysThatItHasNoMemory(t *testing.T) {
	c := call{dir: project(t, files("https://api.example.com"))}
	c.run(t, "plan", "--prune", "owned").want(t, cli.OK, nil, []string{"warning: prune owned deletes nothing"})
	if r := c.run(t, "plan"); strings.Contains(r.stderr, "warning") {
		t.Errorf("stderr: %q", r.stderr)
	}
}

func TestTheTargetIsChosen(t *testing.T) {
	dir := project(t, files("https://api.example.com"))
	r := call{dir: dir, env: map[string]string{"IDPSYNC_TARGET": "prod"}}.run(t, "plan")
	r.want(t, cli.Failure, nil, []string{"targets.prod.credentials"})
	call{dir: dir, env: map[string]string{"IDPSYNC_TARGET": "prod"}}.run(t, "plan", "-t", "local").want(t, cli.OK, nil, nil)
	f := files("https://api.example.com")
	f["idpsync.yaml"] = strings.ReplaceAll(f["idpsync.yaml"], "defaultTarget: local\n", "")
	call{dir: project(t, f)}.run(t, "plan").want(t, cli.Usage, nil, []string{"several targets: local, prod"})
	before, _, _ := strings.Cut(f["idpsync.yaml"], "  prod:")
	f["idpsync.yaml"] = before
	call{dir: project(t, f)}.run(t, "plan").want(t, cli.OK, []string{"(target local)"}, nil)
}

// Many warnings about the files would hide the plan: they are counted, and
// validate lists them. Errors are told in full, with every warning.
func TestManyWarningsAreCounted(t *testing.T) {
	f := files("https://api.example.com")
	urls := []string{"http://a.example.com", "http://b.example.com", "http://c.example.com", "http://d.example.com", "http://e.example.com", "http://f.example.com"}
	redirects := func(n int) {
		f["corp.yaml"] = strings.ReplaceAll(corpFile, "https://portal.example.com/callback", strings.Join(urls[:n], ", "))
	}
	redirects(5)
	c := call{dir: project(t, f)}
	c.run(t, "plan").want(t, cli.OK, nil, []string{"redirectUris.0:", "redirectUris.4:"})
	redirects(6)
	c.dir = project(t, f)
	for _, args := range [][]string{{"plan"}, {"apply", "-y"}, {"drift"}} {
		r := c.run(t, args...)
		if want := "6 warnings in the files; \"idpsync validate\" lists them\n"; !strings.Contains(r.stderr, want) || strings.Contains(r.stderr, "redirectUris") {
			t.Errorf("%v says:\n%s", args, r.stderr)
		}
	}
	c.run(t, "validate").want(t, cli.OK, []string{"redirectUris.5:"}, []string{"6 warnings"})
	f["bad.yaml"] = "apiVersion: idpsync/v1\nkind: Application\nmetadata: {name: x}\nspec: {appName: X, colour: red}\n"
	c.dir = project(t, f)
	c.run(t, "plan").want(t, cli.Failure, nil, []string{"IDP0106", "redirectUris.0:", "redirectUris.5:"})
}
