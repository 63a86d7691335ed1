package cli_test

import (
	"net"
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/cli"
)

// counted listens and counts who comes; nobody may.
func counted(t *testing.T) (host string, visits func() int) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	n := make(chan int, 1)
	n <- 0
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_ = c.Close()
			n <- <-n + 1
		}
	}()
	return "http://" + l.Addr().String(), func() int { v := <-n; n <- v; return v }
}

func TestWrongUsageEndsWith64BeforeAnyRequest(t *testing.T) {
	host, visits := counted(t)
	dir := project(t, files(host))
	credentials := map[string]string{"PROD_AK": "k", "PROD_SK": "s", "UNREADABLE": "postgres://u:pw#canary@h/d"}
	for _, row := range []struct{ args, says string }{
		{"plann", "did you mean plan?"},
		{"frobnicate", "idpsync --help lists them"},
		{"serve", "serve needs --fleet FILE"},
		{"serve --fleet f.yaml", "serve needs a database"},
		{"serve --fleet f.yaml --database postgres://u:pw@h/d", "holds a password"},
		{"serve --check --fleet f.yaml --database postgres://u:pw@h/d", "holds a password"},
		{"serve --fleet f.yaml --database postgres://u@h/d?PassWord=pw", "holds a password"},
		{"serve --fleet f.yaml --database postgres://u@h/d?sslmode=junk", "sslmode is disable"},
		{"serve --fleet f.yaml --database env:UNREADABLE", "as %23 %2F"},
		{"serve --check --fleet f.yaml -o json", "--check has no JSON"},
		{"serve --fleet f.yaml --database host=h", "no postgres:// URL"},
		{"serve --fleet f.yaml --database env:NOWHERE", "the variable NOWHERE is not set"},
		{"serve --check --fleet f.yaml -t prod", "name the target in the fleet file"},
		{"serve --check --fleet f.yaml --workers 0", "want 1 to 1000"},
		{"serve --check --fleet f.yaml --hook-secret-file x", "--hook-secret-file means nothing without --listen"},
		{"serve now", "takes no argument"},
		{"drift now", "takes no argument"},
		{"drift --prune all", "unknown flag --prune"},
		{"show", "a plan file"},
		{"show -o dot x", "this verb has no dot form"},
		{"schema lst", "did you mean list?"},
		{"schema verify plann x.json", "did you mean plan?"},
		{"help plann", "did you mean plan?"},
		{"plan --selct x", "did you mean --select?"},
		{"--bogus plan", "unknown flag --bogus"},
		{"--version", "hint: idpsync version tells it"},
		{"plan --version", "hint: idpsync version tells it"},
		{"ledgr --help", `unknown verb "ledgr"`},
		{"--help plann", "did you mean plan?"},
		{"serve --hlp", "did you mean"},
		{"schema lst --help", "did you mean list?"},
		{"plan -Z", "unknown flag -Z"},
		{"plan extra", `takes no argument, got "extra"`},
		{"plan --max-deletes many", "--max-deletes: want a whole number"},
		{"plan --max-deletes -1", "cannot be negative"},
		{"plan --max-rps -1", "cannot be negative"},
		{"plan --max-rps NaN", "cannot be negative"},
		{"plan --parallelism 0", "at least 1"},
		{"plan --prune everything", "want one of off, owned, all"},
		{"plan --push secret", "did you mean secrets?"},
		{"plan --select [", "no valid pattern"},
		{"plan --override lockot=x", "did you mean lockout?"},
		{"plan --override lockout=", "want a reason"},
		{"plan --override lockout", "--override: want NAME=VALUE"},
		{"plan --override lockout=a --override lockout=b", "given twice"},
		{"plan --override incomplete-read=x", "nothing overrides"},
		{"plan --out corp.yaml", "would be read as a file of the project"},
		{"plan --out .", "is a folder"},
		{"plan --out -", "want the name of a file"},
		{"plan -o jsn", "did you mean json?"},
		{"plan -o dot", "this verb has no dot form"},
		{"plan -o json -o text", "only one format"},
		{"plan --color sometimes", "want one of auto, always, never"},
		{"plan --lang fr", "want one of en, zh-CN"},
		{"plan --log-level loud", "--log-level"},
		{"plan --log-format xml", "--log-format"},
		{"plan --target", "--target: want a value, got none"},
		{"plan -t prd", "did you mean prod?"},
		{"validate -t prd", "did you mean prod?"},
		{"apply -t prod", "asks on a terminal only"},
		{"apply the.plan --prune all --allow-replace", "--allow-replace, --prune cannot stand beside it"},
		{"apply one.plan two.plan", "takes one plan file at most"},
		{"apply -y --out x.plan", "carries the plan out at once"},
		{"apply -y --no-secrets", "needs the secrets"},
		{"apply -y --detailed-exitcode", "unknown flag"},
		{"completion basj", "did you mean bash?"},
		{"completion", "takes one argument"},
		{"schema show", "takes one argument"},
		{"version now", "takes no argument"},
		{"version -o sarif", "this verb has no sarif form"},
		{"sandbox --dialect secrets=maybe", "masked"},
		{"sandbox --dialect secrets", "want NAME=VALUE"},
		{"sandbox --fault nonsense", "METHOD PATH"},
		{"sandbox --latency soon", "want a duration"},
		{"sandbox --page-max 0", "at least 1"},
		{"sandbox -o json", "not built yet"},
	} {
		t.Run(row.args, func(t *testing.T) {
			r := call{dir: dir, env: credentials}.run(t, strings.Fields(row.args)...)
			r.want(t, cli.Usage, nil, []string{"error: ", row.says})
			if r.stdout != "" || strings.Contains(r.stderr, "canary") {
				t.Errorf("stdout: %q, stderr: %q", r.stdout, r.stderr)
			}
		})
	}
	if n := visits(); n != 0 {
		t.Errorf("%d requests were made", n)
	}
}

