package browser

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/idpsync/idpsync/internal/ledger/ledgertest"
	"github.com/idpsync/idpsync/internal/sandbox"
)

// newFleet makes that many pools, a project with a target for each (t00, t01 and
// so on) and one whose server is not there (t-away), a fleet file that applies all
// of them, and a database.
func newFleet(t *testing.T, n int) (w *world, database string) {
	t.Helper()
	database = ledgertest.Start(t).Database(t)
	w = &world{t: t, dir: t.TempDir(), env: []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}}
	project := "apiVersion: idpsync/v1\nkind: Project\ntargets:\n"
	for i := range n {
		s, err := sandbox.New(sandbox.Options{})
		if err != nil {
			t.Fatal(err)
		}
		at := httptest.NewUnstartedServer(s)
		at.Config.ErrorLog = log.New(io.Discard, "", 0) // a replica that is killed breaks connections
		at.Start()
		t.Cleanup(func() { at.CloseClientConnections(); at.Close(); _ = s.Close() })
		keys := s.Credentials()
		w.env = append(w.env, fmt.Sprintf("AK%d=%s", i, keys.AccessKeyID), fmt.Sprintf("SK%d=%s", i, keys.AccessKeySecret))
		project += fmt.Sprintf("  t%02d: {host: %q, userPoolId: %s, credentials: {accessKeyId: {env: AK%d}, accessKeySecret: {env: SK%d}}}\n", i, at.URL, keys.UserPoolID, i, i)
	}
	w.env = append(w.env, "AKAWAY=away", "SKAWAY=away") // keys of its own: those of another target belong to that one's server
	project += "  t-away: {host: \"http://127.0.0.1:1\", userPoolId: 62eaa95fe0a1b29a5295bf7c, credentials: {accessKeyId: {env: AKAWAY}, accessKeySecret: {env: SKAWAY}}}\n"
	if err := os.Mkdir(filepath.Join(w.dir, "project"), 0o700); err != nil {
		t.Fatal(err)
	}
	w.write("project/idpsync.yaml", project)
	w.write("project/portal.yaml", "apiVersion: idpsync/v1\nkind: Application\nmetadata: {name: portal}\nspec:\n  appName: Portal of ours\n  appType: api\n")
	w.fleetFile("apply")
	return w, database
}

// fleetFile says what becomes of what differs.
func (w *world) fleetFile(mode string) {
	w.t.Helper()
	w.write("fleet.yaml", "apiVersion: idpsync/v1\nkind: Fleet\nsources:\n  - {name: main, dir: project}\ntargets:\n  - {source: main, match: \"t*\", interval: 10s, mode: "+mode+"}\n")
}

// replica starts a serve on the database, and gives the address of its page.
func (w *world) replica(database string) (p *process, url string) {
	w.t.Helper()
	w.env = append(w.env, "IDPSYNC_DATABASE="+database)
	p = w.start(w.dir, "serve", "--fleet", "fleet.yaml", "--workers", "8", "--listen", "127.0.0.1:0")
	return p, p.first(os.Stderr, atAddress)[1]
}

// name is what the other replicas know a process by.
func (p *process) name() string { return p.first(os.Stderr, replicaName)[1] }

// line is a way to a server that can be cut and mended.
type line struct {
	t  *testing.T
	to string
	at string

	mu   sync.Mutex
	l    net.Listener
	open map[net.Conn]bool
}

// lay lays a line to the database, and gives the URL that goes through it.
func lay(t *testing.T, database string) (*line, string) {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	n := &line{t: t, to: u.Host, at: "127.0.0.1:0", open: map[net.Conn]bool{}}
	n.mend()
	t.Cleanup(n.cut)
	u.Host = n.at
	return n, u.String()
}

// mend takes connections, at the same address as before.
func (n *line) mend() {
	n.t.Helper()
	l, err := net.Listen("tcp", n.at)
	if err != nil {
		n.t.Fatal(err)
	}
	n.mu.Lock()
	n.l, n.at = l, l.Addr().String()
	n.mu.Unlock()
	go func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			go n.relay(from)
		}
	}()
}

func (n *line) relay(from net.Conn) {
	to, err := net.Dial("tcp", n.to)
	if err != nil {
		_ = from.Close()
		return
	}
	n.mu.Lock()
	n.open[from], n.open[to] = true, true
	n.mu.Unlock()
	var both sync.WaitGroup
	for _, pair := range [][2]net.Conn{{from, to}, {to, from}} {
		both.Go(func() {
			_, _ = io.Copy(pair[0], pair[1])
			_, _ = pair[0].Close(), pair[1].Close()
		})
	}
	both.Wait()
	n.mu.Lock()
	delete(n.open, from)
	delete(n.open, to)
	n.mu.Unlock()
}

// cut ends all connections and takes no new one.
func (n *line) cut() {
	n.mu.Lock()
	defer n.mu.Unlock()
	_ = n.l.Close()
	for c := range n.open {
		_ = c.Close()
	}
}

// elsewhere is the project as somebody else has it, with a memory of its own.
func (w *world) elsewhere(old, text string) string {
	w.t.Helper()
	dir := w.t.TempDir()
	for _, name := range []string{"idpsync.yaml", "portal.yaml"} {
		was, err := os.ReadFile(filepath.Join(w.dir, "project", name))
		if err != nil {
			w.t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(strings.ReplaceAll(string(was), old, text)), 0o600); err != nil {
			w.t.Fatal(err)
		}
	}
	return dir
}
