package serve

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/sandbox"
)

// TestUpgrade: a database that the first migration made, and a program of then
// filled, is carried forward by whoever comes first. What it knew is still known:
// the journal of then is there, the run that was cut off is settled and the files
// of then ask for nothing.
func TestUpgrade(t *testing.T) {
	for _, way := range []string{"plan", "serve"} {
		t.Run(way, func(t *testing.T) {
			w, db := newPools(t, 0), newDatabase(t)
			l := w.add(t, sandbox.Options{Seed: []byte(readFile(t, "testdata/0001/state.json"))})
			p := newProject(t, t.TempDir(), "project", w.server.URL, w.list, shape{logins: 2, apps: 3})
			p.edit(t, "third")
			text := readFile(t, "../../internal/ledger/migrations/0001_ledger.sql")
			db.rows(t, "create table idpsync_migration (version integer primary key, name text not null, at timestamptz not null default now());\n"+text)
			db.rows(t, readFile(t, "testdata/0001/data.sql"))
			before := db.rows(t, known)
			if way == "plan" {
				upgradedByPlan(t, w, db, p)
			} else {
				upgradedByServe(t, w, db, p)
			}
			if wrong := p.wrong(t, l); wrong != "" {
				t.Error(wrong)
			}
			if n := db.number(t, "select count(*) from idpsync_migration"); n < 2 {
				t.Errorf("%d migrations", n)
			}
			after := strings.Join(flat(db.rows(t, known)), "\n")
			for _, row := range flat(before) {
				if !strings.Contains(after, row) {
					t.Errorf("%s is not known any more:\n%s", row, after)
				}
			}
		})
	}
}

// known is what the database of then knew and no upgrade may lose: objects with
// their ids, runs, and the fates of steps.
const known = `select 'object', key, body->>'id' from idpsync_object
	union all select 'run', id, epoch::text from idpsync_run
	union all select 'step', run || ' ' || n, outcome->>'fate' from idpsync_step where outcome is not null order by 1, 2`

func flat(rows [][]string) (all []string) {
	for _, row := range rows {
		all = append(all, strings.Join(row, " "))
	}
	return all
}

// upgradedByPlan: the files of then, but for the one title that the cut-off run did
// not reach, ask for nothing; an apply ends it, and the next plan is empty.
func upgradedByPlan(t *testing.T, w *pools, db *database, p *project) {
	t.Helper()
	file := filepath.Join(p.dir, "idpsync.yaml")
	write(t, file, strings.Replace(readFile(t, file), "targets:", "ledger: "+db.url+"\ntargets:", 1))
	env := append(w.env("now"), "IDPSYNC_LEDGER_KEY="+ledgerKey)
	out, errs, code := run(t, p.dir, env, "plan", "--detailed-exitcode", "-t", p.pools[0].name)
	if code != 2 || !strings.Contains(out, "0 to create, 1 to change, 0 to replace, 0 to delete") {
		t.Errorf("plan ended with %d\n%s%s", code, out, errs)
	}
	if _, errs, code = run(t, p.dir, env, "apply", "--yes", "-t", p.pools[0].name); code != 0 {
		t.Errorf("apply ended with %d\n%s", code, errs)
	}
	if out, errs, code = run(t, p.dir, env, "plan", "--detailed-exitcode", "-t", p.pools[0].name); code != 0 {
		t.Errorf("the plan after it ended with %d\n%s%s", code, out, errs)
	}
	if out, errs, code = run(t, p.dir, env, "journal", "list", "-t", p.pools[0].name); code != 0 || strings.Count(out, "20251122T") != 3 {
		t.Errorf("journal list ended with %d\n%s%s", code, out, errs)
	}
}

func upgradedByServe(t *testing.T, w *pools, db *database, p *project) {
	t.Helper()
	f := &fleet{t: t, dir: t.TempDir(), pools: w, db: db, workers: 2}
	f.file = fleetFile(t, f.dir, "10s", "apply", p)
	f.grow(1)
	f.settled(patience, p)
	f.journals(patience)
	f.end()
}

// ledgerKey makes the fingerprints of secrets in these tests.
const ledgerKey = "a key for tests, which is no secret at all"