func TestAnUnreadVariableIsWrongUsage(t *testing.T) {
	text := files("https://api.example.com")
	text["corp.yaml"] = strings.ReplaceAll(corpFile, "CORP_SECRET", "IDPSYNC_CORP")
	dir := project(t, text)
	for _, verb := range []string{"plan", "validate"} {
		call{dir: dir, env: map[string]string{"IDPSYNC_CORP": canary}}.run(t, verb).want(t, cli.OK, nil, nil)
		call{dir: dir, env: map[string]string{"IDPSYNC_CORP": canary, "IDPSYNC_TARGT": "x"}}.run(t, verb).
			want(t, cli.Usage, nil, []string{"nothing reads the variable IDPSYNC_TARGT", "did you mean IDPSYNC_TARGET?"})
		call{dir: dir, env: map[string]string{"IDPSYNC_CORP": canary, "IDPSYNC_CONFORMANCE_HOST": "x"}}.run(t, verb).
			want(t, cli.Usage, nil, []string{"nothing reads the variable IDPSYNC_CONFORMANCE_HOST", "hint: unset it"})
	}
	call{dir: dir, env: map[string]string{"IDPSYNC_LANG": "fr"}}.run(t, "validate").want(t, cli.Usage, nil, []string{"IDPSYNC_LANG"})
}

func TestFlagsStandBeforeOrAfterTheVerb(t *testing.T) {
	dir := project(t, files("https://api.example.com"))
	for _, args := range []string{
		"plan --detailed-exitcode -t local", "--detailed-exitcode -t local plan", "-tlocal plan --detailed-exitcode",
		"--target=local --detailed-exitcode plan", "--select * --detailed-exitcode plan", "-o text plan --detailed-exitcode",
	} {
		call{dir: dir}.run(t, strings.Fields(args)...).want(t, cli.Changes, []string{"Plan: 4 to create"}, nil)
	}
}

func TestHelpTellsTheExitCodes(t *testing.T) {
	for _, args := range [][]string{nil, {"--help"}, {"help"}, {"help", "plan"}, {"plan", "-h"}, {"plan", "--help"}, {"schema"}, {"schema", "pull", "--help"}} {
		call{dir: t.TempDir()}.run(t, args...).want(t, cli.OK, []string{"Usage:", "Exit codes:", " 7  the server is unavailable", "64  wrong usage"}, nil)
	}
}

func TestHelpOfApplyOffersNothingItRefuses(t *testing.T) {
	r := call{dir: t.TempDir()}.run(t, "apply", "--help")
	r.want(t, cli.OK, []string{"beside a PLANFILE only --yes"}, nil)
	for _, flag := range []string{"--out ", "--no-secrets"} {
		if strings.Contains(r.stdout, flag) {
			t.Errorf("%s is offered", flag)
		}
	}
}

func TestNoProjectIsAnError(t *testing.T) {
	for _, args := range [][]string{{"plan"}, {"validate"}, {"apply", "-y"}, {"plan", "-C", "nowhere"}} {
		r := call{dir: t.TempDir()}.run(t, args...)
		r.want(t, cli.Failure, nil, []string{"error: "})
	}
}

func TestVersionAndCompletion(t *testing.T) {
	call{}.run(t, "version").want(t, cli.OK, []string{"idpsync ", "go1.", "/"}, nil)
	doc := call{}.run(t, "version", "-o", "json").document(t, "version")
	if doc["os"] == "" || doc["version"] == "" {
		t.Errorf("got %v", doc)
	}
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		call{}.run(t, "completion", shell).want(t, cli.OK, []string{"idpsync"}, nil)
	}
	call{}.run(t, "__complete", "sch").want(t, cli.OK, []string{"schema"}, nil)
}
