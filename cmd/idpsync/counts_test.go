package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/idpsync/idpsync/internal/cli"
	"github.com/idpsync/idpsync/internal/sandbox"
)

// counted is a sandbox that counts what it is asked: rows 1 to 3 of
// docs/performance.md, which are exact and hold at any speed.
type counted struct {
	http.Handler
	url, dir string
	env      map[string]string

	mu             sync.Mutex
	paths          []string // by the last part, in the order of arrival
	inFlight, most int
	// crowd is how many reads of connections wait for each other, once; full is
	// closed when they have met.
	crowd int
	full  chan struct{}
}

// ServeHTTP counts, and holds reads of connections until the crowd is there.
func (c *counted) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := path.Base(r.URL.Path)
	c.mu.Lock()
	c.paths = append(c.paths, name)
	c.inFlight++
	c.most = max(c.most, c.inFlight)
	full := c.full
	if full != nil && c.inFlight == c.crowd {
		close(full)
		c.full = nil
	}
	c.mu.Unlock()
	if full != nil && name == "list-ext-idp-conns" {
		select {
		case <-full:
		case <-r.Context().Done():
		case <-time.After(time.Minute): // then the test fails by its count
		}
	}
	answer := httptest.NewRecorder()
	c.Handler.ServeHTTP(answer, r)
	c.mu.Lock()
	c.inFlight-- // before the client can know that it is answered
	c.mu.Unlock()
	maps.Copy(w.Header(), answer.Header())
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

// newCounted writes a project of so many providers with two connections each,
// and applications, the first of which declare a permission strategy.
func newCounted(t *testing.T, providers, apps, strategies int) *counted {
	t.Helper()
	s, err := sandbox.New(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := &counted{Handler: s, dir: t.TempDir()}
	server := httptest.NewServer(c)
	t.Cleanup(func() { server.Close(); _ = s.Close() })
	keys := s.Credentials()
	c.url = server.URL
	c.env = map[string]string{"IDPSYNC_ACCESS_KEY_ID": keys.AccessKeyID, "IDPSYNC_ACCESS_KEY_SECRET": keys.AccessKeySecret}
	var b strings.Builder
	for i := range providers {
		fmt.Fprintf(&b, "---\napiVersion: idpsync/v1\nkind: IdentityProvider\nmetadata: {name: p%d}\nspec: {type: cas}\n", i)
		for j := range 2 {
			fmt.Fprintf(&b, "---\napiVersion: idpsync/v1\nkind: Connection\nmetadata: {name: c%d-%d}\n"+
				"spec: {provider: p%d, type: cas, fields: {casConnectionLoginUrl: \"https://cas.example.com/%d\"}}\n", i, j, i, j)
		}
	}
	for i := range apps {
		fmt.Fprintf(&b, "---\napiVersion: idpsync/v1\nkind: Application\nmetadata: {name: a%d}\nspec:\n  appName: App %d\n  redirectUris: [https://a%d.example.com/]\n"+
			"  loginConfig: {enabledBasicLoginMethods: [EMAIL_CODE]}\n", i, i, i)
		if i < strategies {
			b.WriteString("  permissionStrategy: DENY_ALL\n")
		}
		if providers > 0 {
			fmt.Fprintf(&b, "  connections: [c%d-0]\n", i%providers)
		}
	}
	for name, text := range map[string]string{
		"all.yaml":     b.String(),
		"idpsync.yaml": fmt.Sprintf("apiVersion: idpsync/v1\nkind: Project\ntargets: {local: {host: %q, userPoolId: %s}}\n", c.url, keys.UserPoolID),
	} {
		if err := os.WriteFile(filepath.Join(c.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// run runs idpsync and returns what it asked, by the last part of the path.
func (c *counted) run(t *testing.T, args ...string) map[string]int {
	t.Helper()
	c.mu.Lock()
	c.paths, c.most = nil, 0
	c.mu.Unlock()
	var out, errs bytes.Buffer
	env := cli.Env{
		Dir:       c.dir,
		LookupEnv: func(name string) (string, bool) { v, ok := c.env[name]; return v, ok },
		Environ:   func() []string { return nil },
	}
	if code := cli.Main(context.Background(), env, strings.NewReader(""), &out, &errs, append(args, "--max-rps", "0")); code != 0 {
		t.Fatalf("%v: exit %d\n%s%s", args, code, &out, &errs)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	asked := map[string]int{}
	for _, p := range c.paths {
		asked[p]++
	}
	return asked
}

func sum(counts map[string]int) int {
	n := 0
	for _, c := range counts {
		n += c
	}
	return n
}

// TestRequestsOfANoChangePlan is row 1: 1 + max(1, ceil(A/50)) + 1 + P + S.
func TestRequestsOfANoChangePlan(t *testing.T) {
	for _, size := range []struct{ providers, apps, strategies int }{{0, 1, 0}, {1, 1, 1}, {3, 50, 0}, {3, 51, 4}, {60, 101, 2}} {
		t.Run(fmt.Sprintf("%d-%d-%d", size.providers, size.apps, size.strategies), func(t *testing.T) {
			c := newCounted(t, size.providers, size.apps, size.strategies)
			c.run(t, "apply", "--yes")
			asked := c.run(t, "plan", "--detailed-exitcode")
			want := 1 + max(1, (size.apps+49)/50) + 1 + size.providers + size.strategies
			if sum(asked) != want {
				t.Errorf("%d requests, want %d: %v", sum(asked), want, asked)
			}
		})
	}
}

// TestWritesOfAnApply is row 2: one request a part, and what was touched is read
// once in the end, not once an object.
func TestWritesOfAnApply(t *testing.T) {
	c := newCounted(t, 12, 60, 5)
	asked := c.run(t, "apply", "--yes")
	for name, want := range map[string]int{
		"create-ext-idp": 12, "create-ext-idp-conn": 24, "create-application": 60,
		"update-application-permission-strategy": 5, "change-ext-idp-conn-state": 60,
	} {
		if asked[name] != want {
			t.Errorf("%d of %s, want %d", asked[name], name, want)
		}
	}
	for name := range asked {
		if strings.HasPrefix(name, "update-") && name != "update-application-permission-strategy" {
			t.Errorf("%d of %s, want none", asked[name], name)
		}
	}
	if got := asked["list-ext-idp-conns"] + asked["get-ext-idp"]; got > 2*12 { // once for the plan of what there is, once to verify
		t.Errorf("%d reads of connections for 12 providers", got)
	}
	if got := asked["get-application"]; got > 0 {
		t.Errorf("%d applications read one by one", got)
	}
}

// TestMostInFlight is row 3: exactly --parallelism, never above.
func TestMostInFlight(t *testing.T) {
	c := newCounted(t, 80, 2, 0)
	c.run(t, "apply", "--yes", "--parallelism", "4")
	if c.most > 4 {
		t.Errorf("%d in flight, want 4 at most", c.most)
	}
	for _, parallelism := range []int{1, 2, 8, 32} {
		c.mu.Lock()
		c.crowd, c.full = parallelism, make(chan struct{})
		c.mu.Unlock()
		c.run(t, "plan", "--parallelism", strconv.Itoa(parallelism))
		if c.most != parallelism {
			t.Errorf("--parallelism %d: %d in flight", parallelism, c.most)
		}
	}
}
