// Package ledgertest starts a real PostgreSQL for tests of the ledger: a server of
// their own, on a free port of loopback, gone when the test ends. It is for tests
// alone and no part of the program.
package ledgertest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// Server is a PostgreSQL server.
type Server struct {
	// URL opens it as its superuser.
	URL string
	dir string
	ctl func(args ...string) error
}

// Start starts a server that ends with the test, or takes the one that
// TEST_DATABASE_URL names. A machine that has none and cannot install one skips
// the test.
func Start(t testing.TB) *Server {
	t.Helper()
	if given := os.Getenv("TEST_DATABASE_URL"); given != "" {
		return &Server{URL: given}
	}
	s := &Server{}
	t.Cleanup(func() {
		if s.ctl != nil {
			_ = s.ctl("-w", "-m", "immediate", "stop")
		}
		if s.dir != "" {
			_ = os.RemoveAll(s.dir)
		}
	})
	bin, err := programs()
	if err != nil {
		t.Skipf("SKIPPED: no PostgreSQL to test with: %v", err)
	}
	if err := s.start(bin); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *Server) start(bin string) (err error) {
	if s.dir, err = os.MkdirTemp("", "idpsync-pg-"); err != nil {
		return err
	}
	as, err := ordinary(s.dir)
	if err != nil {
		return err
	}
	data := filepath.Join(s.dir, "data")
	if err := as(filepath.Join(bin, "initdb"), "-D", data, "-A", "trust", "-U", "postgres", "-N", "--locale=C", "-E", "UTF8"); err != nil {
		return err
	}
	s.ctl = func(args ...string) error {
		return as(filepath.Join(bin, "pg_ctl"), append([]string{"-D", data}, args...)...)
	}
	// A free port may be taken before the server has it.
	for range 5 {
		port, err := FreePort()
		if err != nil {
			return err
		}
		options := fmt.Sprintf("-p %s -c listen_addresses=127.0.0.1 -c unix_socket_directories=%s -c fsync=off -c max_connections=200", port, s.dir)
		s.URL = "postgres://postgres@127.0.0.1:" + port + "/postgres?sslmode=disable"
		if err = s.ctl("-w", "-t", "120", "-l", filepath.Join(s.dir, "log"), "-o", options, "start"); err == nil {
			return nil
		}
		log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
		if !strings.Contains(string(log), "Address already in use") {
			return fmt.Errorf("%w\n%s", err, log)
		}
	}
	return fmt.Errorf("no port was free")
}

// Database gives the URL of an empty schema, which is dropped with the test.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	var b [6]byte
	_, _ = rand.Read(b[:])
	schema := "t_" + hex.EncodeToString(b[:])
	Statement(t, s.URL, "create schema "+schema)
	t.Cleanup(func() { Statement(t, s.URL, "drop schema "+schema+" cascade") })
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	return u.String()
}

// Statement runs SQL on a connection of its own, as somebody else would, and
// gives the first column of the first row.
func Statement(t testing.TB, location, sql string) string {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	c, err := pgconn.Connect(ctx, location)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(ctx) }()
	results, err := c.Exec(ctx, sql).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	if len(results) == 0 || len(results[0].Rows) == 0 {
		return ""
	}
	return string(results[0].Rows[0][0])
}

// programs is the folder of the server's programs, which Debian keeps off PATH.
func programs() (string, error) {
	if p, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(p), nil
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 && os.Getuid() == 0 {
		_ = exec.Command("apt-get", "install", "-y", "-qq", "--no-install-recommends", "postgresql-15").Run()
		found, _ = filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	}
	if len(found) == 0 {
		return "", fmt.Errorf("initdb is not installed (Debian: apt-get install postgresql-15)")
	}
	return filepath.Dir(slices.Max(found)), nil
}

// ordinary runs programs as a user that the server accepts: it refuses root.
func ordinary(dir string) (func(program string, args ...string) error, error) {
	attr := &syscall.SysProcAttr{}
	if os.Getuid() == 0 {
		u, err := user.Lookup("postgres")
		if err != nil {
			return nil, err
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		if err := os.Chown(dir, uid, gid); err != nil {
			return nil, err
		}
		attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	return func(program string, args ...string) error {
		cmd := exec.Command(program, args...)
		cmd.Dir, cmd.SysProcAttr = dir, attr
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "HOME=" + dir}
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s", filepath.Base(program), err, strings.TrimSpace(string(out)))
		}
		return nil
	}, nil
}

// FreePort is a port of loopback that nobody listens on.
func FreePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer func() { _ = l.Close() }()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}
