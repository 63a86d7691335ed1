package cli_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/idpsync/idpsync/internal/cli"
	"github.com/idpsync/idpsync/internal/ledger"
	"github.com/idpsync/idpsync/internal/model"
)

const prodPool = "62eaa95fe0a1b29a5295bf7c"

// remembered is a good project whose ledger has seen three runs: one of prod
// that went well, one of prod that failed in part and was cut off, and one of
// the sandbox.
func remembered(t *testing.T) (dir string) {
	t.Helper()
	dir = project(t, files("https://api.example.com"))
	l, err := ledger.Open("", dir, ledger.Options{})
	if err != nil {
		t.Fatal(err)
	}
	keep(t, l.Pool(prodPool), "20261122T120000Z-aaaaaa", "prod", true)
	keep(t, l.Pool(prodPool), "20261122T130000Z-bbbbbb", "prod", false)
	keep(t, l.Pool("0123456789abcdef01234567"), "20261122T140000Z-cccccc", "local", true)
	return dir
}

func keep(t *testing.T, p ledger.Pool, id, target string, whole bool) {
	t.Helper()
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	at, err := time.Parse("20060102T150405Z", id[:16])
	must(err)
	holder := ledger.Holder{Host: "ci-7", PID: 42, Run: id, Since: at}
	w, err := p.Lock(ctx, holder)
	must(err)
	j, err := w.Begin(ctx, ledger.RunHead{ID: id, Time: at, Tool: "idpsync dev", Target: target, Host: "https://api.example.com", Holder: holder})
	must(err)
	must(j.Override(ctx, "lockout", "nobody uses it \x1b[31m"))
	n, err := j.Intent(ctx, ledger.Entry{Time: at, Key: model.Key{Kind: model.Connection, Name: "corp-oidc"}, Action: "create", Part: "mfa"})
	must(err)
	if !whole {
		must(j.Outcome(ctx, n, ledger.Outcome{Time: at, Fate: ledger.Failed, Code: "IDP0502", Message: "identifier already in use", RequestID: "q1"}))
		_, err := j.Intent(ctx, ledger.Entry{Time: at, Key: model.Key{Kind: model.Application, Name: "portal"}, Action: "update", ID: "65aa"})
		must(err)
	} else {
		must(j.Outcome(ctx, n, ledger.Outcome{Time: at, Fate: ledger.Done, ID: "6500aa"}))
		must(j.Close(ctx, ledger.Summary{Time: at, Done: 1}))
	}
	must(w.Release())
}

func TestJournalListsTheRunsNewestFirst(t *testing.T) {
	dir := remembered(t)
	for _, verb := range [][]string{{"journal"}, {"journal", "list"}} {
		r := call{dir: dir}.run(t, append(verb, "-o", "json")...)
		r.want(t, cli.OK, nil, nil)
		runs := r.document(t, "journal")["runs"].([]any)
		var got []string
		for _, r := range runs {
			m := r.(map[string]any)
			got = append(got, m["runId"].(string)[17:]+" "+m["state"].(string)+" "+m["target"].(map[string]any)["name"].(string))
		}
		want := []string{"cccccc done local", "bbbbbb unfinished prod", "aaaaaa done prod"}
		if len(got) != 3 || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
			t.Errorf("%v: got %v, want %v", verb, got, want)
		}
	}
	call{dir: dir}.run(t, "journal").want(t, cli.OK, []string{"RUN ", "20261122T130000Z-bbbbbb  2026-11-22T13:00:00Z  prod    " + prodPool + "  unfinished  2      1\n"}, nil)
}

func TestJournalOfOneTarget(t *testing.T) {
	dir := remembered(t)
	for target, want := range map[string]int{"prod": 2, "local": 1} {
		r := call{dir: dir}.run(t, "journal", "-t", target, "-o", "json")
		if runs := r.document(t, "journal")["runs"].([]any); len(runs) != want {
			t.Errorf("%s: %v", target, runs)
		}
	}
	call{dir: dir}.run(t, "journal", "-t", "prd").want(t, cli.Usage, nil, []string{"did you mean prod?"})
}

func TestJournalShowsARunStepByStep(t *testing.T) {
	dir := remembered(t)
	call{dir: dir}.run(t, "journal", "show", "20261122T130000Z-bbbbbb").want(t, cli.OK, []string{
		"state     unfinished\n", "by        process 42 on host ci-7\n", `override  lockout: nobody uses it \x1b[31m` + "\n",
		"failed  create mfa  connection/corp-oidc  -     identifier already in use\n", "open    update      application/portal    65aa  \n",
	}, nil)
	r := call{dir: dir}.run(t, "journal", "show", "20261122T130000Z-bbbbbb", "-o", "json")
	steps := r.document(t, "run")["steps"].([]any)
	first := steps[0].(map[string]any)
	if len(steps) != 2 || first["fate"] != "failed" || first["error"].(map[string]any)["requestId"] != "q1" || steps[1].(map[string]any)["fate"] != "open" {
		t.Errorf("%v", steps)
	}
	call{dir: dir}.run(t, "journal", "show", "20261122T130000Z-bbbbba").want(t, cli.Failure, nil, []string{"no run", "did you mean 20261122T130000Z-bbbbbb?"})
	call{dir: dir}.run(t, "journal", "show").want(t, cli.Usage, nil, []string{"the id of a run"})
	call{dir: dir}.run(t, "journal", "shwo").want(t, cli.Usage, nil, []string{"did you mean show?"})
}

func TestJournalOfNothing(t *testing.T) {
	dir := project(t, files("https://api.example.com"))
	call{dir: dir}.run(t, "journal").want(t, cli.OK, []string{"No runs.\n"}, nil)
	if _, err := os.Stat(filepath.Join(dir, ".idpsync")); err == nil {
		t.Error("reading made a folder")
	}
}

// TestADamagedJournalHidesNoOther: what can be read is shown, and the rest is
// named, in the language that was asked for.
func TestADamagedJournalHidesNoOther(t *testing.T) {
	dir := remembered(t)
	path := filepath.Join(dir, ".idpsync/ledger", prodPool, "journal/00000001-20261122T120000Z-aaaaaa.jsonl")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, whole[:len(whole)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	at := ".idpsync/ledger/" + prodPool + "/journal/00000001-20261122T120000Z-aaaaaa.jsonl, line 2"
	call{dir: dir}.run(t, "journal").want(t, cli.Failure, []string{"aaaaaa  -", "unreadable", "bbbbbb  2026"},
		[]string{"error[IDP0410]: the ledger is damaged: " + at + ": it was cut\n", "hint: put back a copy"})
	r := call{dir: dir}.run(t, "journal", "show", "20261122T120000Z-aaaaaa", "-o", "json", "--lang", "zh-CN")
	r.want(t, cli.Failure, nil, []string{"error[IDP0410]: 账本已损坏："})
	if found := r.document(t, "diagnostics")["diagnostics"].([]any); len(found) != 1 {
		t.Errorf("%v", found)
	}
}
