package serve

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/idpsync/idpsync/internal/sandbox"
)

// TestScale measures how many targets a second replicas look at when there is
// always one due and nothing to change, what that costs, and how it grows with
// replicas. With a server that is far away it is the waiting that
// limits, so that four replicas do nearly four times the work of one; without, it
// is the processors of this machine, which all of them share with the server and
// the database.
func TestScale(t *testing.T) {
	targets, latency, window := 100, 100*time.Millisecond, 4*time.Second
	if long {
		targets, latency, window = 1000, 20*time.Millisecond, 12*time.Second
	}
	f := newScale(t, targets, 1)
	var far []measured
	for _, replicas := range []int{1, 2, 4} {
		far = append(far, f.measure(latency, replicas, window))
	}
	f.workers = 8
	near := f.measure(0, 1, window)
	if long {
		f.measure(0, 4, window)
	}
	idle := f.idle(window)
	perTarget := f.size()
	growth := far[2].rate / far[0].rate
	t.Logf("4 replicas do %.2f times the work of one", growth)
	if long && growth < 1.7 {
		t.Errorf("4 replicas do %.2f times the work of one, want 1.7 or more", growth)
	}
	for _, passes := range []float64{1000, 10_000} {
		every := passes / 300                     // each of them every five minutes
		own := near.transactions - idle/near.rate // of a pass, without what goes on anyway
		t.Logf("on paper, %.0f targets every 5m: %.1f passes/s, %.2f processors for the replicas, %.0f transactions/s (%.1f a pass and %.0f anyway), %.0f MB in the database",
			passes, every, every*near.cpu.Seconds(), every*own+idle, own, idle, passes*perTarget/1e6)
	}
}

// scale is a fleet whose pools are all as the files say.
type scale struct {
	*fleet
	project *project
}

// newScale applies the files to one pool, and makes the others its copies: the
// pools and what the ledger knows of them.
func newScale(t *testing.T, targets, workers int) *scale {
	t.Helper()
	w, db, dir := newPools(t, 1), newDatabase(t), t.TempDir()
	first := w.list[0]
	s := &scale{fleet: newFleet(t, db, w, dir, "", workers)}
	of := shape{logins: 4, apps: 8}
	one := newProject(t, dir, "one", w.server.URL, w.list, of)
	write(t, one.dir+"/idpsync.yaml", strings.Replace(readFile(t, one.dir+"/idpsync.yaml"), "targets:", "ledger: "+db.url+"\ntargets:", 1))
	if _, errs, code := run(t, one.dir, w.env("first"), "apply", "--yes", "-t", first.name); code != 0 {
		t.Fatalf("apply ended with %d\n%s", code, errs)
	}
	var state map[string]any
	if err := first.console.control("GET", "state", nil, &state); err != nil {
		t.Fatal(err)
	}
	for i := 1; i < targets; i++ {
		state["userPoolId"] = fmt.Sprintf("%024x", i)
		seed, _ := json.Marshal(state)
		w.add(t, sandbox.Options{Seed: seed})
	}
	copies := fmt.Sprintf("from generate_series(1, %d) i, ", targets-1)
	id := "lpad(to_hex(i), 24, '0')"
	db.rows(t, "insert into idpsync_pool (id, epoch) select "+id+", 1 "+copies+"(select 1) x")
	db.rows(t, "insert into idpsync_object select "+id+", key, body "+copies+"idpsync_object where pool = '"+first.keys.UserPoolID+"'")
	s.project = newProject(t, dir, "fleet", w.server.URL, w.list, of)
	return s
}

// measured is what one arrangement of replicas did.
type measured struct {
	rate         float64 // passes a second, of all replicas
	cpu          time.Duration
	transactions float64 // of the database, a pass
	requests     float64 // to the pools, a pass
	memory       int     // MB of the largest replica
}

const passes = `select count(*) from river_job where kind = 'idpsync_pass' and state = 'completed'`

