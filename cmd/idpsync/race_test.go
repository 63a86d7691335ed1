package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/idpsync/idpsync/internal/sandbox"
)

// gate stands before a server and holds the first write back until it is
// opened.
type gate struct {
	next   http.Handler
	once   sync.Once
	held   chan struct{} // closed when a write waits
	opened chan struct{}
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && !strings.HasPrefix(r.URL.Path, "/_sandbox") && !strings.HasSuffix(r.URL.Path, "token") {
		g.once.Do(func() { close(g.held); <-g.opened })
	}
	g.next.ServeHTTP(w, r)
}

// gated is a pool whose first write waits, and the files for it.
func gated(t testing.TB, f files) (*faultCase, *gate) {
	t.Helper()
	s, err := sandbox.New(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	g := &gate{next: s, held: make(chan struct{}), opened: make(chan struct{})}
	web := httptest.NewServer(g)
	t.Cleanup(func() { web.Close(); _ = s.Close() })
	p := &matrixPool{t: t, dialect: dialect{}, dir: t.TempDir(), env: map[string]string{"A_SECRET": "s3cret-0"}}
	p.meet(web.URL, s.Credentials())
	p.write("objects.yaml", f.documents()...)
	return &faultCase{pool: p, files: f}, g
}

// process starts a command as one, and gives what waits for its end.
func (p *matrixPool) process(t testing.TB, args ...string) (wait func() (code int, said string)) {
	t.Helper()
	cmd := exec.Command("idpsync", args...)
	cmd.Dir, cmd.Env = p.dir, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + p.dir}
	for name, value := range p.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return func() (int, string) {
		var exit *exec.ExitError
		if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
			t.Error(err)
		}
		return cmd.ProcessState.ExitCode(), out.String()
	}
}

// TestTwoApplies: while one apply writes, another one ends with 6, names the
// first, and asks for nothing; the first is not disturbed.
func TestTwoApplies(t *testing.T) {
	t.Parallel()
	c, g := gated(t, small())
	first := c.pool.process(t, "apply", "--yes", "-t", "pool")
	<-g.held
	before := len(c.pool.log())
	code, said := c.pool.process(t, "apply", "--yes", "-t", "pool")()
	if host, _ := os.Hostname(); code != 6 || !strings.Contains(said, host) || !strings.Contains(said, "process ") {
		t.Errorf("the second: exit %d\n%s", code, said)
	}
	for _, r := range c.pool.log()[before:] {
		if r.writes() {
			t.Errorf("the second wrote: %s", r)
		}
	}
	if code, errs := c.pool.command(nil, "plan", "-t", "pool"); code != 0 {
		t.Errorf("a plan needs no lock, and ends with %d\n%s", code, errs)
	}
	close(g.opened)
	if code, said := first(); code != 0 {
		t.Errorf("the first: exit %d\n%s", code, said)
	}
	c.isThere(t)
}

// TestCrowd starts many applies at once, each a process. Some go on and some
// find the lock held; nothing is made twice.
func TestCrowd(t *testing.T) {
	t.Parallel()
	const crowd = 6
	c, g := gated(t, company())
	close(g.opened)
	codes := map[int]int{}
	var waits []func() (int, string)
	for range crowd {
		waits = append(waits, c.pool.process(t, "apply", "--yes", "-t", "pool"))
	}
	for _, wait := range waits {
		code, said := wait()
		if codes[code]++; code != 0 && code != 6 {
			t.Errorf("exit %d\n%s", code, said)
		}
	}
	if codes[0] == 0 {
		t.Error("nobody went on")
	}
	c.isThere(t)
	t.Logf("applies at once: %d, exit codes: %v, duplicates: 0 (else this fails)", crowd, codes)
}

// TestOnePlanTwice applies one plan file from two processes at once, and once
// more: one of the two does it, and nothing is done twice.
func TestOnePlanTwice(t *testing.T) {
	t.Parallel()
	c, g := gated(t, small())
	c.save(t)
	first := c.pool.process(t, "apply", "saved.plan")
	<-g.held
	code, said := c.pool.process(t, "apply", "saved.plan")()
	if code != 6 && code != 4 {
		t.Errorf("beside the first: exit %d\n%s", code, said)
	}
	close(g.opened)
	if code, said := first(); code != 0 {
		t.Errorf("the first: exit %d\n%s", code, said)
	}
	c.refused(t, "used")
	c.isThere(t)
}

