package fleet

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/idpsync/idpsync/internal/config"
	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/ledger"
	"github.com/idpsync/idpsync/internal/ledger/ledgertest"
	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/reconcile"
	"github.com/idpsync/idpsync/internal/remote"
	"github.com/idpsync/idpsync/internal/sandbox"
	"github.com/idpsync/idpsync/internal/schema"
)

// awayError is a server that does not answer.
type awayError struct{}

func (awayError) Error() string     { return "nobody is there" }
func (awayError) Unavailable() bool { return true }

// small is a fleet of three targets in one folder: one that is well, one whose
// server is away, and one that makes the program panic.
type small struct {
	t         *testing.T
	dir       string
	location  string
	keys      sandbox.Credentials
	host      string
	cured     atomic.Bool
	match     string      // of the fleet file
	fleetFile string      // its path; "" for one of a pattern alone
	warned    atomic.Bool // that the fleet file is not in force
}

const canary = "s3cret-canary"

func newSmall(t *testing.T, location string) *small {
	s := &small{t: t, dir: t.TempDir(), location: location}
	server, err := sandbox.New(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(server)
	t.Cleanup(func() { web.CloseClientConnections(); web.Close(); _ = server.Close() })
	s.host, s.keys = web.URL, server.Credentials()
	text := "apiVersion: idpsync/v1\nkind: Project\ntargets:\n"
	for _, name := range []string{"well", "away", "boom"} {
		text += fmt.Sprintf("  %s: {host: %q, userPoolId: %s}\n", name, s.host, s.keys.UserPoolID)
	}
	s.put("idpsync.yaml", text)
	s.app("v1")
	return s
}

func (s *small) put(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

func (s *small) app(name string) {
	s.put("app.yaml", "apiVersion: idpsync/v1\nkind: Application\nmetadata: {name: portal}\nspec: {appName: "+name+", appType: api}\n")
}

func (s *small) file() (*config.Fleet, error) {
	f := &config.Fleet{Sources: []config.FleetSource{{Name: "main", Dir: s.dir}}}
	if s.fleetFile != "" {
		file, _, err := config.LoadFleet(s.fleetFile)
		return file, err
	}
	f.Targets = []config.FleetTarget{{Source: "main", Match: cmp.Or(s.match, "*"), Interval: 50 * time.Millisecond, Mode: "apply"}}
	return f, nil
}

func (s *small) connect(led ledger.Ledger) func(config.Picked, string, *reconcile.Files) (*reconcile.Connection, error) {
	return func(p config.Picked, _ string, files *reconcile.Files) (*reconcile.Connection, error) {
		switch {
		case p.Target == "boom" && !s.cured.Load():
			panic(canary)
		case p.Target == "away" && !s.cured.Load():
			return nil, awayError{}
		}
		c, err := remote.New(remote.Config{
			Host: s.host, UserPoolID: s.keys.UserPoolID, AccessKeyID: s.keys.AccessKeyID,
			AccessKeySecret: model.SecretValue("", s.keys.AccessKeySecret), SecretPath: files.Project.Catalog().Secret,
		})
		if err != nil {
			return nil, err
		}
		return &reconcile.Connection{Remote: c, Host: func() string { return s.host }, Ledger: led, Close: func() error { c.CloseIdle(); return nil }}, nil
	}
}

// run starts a replica, which ends with the test at the latest.
func (s *small) run() *Fleet {
	s.t.Helper()
	led, err := ledger.Open(s.location, "", ledger.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	changes := make(chan struct{})
	f := New(Options{
		Database: s.location, Ledger: led, Workers: 3, Version: "test", Host: "here", File: s.file, FileDir: s.dir,
		Watch: func(string) (<-chan struct{}, func()) { return changes, func() {} },
		Load: func(c *config.Cache, dir string) (*config.Project, []diagnostic.Diagnostic, config.Stats, error) {
			return c.Load(dir, config.Options{Catalog: schema.Bundled()})
		},
		Place:   func(t *config.Target) Place { return Place{Server: t.Host, Host: t.Host, Whole: t.Name, Pool: t.Name} },
		Loop:    func(string, config.Picked) reconcile.LoopOptions { return reconcile.LoopOptions{} },
		Connect: s.connect(led), attempts: 3, tick: 100 * time.Millisecond,
		Warn: func(err error) {
			s.t.Log(err)
			if errors.Is(err, errLateFile) {
				s.warned.Store(true)
			}
		},
	})
	ended := make(chan error, 1)
	ctx, cancel := context.WithCancel(context.Background())
	go func() { ended <- f.Run(ctx) }()
	s.t.Cleanup(func() {
		f.Stop()
		if err := <-ended; err != nil {
			s.t.Error(err)
		}
		cancel()
		_ = led.Close()
	})
	return f
}

// until waits for a target to be as it should.
func (s *small) until(f *Fleet, name, what string, yes func(*Target) bool) *Target {
	s.t.Helper()
	for deadline := time.Now().Add(time.Minute); ; <-time.After(10 * time.Millisecond) {
		t := f.Target("main/" + name)
		if t != nil && yes(t) {
			return t
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("%s is never %s: %+v", name, what, t)
		}
	}
}

func wellState(t *Target) bool {
	return t.State == "" && t.Status != nil && t.Status.Verdict == reconcile.InSync
}

// TestReplica runs replicas on a real PostgreSQL.
func TestReplica(t *testing.T) {
	server := ledgertest.Start(t)
	t.Run("stories", func(t *testing.T) { // they run side by side and end before the server does
		for name, story := range map[string]func(*testing.T, *small){"one bad target": oneBadTarget, "silent replica": silentReplica, "late pass": latePass, "another program": anotherProgram, "another fleet file": anotherFleetFile, "unseen": unseenSource} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				story(t, newSmall(t, server.Database(t)))
			})
		}
	})
}