// measure lets replicas work for the window, with more targets due than they
// could look at.
func (s *scale) measure(latency time.Duration, replicas int, window time.Duration) measured {
	s.t.Helper()
	s.pools.latency.Store(int64(latency))
	s.file = fleetFile(s.t, s.dir, "10s", "apply", s.project)
	s.grow(replicas)
	for _, seat := range s.seats {
		eventually(s.t, seat.mark+" works", patience, func() (bool, string) {
			rows, err := s.db.try(fmt.Sprintf("select 1 from river_job j join idpsync_replica r on r.pid = %d where j.state = 'completed' and j.attempted_by[array_length(j.attempted_by, 1)] = r.id limit 1", seat.cmd.Process.Pid))
			return err == nil && len(rows) > 0, fmt.Sprint(err, seat.stderr.tail())
		})
	}
	before, begun := s.read(), time.Now()
	pause(window)
	after, took := s.read(), time.Since(begun).Seconds()
	n := float64(after.passes - before.passes)
	if n == 0 {
		s.t.Fatalf("nothing was done in %s\n%s", window, s.said())
	}
	m := measured{
		rate: n / took, cpu: time.Duration(float64(after.cpu-before.cpu) / n), memory: after.memory,
		transactions: float64(after.transactions-before.transactions) / n, requests: float64(after.requests-before.requests) / n,
	}
	s.t.Logf("%d replicas of %d workers, %d targets of %d objects, server %s away: %.1f passes/s (%.1f a replica), %s of processor, %.1f transactions and %.1f requests a pass, %d MB a replica at most; %d were waiting",
		replicas, s.workers, len(s.pools.list), s.project.shape.objects(), latency, m.rate, m.rate/float64(replicas), m.cpu.Round(100*time.Microsecond), m.transactions, m.requests, m.memory, after.waiting)
	s.unchanged()
	s.end()
	return m
}

// counters are what a measurement compares.
type counters struct {
	passes, transactions, memory, waiting int
	requests                              int64
	cpu                                   time.Duration
}

func (s *scale) read() counters {
	s.t.Helper()
	c := counters{requests: s.pools.asked(), passes: s.db.number(s.t, passes)}
	s.db.rows(s.t, "select pg_stat_clear_snapshot()")
	c.transactions = s.db.number(s.t, "select xact_commit from pg_stat_database where datname = current_database()")
	c.waiting = s.db.number(s.t, "select count(*) from river_job where kind = 'idpsync_pass' and state = 'available'")
	for _, seat := range s.seats {
		cpu, memory := usage(s.t, seat.cmd.Process.Pid)
		c.cpu, c.memory = c.cpu+cpu, max(c.memory, memory)
	}
	return c
}

// usage is the processor time of a process so far and its memory in MB; zero where
// there is no /proc.
func usage(t testing.TB, pid int) (cpu time.Duration, memory int) {
	t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, 0
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	for _, i := range []int{11, 12} {
		ticks, _ := strconv.Atoi(fields[i])
		cpu += time.Duration(ticks) * 10 * time.Millisecond
	}
	pages, _ := strconv.Atoi(fields[21])
	return cpu, pages * os.Getpagesize() >> 20
}

// unchanged: nothing was to be changed, and nothing was.
func (s *scale) unchanged() {
	s.t.Helper()
	for _, l := range s.pools.list[1:] {
		if n := len(l.changes()); n > 0 {
			s.t.Fatalf("%s was changed %d times: %+v", l.name, n, l.changes()[0])
		}
	}
}

// idle is how many transactions a second one replica makes while nothing is due.
func (s *scale) idle(window time.Duration) float64 {
	s.t.Helper()
	s.file = fleetFile(s.t, s.dir, "1000h", "apply", s.project)
	s.grow(1)
	eventually(s.t, "nothing is due", patience, func() (bool, string) {
		n := s.db.number(s.t, `select (select count(*) from idpsync_target where next_at < now() + interval '1 hour') +
			(select count(*) from river_job where kind = 'idpsync_pass' and state not in ('completed', 'discarded', 'cancelled'))`)
		return n == 0, fmt.Sprint(n, " are")
	})
	before := s.read()
	pause(window)
	after := s.read()
	idle := float64(after.transactions-before.transactions) / window.Seconds()
	s.t.Logf("a replica with nothing to do: %.1f transactions/s, %.3f processors", idle, (after.cpu-before.cpu).Seconds()/window.Seconds())
	s.end()
	return idle
}

// size is how many bytes of the database a target takes, by table, River's jobs
// apart: those go with the number of passes.
func (s *scale) size() float64 {
	s.t.Helper()
	s.db.rows(s.t, "vacuum full")
	kept := 0
	var told []string
	for _, row := range s.db.rows(s.t, `select relname, pg_total_relation_size(oid) from pg_class where relkind = 'r' and relnamespace = current_schema()::regnamespace order by 2 desc`) {
		n, _ := strconv.Atoi(row[1])
		if row[0] != "river_job" && row[0] != "torture_epoch" {
			kept += n
		}
		if n > 50_000 {
			told = append(told, fmt.Sprintf("%s %d kB", row[0], n/1000))
		}
	}
	jobs := s.db.number(s.t, "select count(*) from river_job")
	per := float64(kept) / float64(len(s.pools.list))
	s.t.Logf("database: %.1f kB a target (%s); %d jobs", per/1000, strings.Join(told, ", "), jobs)
	return per
}