func (c *faultCase) save(t testing.TB, flags ...string) {
	t.Helper()
	if code, errs := c.pool.command(nil, append([]string{"plan", "-t", "pool", "--out", "saved.plan"}, flags...)...); code != 0 {
		t.Fatalf("plan: exit %d\n%s", code, errs)
	}
}

// refused: the saved plan ends with 4, and no write is asked for.
func (c *faultCase) refused(t testing.TB, when string) {
	t.Helper()
	code, errs := c.pool.command(nil, "apply", "saved.plan")
	if ws := c.pool.writes(); code != 4 || len(ws) > 0 {
		t.Errorf("%s: exit %d, %v\n%s", when, code, ws, trouble(errs))
	}
}

// TestBetweenPlanAndApply changes something after a plan was saved: what the
// plan would write, the files, a secret. The plan file is refused; a plan made
// anew is carried out.
func TestBetweenPlanAndApply(t *testing.T) {
	for name, change := range map[string]func(*faultCase, *matrixPool){
		"a console edit of what it would write": func(c *faultCase, p *matrixPool) {
			p.console("POST", "update-application", object{"appId": p.state().Applications[0]["appId"], "appName": "By hand"})
		},
		"a console delete": func(c *faultCase, p *matrixPool) {
			p.console("POST", "delete-application", object{"appId": p.state().Applications[0]["appId"]})
		},
		"another name in the files": func(c *faultCase, p *matrixPool) {
			c.files.spec("application/portal")["appName"] = "Other"
			p.write("objects.yaml", c.files.documents()...)
		},
		"one object more in the files": func(c *faultCase, p *matrixPool) {
			c.files.provider("late", "lark")
			p.write("objects.yaml", c.files.documents()...)
		},
		"another secret in the environment": func(c *faultCase, p *matrixPool) { p.env["A_SECRET"] = "another secret" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, g := gated(t, small())
			close(g.opened)
			c.pool.env["IDPSYNC_LEDGER_KEY"] = "a key of the ledger, long enough to be none that is stretched"
			c.apply(t)
			c.files = smallChanged()
			c.pool.write("objects.yaml", c.files.documents()...)
			c.save(t)
			change(c, c.pool)
			c.refused(t, name)
			c.save(t)
			if code, errs := c.pool.command(nil, "apply", "saved.plan"); code != 0 {
				t.Errorf("anew: exit %d\n%s", code, trouble(errs))
			}
		})
	}
}

// TestNoPlanFileWorksElsewhere: a plan file does nothing in another pool.
func TestNoPlanFileWorksElsewhere(t *testing.T) {
	t.Parallel()
	c, g := gated(t, small())
	close(g.opened)
	c.save(t)
	text, err := os.ReadFile(filepath.Join(c.pool.dir, "saved.plan"))
	if err != nil {
		t.Fatal(err)
	}
	other, h := gated(t, small())
	close(h.opened)
	if err := os.WriteFile(filepath.Join(other.pool.dir, "saved.plan"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	other.refused(t, "another pool")
}

// TestPlanSaysNoSecret looks for the shape of secrets in a plan file: nothing at
// a secret path but the word for it.
func TestPlanSaysNoSecret(t *testing.T) {
	t.Parallel()
	c, g := gated(t, small())
	close(g.opened)
	c.save(t)
	text, err := os.ReadFile(filepath.Join(c.pool.dir, "saved.plan"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "(secret)") || strings.Contains(string(text), c.pool.env["A_SECRET"]) {
		t.Error("the plan file shows a secret, or has none")
	}
	var doc object
	if code, out, errs := run(t, c.pool.dir, c.pool.env, "show", "saved.plan", "-o", "json"); code != 0 || json.Unmarshal([]byte(out), &doc) != nil {
		t.Errorf("show: exit %d\n%s", code, errs)
	}
	for _, change := range doc["changes"].([]any) {
		for _, f := range change.(object)["fields"].([]any) {
			f := f.(object)
			if f["sensitive"] == true && !slices.Contains([]string{"(secret)", "<nil>"}, fmt.Sprint(f["after"])) {
				t.Errorf("%s: after is %v", f["path"], f["after"])
			}
		}
	}
}
