//go:build record

package serve

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestRecord makes testdata/0001 with the program of then, which IDPSYNC names: a
// pool that was applied twice, and a run that was cut off. It is run by hand, with
// -tags record; times that lie in the future of a reader are then put back by hand.
func TestRecord(t *testing.T) {
	const into = "testdata/0001"
	w, db := newPools(t, 1), newDatabase(t)
	l := w.list[0]
	p := newProject(t, t.TempDir(), "project", w.server.URL, w.list, shape{logins: 2, apps: 3})
	file := filepath.Join(p.dir, "idpsync.yaml")
	write(t, file, strings.Replace(readFile(t, file), "targets:", "ledger: "+db.url+"\ntargets:", 1))
	env := append(w.env("then"), "IDPSYNC_LEDGER_KEY="+ledgerKey)
	apply := func(code int) {
		if _, errs, got := run(t, p.dir, env, "apply", "--yes", "-t", l.name); got != code {
			t.Fatalf("apply ended with %d\n%s", got, errs)
		}
	}
	apply(0)
	p.edit(t, "second")
	apply(0)
	p.edit(t, "third")
	if err := l.console.control("POST", "faults", map[string][]string{"faults": {"POST /api/v3/update-application #2 delay=20s"}}, &struct{}{}); err != nil {
		t.Fatal(err)
	}
	cut := start(t, p.dir, "then", env, "apply", "--yes", "-t", l.name, "--parallelism", "1")
	eventually(t, "a step is under way", patience, func() (bool, string) {
		return db.number(t, "select count(*) from idpsync_step where outcome is null") > 0 && len(l.changes()) > 10, cut.stderr.tail()
	})
	pause(time.Second)
	cut.kill()
	var state any
	if err := l.console.control("GET", "state", nil, &state); err != nil {
		t.Fatal(err)
	}
	text, _ := json.MarshalIndent(state, "", " ")
	write(t, filepath.Join(into, "state.json"), string(text)+"\n")
	schema := regexp.MustCompile(`t_[0-9a-f]{12}`).FindString(db.url)
	bins, _ := filepath.Glob("/usr/lib/postgresql/*/bin/pg_dump")
	dump, err := exec.Command(bins[len(bins)-1], "--data-only", "--inserts", "--schema="+schema, db.server.URL).Output()
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for line := range strings.Lines(strings.ReplaceAll(string(dump), schema+".", "")) {
		if !strings.HasPrefix(line, "--") && !strings.HasPrefix(line, `\`) && !strings.HasPrefix(line, "SET ") && !strings.Contains(line, "search_path") && strings.TrimSpace(line) != "" {
			rows = append(rows, line)
		}
	}
	write(t, filepath.Join(into, "data.sql"), strings.Join(rows, ""))
}