// oneBadTarget: a target whose server is away and one that makes the program
// panic are given up with their reasons, and the others go on; a change brings
// them back.
func oneBadTarget(t *testing.T, s *small) {
	f := s.run()
	dead := func(t *Target) bool { return t.State == "dead" }
	if away := s.until(f, "away", "given up", dead); away.Failures != 3 || away.Reason != "nobody is there" {
		t.Errorf("%+v", away)
	}
	if boom := s.until(f, "boom", "given up", dead); boom.Failures != 3 || strings.Contains(boom.Reason, canary) || boom.Reason == "" {
		t.Errorf("%+v", boom)
	}
	before := s.until(f, "well", "in sync", wellState)
	s.until(f, "well", "looked at again", func(t *Target) bool {
		return wellState(t) && t.Status.LastPass.After(before.Status.LastPass)
	})
	if n := f.Overview().Dead; n != 2 {
		t.Errorf("%d are said to be given up", n)
	}
	if text := ledgertest.Statement(t, s.location, `select coalesce(string_agg(coalesce(errors::text, '') || args::text, ' '), '') from river_job`); strings.Contains(text, canary) {
		t.Errorf("what a pass panicked with is in the database: %s", text)
	}
	s.cured.Store(true)
	s.app("v2")
	f.Reload()
	for _, name := range []string{"away", "boom", "well"} {
		s.until(f, name, "in sync", wellState)
	}
}

// silentReplica: what a replica had in hand that is not heard of any more is
// given to others, and counts as an attempt.
func silentReplica(t *testing.T, s *small) {
	s.cured.Store(true)
	f := s.run()
	s.until(f, "well", "in sync", wellState)
	sql := func(text string) string {
		t.Helper()
		return ledgertest.Statement(t, s.location, text)
	}
	rest := func() { // nothing is due, and nothing is under way that could make it so
		t.Helper()
		for deadline := time.Now().Add(time.Minute); ; <-time.After(20 * time.Millisecond) {
			sql(`update idpsync_target set next_at = now() + interval '1 day' where next_at < now() + interval '1 hour'`)
			if sql(`select count(*) from river_job where kind = 'idpsync_pass' and finalized_at is null`)+sql(`select count(*) from idpsync_target where next_at < now() + interval '1 hour'`) == "00" {
				return
			}
			if time.Now().After(deadline) {
				t.Fatal("it never rests")
			}
		}
	}
	rest()
	sql(`insert into river_job (args, kind, queue, state, attempt, attempted_at, attempted_by, max_attempts, unique_key, unique_states)
		select args, kind, queue, 'running', 1, now(), array['ghost'], 3, unique_key, unique_states from river_job
		where args->>'target' = 'main/well' order by id desc limit 1`)
	for deadline := time.Now().Add(time.Minute); sql(`select count(*) from river_job where 'ghost' = any(attempted_by) and state = 'completed' and attempt = 2`) != "1"; <-time.After(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nobody took it over: ", sql(`select state || ' ' || attempt from river_job where 'ghost' = any(attempted_by)`))
		}
	}
	// One whose process ends each time is given up.
	rest()
	sql(`insert into river_job (args, kind, queue, state, attempt, attempted_at, attempted_by, max_attempts)
		select args, kind, queue, 'running', 3, now(), array['ghost'], 3 from river_job where args->>'target' = 'main/well' order by id desc limit 1`)
	gone := s.until(f, "well", "given up", func(t *Target) bool { return t.State == "dead" })
	if gone.Reason != endedReason {
		t.Errorf("%+v", gone)
	}
}

