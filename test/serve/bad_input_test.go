package serve

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/idpsync/idpsync/internal/ledger/ledgertest"
)

// refused starts serve with a fleet file that cannot do, or a database, and gives
// what it said. It must end by itself, with the code.
func refused(t *testing.T, dir string, env []string, code int, args ...string) string {
	t.Helper()
	p := start(t, dir, "refused", env, append([]string{"serve"}, args...)...)
	if got := p.wait(t); got != code {
		t.Errorf("serve ended with %d, want %d\n%s", got, code, p.stderr.tail())
	}
	text := p.stderr.String()
	if strings.Contains(text, "goroutine ") || strings.Contains(text, "hunter2") {
		t.Errorf("a panic, or a password:\n%s", text)
	}
	return text
}

// says wants all of the words.
func says(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("nothing is said of %q:\n%s", w, text)
		}
	}
}

// TestBadFleet: what a fleet file names and is not there ends the start, with the
// place and what was probably meant.
func TestBadFleet(t *testing.T) {
	w, db, dir := newPools(t, 3), newDatabase(t), t.TempDir()
	newProject(t, dir, "logins", w.server.URL, w.list, shape{1, 1})
	file := filepath.Join(dir, "fleet.yaml")
	fleet := func(sources, targets string) string {
		t.Helper()
		write(t, file, "apiVersion: idpsync/v1\nkind: Fleet\nsources:\n"+sources+"targets:\n"+targets)
		return refused(t, dir, w.env("x"), 1, "--database", db.url, "--fleet", file)
	}
	const good = "  - {name: logins, dir: logins}\n"
	says(t, fleet(good, "  - {source: logins, target: pool-0000}\n"), "fleet.yaml:6:", "IDP0120", "pool-0000", "pool-00000")
	says(t, fleet(good, "  - {source: logins, target: pool-00001}\n  - {source: logins, match: \"*\"}\n  - {source: logins, target: pool-00001, mode: apply}\n"), "fleet.yaml:8:", "IDP0119", "line 6")
	says(t, fleet(good, "  - {source: login, match: \"*\"}\n"), "fleet.yaml:6:", "IDP0120", "did you mean logins?")
	says(t, refused(t, dir, nil, 1, "--database", db.url, "--fleet", "missing.yaml"), "missing.yaml")
	write(t, file, "")
	says(t, refused(t, dir, nil, 1, "--database", db.url, "--fleet", file), "fleet.yaml:1:1", "IDP0109", "hint:")
}

// TestSamePool: two targets that would change one pool are refused at the start, and
// by --check; one of them may look on. When the files say so only later, the second
// one is told and changes nothing.
func TestSamePool(t *testing.T) {
	t.Parallel()
	w, db, dir := newPools(t, 2), newDatabase(t), t.TempDir()
	one := newProject(t, dir, "one", w.server.URL, w.list[:1], shape{1, 1})
	two := newProject(t, dir, "two", w.server.URL, w.list[:1], shape{1, 1})
	two.edit(t, "of the other one")
	both := fleetFile(t, dir, "10s", "apply", one, two)
	says(t, refused(t, dir, w.env("x"), 1, "--fleet", both, "--database", db.url), "same user pool", "one/pool-00000", "two/pool-00000")
	says(t, refused(t, dir, w.env("x"), 1, "--fleet", both, "--check"), "same user pool", "one/pool-00000", "two/pool-00000")
	if n := len(w.list[0].changes()); n > 0 {
		t.Errorf("%d changes of what was refused", n)
	}

	// Two pools, until the files of the second project name the first one's.
	other := newProject(t, dir, "two", w.server.URL, w.list[1:], shape{1, 1})
	f := newFleet(t, db, w, dir, both, 2)
	f.grow(1)
	f.settled(patience, one, other)
	newProject(t, dir, "two", w.server.URL, w.list[:1], shape{1, 1}).edit(t, "of the other one")
	told := func(what string) (name string) {
		t.Helper()
		eventually(t, what+" is told of one target", patience, func() (bool, string) {
			rows := db.rows(t, `select name, state, reason, convert_from(coalesce(brief, ''), 'UTF8') from idpsync_target order by name`)
			var of []string
			for _, row := range rows {
				if strings.Contains(fmt.Sprint(row), what) {
					of = append(of, row[0])
				}
			}
			name = strings.Join(of, " ")
			return len(of) == 1, fmt.Sprintf("%.1500v", rows)
		})
		return name
	}
	if who := told("leads to a server that is new to this source"); who != "two/pool-00000" {
		t.Errorf("it is told of %s", who)
	}
	// "It is meant", says SIGHUP: then whoever comes first has the pool for its own.
	if err := f.seats[0].cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	wins := one
	if told("same user pool") == "one/pool-00000" {
		wins = &project{name: "two", dir: two.dir, pools: w.list[:1], shape: two.shape}
	}
	wins.edit(t, "the last word")
	f.settled(patience, wins)
	f.end()
}

// TestLateFolder: a folder that is not there yet, as on a machine that is still
// mounting its disks, keeps nobody waiting but its own targets.
func TestLateFolder(t *testing.T) {
	t.Parallel()
	w, db, dir := newPools(t, 2), newDatabase(t), t.TempDir()
	here := newProject(t, dir, "here", w.server.URL, w.list[:1], shape{1, 1})
	late := newProject(t, t.TempDir(), "late", w.server.URL, w.list[1:], shape{1, 1})
	coming := *late
	coming.dir = filepath.Join(dir, "late")
	f := newFleet(t, db, w, dir, fleetFile(t, dir, "10s", "apply", &coming, here), 2)
	f.grow(1)
	f.settled(patience, here)
	eventually(t, "the missing folder is told", patience, func() (bool, string) {
		text := f.seats[0].stderr.String()
		return strings.Contains(text, coming.dir), text
	})
	if err := os.Rename(late.dir, coming.dir); err != nil {
		t.Fatal(err)
	}
	f.settled(patience, here, &coming)
	f.end()
}

