package serve

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/idpsync/idpsync/internal/ledger"
)

// fleet is one database and the replicas that look after the same targets.
type fleet struct {
	t       testing.TB
	dir     string
	file    string
	pools   *pools
	db      *database
	workers int
	seats   []*seat
	begun   int // processes so far
	flags   []string
}

// seat is the place of one replica: whatever is in it reaches the database over
// the seat's line.
type seat struct {
	line *line
	*process
	woe *woe // the trouble that befalls it; nil while it has none
}

// newFleet prepares the database: its tables, and in the test's own ones a note of
// each holder of a lock and of when it got it, by the database's word.
func newFleet(t testing.TB, db *database, w *pools, dir, file string, workers int) *fleet {
	t.Helper()
	f := &fleet{t: t, dir: dir, file: file, pools: w, db: db, workers: workers}
	f.tables(db.url)
	db.rows(t, `create table torture_epoch (pool text, epoch bigint, pid integer, at timestamptz);
		create function torture_note() returns trigger language plpgsql as $$ begin
			insert into torture_epoch values (new.id, new.epoch, (new.holder->>'pid')::integer, clock_timestamp());
			return new;
		end $$;
		create trigger torture after insert or update of epoch on idpsync_pool for each row execute function torture_note()`)
	return f
}

// tables makes the tables of idpsync: whoever writes first does.
func (f *fleet) tables(url string) {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), patience)
	defer cancel()
	l, err := ledger.Open(url, f.dir, ledger.Options{})
	if err != nil {
		f.t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	if err := l.Pool("nobody").LearnTraits(ctx, map[string]string{"v3": "on"}, time.Now()); err != nil {
		f.t.Fatal(err)
	}
}

// grow adds seats with a replica in each.
func (f *fleet) grow(n int) {
	f.t.Helper()
	for range n {
		s := &seat{line: f.db.lay(f.t, fmt.Sprint("line-", len(f.seats)))}
		f.seats = append(f.seats, s)
		f.begin(s)
	}
}

// begin starts a replica in a seat.
func (f *fleet) begin(s *seat) {
	f.t.Helper()
	f.begun++
	mark := fmt.Sprintf("replica-%d", f.begun)
	args := append([]string{
		"serve", "--database", s.line.url, "--fleet", f.file, "-C", f.t.TempDir(),
		"--workers", strconv.Itoa(f.workers), "--listen", "127.0.0.1:0",
	}, f.flags...)
	s.process = start(f.t, f.dir, mark, f.pools.env(mark), args...)
}

// end stops all replicas as an update does, and wants each to end well.
func (f *fleet) end() {
	f.t.Helper()
	for _, s := range f.seats {
		if code := s.stop(f.t); code != 0 {
			f.t.Errorf("%s ended with %d\n%s", s.mark, code, s.stderr.tail())
		}
	}
	f.seats = nil
}

var pageAt = regexp.MustCompile(`http://127\.0\.0\.1:[0-9]+/`)

// page is the address of a replica's status page.
func (s *seat) page(t testing.TB) string {
	t.Helper()
	at := ""
	eventually(t, s.mark+" serves its page", patience, func() (bool, string) {
		at = pageAt.FindString(s.stderr.String())
		return at != "", s.stderr.tail()
	})
	return at
}

// answers gives the status of one path of the page, or 0.
func (s *seat) answers(t testing.TB, path string) int {
	t.Helper()
	resp, err := http.Get(s.page(t) + path)
	if err != nil {
		return 0
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// settled waits until every pool is as its project's files say.
func (f *fleet) settled(within time.Duration, projects ...*project) {
	f.t.Helper()
	eventually(f.t, "every pool is as the files say", within, func() (bool, string) {
		open, first := 0, ""
		for _, p := range projects {
			for _, l := range p.pools {
				if wrong := p.wrong(f.t, l); wrong != "" {
					if open++; first == "" {
						first = wrong
					}
				}
			}
		}
		return open == 0, fmt.Sprintf("%d pools are not; the first: %s\n%s", open, first, f.said())
	})
}

// journals waits until no run is left that nobody has settled.
func (f *fleet) journals(within time.Duration) {
	f.t.Helper()
	eventually(f.t, "every journal is complete", within, func() (bool, string) {
		rows, err := f.db.try(`select r.pool, r.id, count(s.*) from idpsync_run r left join idpsync_step s on s.pool = r.pool and s.run = r.id
			and (s.outcome is null or s.outcome->>'fate' = 'unknown') where not r.finished group by 1, 2`)
		if err != nil {
			return false, err.Error()
		}
		return len(rows) == 0, fmt.Sprintf("%d runs are open: %.500v", len(rows), rows)
	})
}

// said is the end of what the replicas said.
func (f *fleet) said() string {
	text := ""
	for _, s := range f.seats {
		last := s.stderr.tail()
		text += fmt.Sprintf("--- %s: %s\n", s.mark, last[max(0, len(last)-800):])
	}
	return text
}