// latePass: a pass that began before another one stores nothing.
func latePass(t *testing.T, s *small) {
	s.cured.Store(true)
	f := s.run()
	now := s.until(f, "well", "in sync", wellState)
	p := &pass{fleet: f, name: "main/well", row: passRow{Token: 1}}
	if err := p.store(t.Context(), reconcile.Ending{}, stored{state: "dead", reason: "late"}); !errors.Is(err, errLate) {
		t.Error(err)
	}
	s.until(f, "well", "as it was", func(t *Target) bool { return wellState(t) && t.Reason == now.Reason })
}

// anotherProgram: jobs of somebody else in the same schema are not touched.
func anotherProgram(t *testing.T, s *small) {
	s.cured.Store(true)
	f := s.run()
	s.until(f, "well", "in sync", wellState)
	ledgertest.Statement(t, s.location, `insert into river_job (args, kind, queue, max_attempts, state, scheduled_at) values ('{}', 'their_mail', 'theirs', 3, 'scheduled', now() + interval '1 day')`)
	led, err := ledger.Open(s.location, "", ledger.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = led.Close() }()
	var shared *SharedError
	if err := New(Options{Database: s.location, Ledger: led, Workers: 1}).Run(t.Context()); !errors.As(err, &shared) {
		t.Errorf("a replica starts beside them: %v", err)
	}
}

// anotherFleetFile: a replica whose fleet file is not the one in force any more
// says so, and is not ready.
func anotherFleetFile(t *testing.T, s *small) {
	s.cured.Store(true)
	f := s.run()
	s.until(f, "well", "in sync", wellState)
	if err := f.Ready(); err != nil {
		t.Errorf("it is not ready: %v", err)
	}
	other := &small{t: t, dir: s.dir, location: s.location, keys: s.keys, host: s.host, match: "w*"}
	other.cured.Store(true)
	other.run()
	for deadline := time.Now().Add(time.Minute); !errors.Is(f.Ready(), errLateFile) || !s.warned.Load(); <-time.After(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("its file is not in force, and it is ready: %v, told: %t", f.Ready(), s.warned.Load())
		}
	}
}

// unseenSource: a target that the fleet file names fails while nobody has its
// files, also when somebody asks for a look, and is looked at when they come.
func unseenSource(t *testing.T, s *small) {
	s.cured.Store(true)
	s.fleetFile = filepath.Join(t.TempDir(), "fleet.yaml")
	text := fmt.Sprintf("apiVersion: idpsync/v1\nkind: Fleet\nsources: [{name: main, dir: %q}]\ntargets: [{source: main, target: well, interval: 10s, mode: apply}]\n", s.dir)
	if err := os.WriteFile(s.fleetFile, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	away := s.dir + ".away"
	if err := os.Rename(s.dir, away); err != nil {
		t.Fatal(err)
	}
	f := s.run()
	failing := func(t *Target) bool {
		return t.State == "" && t.Status != nil && t.Status.Verdict == reconcile.Failing && t.Status.Trouble != nil && strings.Contains(t.Status.Trouble.Message, "is not there")
	}
	before := s.until(f, "well", "failing", failing)
	f.Reload()
	after := s.until(f, "well", "asked for in vain", func(t *Target) bool { return failing(t) && t.Since.After(before.Since) })
	if !after.Next.After(time.Now().Add(time.Minute)) {
		t.Errorf("it is asked for again and again: %+v", after)
	}
	if err := os.Rename(away, s.dir); err != nil {
		t.Fatal(err)
	}
	f.Reload()
	s.until(f, "well", "in sync", wellState)
}