// TestBadDatabase: a database that cannot be used ends the start with the reason,
// and no password is repeated.
func TestBadDatabase(t *testing.T) {
	w, db, dir := newPools(t, 1), newDatabase(t), t.TempDir()
	p := newProject(t, dir, "logins", w.server.URL, w.list, shape{1, 1})
	file := fleetFile(t, dir, "10s", "detect", p)
	env := func(url string) []string { return append(w.env("x"), "IDPSYNC_DATABASE="+url) }
	with := func(more string) string { return db.url + "&" + more }

	port, err := ledgertest.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	says(t, refused(t, dir, env("postgres://me:hunter2@127.0.0.1:"+port+"/x"), 7, "--fleet", file), "cannot be reached", "127.0.0.1:"+port, "hint:")
	says(t, refused(t, dir, env(with("options=-cdefault_transaction_read_only%3Don")), 1, "--fleet", file), "read-only")
	says(t, refused(t, dir, nil, 64, "--fleet", file, "--database", "postgres://me:hunter2@127.0.0.1/x"), "password")
	says(t, refused(t, dir, nil, 64, "--fleet", file, "--database", "mysql://127.0.0.1/x"), "postgres://")

	f := newFleet(t, db, w, dir, file, 1)
	f.grow(1)
	f.seats[0].page(t)
	f.end()
	db.rows(t, "insert into idpsync_migration (version, name) values (99, '0099_later.sql')")
	says(t, refused(t, dir, env(db.url), 1, "--fleet", file), "newer version", "99", "hint:")
	if n := db.number(t, "select count(*) from idpsync_migration where version = 99"); n != 1 {
		t.Error("the mark of the newer version is gone")
	}
}

// TestLostDatabase: without its database a replica changes nothing and says that
// it is not ready; with it, it goes on by itself.
func TestLostDatabase(t *testing.T) {
	t.Parallel()
	w, db, dir := newPools(t, 5), newDatabase(t), t.TempDir()
	p := newProject(t, dir, "logins", w.server.URL, w.list, shape{1, 1})
	f := newFleet(t, db, w, dir, fleetFile(t, dir, "10s", "apply", p), 4)
	f.grow(1)
	f.settled(patience, p)
	s := f.seats[0]
	ready := func(want int) {
		t.Helper()
		eventually(t, fmt.Sprint("/readyz says ", want), patience, func() (bool, string) {
			got := s.answers(t, "readyz")
			return got == want, fmt.Sprint(got, s.stderr.tail())
		})
	}
	ready(http.StatusOK)
	s.line.cut()
	ready(http.StatusServiceUnavailable)
	before := len(w.list[0].changes())
	p.edit(t, "while it is away")
	if s.answers(t, "healthz") != http.StatusOK {
		t.Error("a replica without its database is taken for dead")
	}
	if n := len(w.list[0].changes()); n != before {
		t.Errorf("%d changes without a database", n-before)
	}
	s.line.mend(t)
	ready(http.StatusOK)
	f.settled(patience, p)
	f.end()
}

// TestPoison: projects that cannot be read, pools that answer nonsense or nothing,
// and one that refuses its key do not keep the others from their passes, and are
// told apart from them.
func TestPoison(t *testing.T) {
	t.Parallel()
	w, db, dir := newPools(t, 12), newDatabase(t), t.TempDir()
	good := newProject(t, dir, "good", w.server.URL, w.list[:6], shape{1, 1})
	sick := newProject(t, dir, "sick", w.server.URL, w.list[6:9], shape{1, 1})
	broken := newProject(t, dir, "broken", w.server.URL, w.list[9:10], shape{1, 1})
	huge := newProject(t, dir, "huge", w.server.URL, w.list[10:11], shape{1, 1})
	deep := newProject(t, dir, "deep", w.server.URL, w.list[11:], shape{1, 1})
	write(t, filepath.Join(broken.dir, "objects.yaml"), "spec: [\n")
	write(t, filepath.Join(huge.dir, "huge.yaml"), "# "+strings.Repeat("x", 40<<20))
	write(t, filepath.Join(deep.dir, "deep.yaml"), "a: "+strings.Repeat("[", 5000))
	for i, what := range []string{"garbage", "hang", "refuse"} {
		sick.pools[i].poison = what
	}

	f := newFleet(t, db, w, dir, fleetFile(t, dir, "10s", "apply", sick, broken, huge, deep, good), 4)
	f.grow(1)
	f.settled(patience, good)
	for i := range 3 {
		good.edit(t, fmt.Sprint("edit ", i))
		f.settled(patience, good)
	}
	eventually(t, "the others are told apart", patience, func() (bool, string) {
		rows := db.rows(t, `select name, state, failures, reason, convert_from(coalesce(brief, ''), 'UTF8') from idpsync_target where name not like 'good/%' order by name`)
		for _, row := range rows {
			if !strings.Contains(row[4], `"Trouble":{`) && !strings.Contains(row[4], `"Verdict":"invalid"`) && row[3] == "" {
				return false, fmt.Sprintf("%.800v", row)
			}
		}
		return len(rows) == 6, fmt.Sprint(rows)
	})
	select {
	case <-f.seats[0].ended:
		t.Errorf("the replica ended\n%s", f.seats[0].stderr.tail())
	default:
	}
	f.end()
}
