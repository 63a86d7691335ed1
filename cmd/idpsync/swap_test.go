package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/idpsync/idpsync/internal/sandbox"
)

// swaps are plans that give an application another connection in the place of
// its only one.
var swaps = []struct {
	name  string
	flags []string
	after func(files)
}{
	{"to a new connection of the same provider", nil, func(f files) {
		f.connection("wx-new", "wechat", "wechat:pc", object{"clientID": "wx2", "clientSecret": secretFrom("WX_SECRET")})
		f.metadata("connection/wx-old")["state"] = "absent"
		swapTo(f, "wx-new")
	}},
	{"to a new provider, the old one pruned", []string{"--prune", "all"}, func(f files) {
		f.provider("wechat2", "wechat")
		f.connection("wx-new", "wechat2", "wechat:pc", object{"clientID": "wx2", "clientSecret": secretFrom("WX_SECRET")})
		delete(f, "connection/wx-old")
		delete(f, "connection/wx-spare")
		delete(f, "identityprovider/wechat")
		swapTo(f, "wx-new")
	}},
	{"to a connection that is there, the old one disabled", nil, func(f files) { swapTo(f, "wx-spare") }},
	{"to basic methods", nil, func(f files) {
		f.spec("application/shop")["connections"] = []any{}
		f.spec("application/shop")["loginConfig"] = object{
			"showAuthorizationPage": false, "enabledBasicLoginMethods": []any{"EMAIL_CODE"},
			"defaultLoginMethod": object{"connectionType": "PASSCODE"},
		}
	}},
}

func swapBefore(f files) {
	f.provider("wechat", "wechat")
	f.connection("wx-old", "wechat", "wechat:pc", object{"clientID": "wx1", "clientSecret": secretFrom("WX_SECRET")})
	f.connection("wx-spare", "wechat", "wechat:pc", object{"clientID": "wx1", "clientSecret": secretFrom("WX_SECRET")})
	f.application("shop", object{})
	swapTo(f, "wx-old")
}

func swapTo(f files, conn string) {
	f.spec("application/shop")["connections"] = []any{conn}
	f.spec("application/shop")["loginConfig"] = object{
		"showAuthorizationPage": false, "enabledBasicLoginMethods": []any{},
		"defaultLoginMethod": object{"connectionType": "QRCODE", "qrcodeConnection": conn},
	}
}

// TestSwapKeepsALogin fails each write of each swap in each way there is: at no
// moment is the application without a login, after a failure nothing more is
// taken away, and the run after it ends where the files say.
func TestSwapKeepsALogin(t *testing.T) {
	var runs counter
	moments := &moments{}
	t.Run("swaps", func(t *testing.T) {
		for _, s := range swaps {
			writes := swapOnce(t, s.flags, s.after, "", moments)
			for i, w := range writes {
				nth := 1
				for _, before := range writes[:i] {
					if before.Path == w.Path {
						nth++
					}
				}
				for _, action := range []string{"status=500", "drop-before", "drop-after", "success-false", "accept-no-store", "garbage", "truncate"} {
					fault := fmt.Sprintf("%s %s #%d %s", w.Method, w.Path, nth, action)
					t.Run(s.name+"/"+fault, func(t *testing.T) {
						t.Parallel()
						runs.add()
						swapOnce(t, s.flags, s.after, fault, moments)
					})
				}
			}
		}
	})
	if t.Failed() {
		return
	}
	// A look that sees nothing proves nothing: each run makes more requests than
	// this after the swap has begun, and each is looked at.
	if least := 10 * runs.n; moments.seen < least || runs.n < 100 {
		t.Errorf("%d states seen in %d runs", moments.seen, runs.n)
	}
	t.Logf("failed steps: %d, states looked at: %d, of them with the old login alone: %d, with another one: %d, without a login: 0 (else this fails)",
		runs.n, moments.seen, moments.old, moments.seen-moments.old)
}

type counter struct {
	mu sync.Mutex
	n  int
}

func (c *counter) add() { c.mu.Lock(); c.n++; c.mu.Unlock() }

// moments counts the states that were seen, and those of them in which the
// application had its first login and no other.
type moments struct {
	mu        sync.Mutex
	seen, old int
}

func (m *moments) add(ways []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.seen++
	if slices.Equal(ways, []string{"wx-old"}) {
		m.old++
	}
}

// swapOnce applies the pool before and the swap under one fault; then the swap
// once more without. It returns the writes of the swap.
func swapOnce(t *testing.T, flags []string, after func(files), fault string, moments *moments) []request {
	t.Helper()
	s, err := sandbox.New(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	guard := &loginGuard{t: t, next: s, moments: moments}
	server := httptest.NewServer(guard)
	t.Cleanup(func() { server.Close(); _ = s.Close() })
	p := &matrixPool{t: t, url: server.URL, keys: s.Credentials(), dir: t.TempDir(), env: map[string]string{"WX_SECRET": "hush"}}
	p.env["IDPSYNC_ACCESS_KEY_ID"], p.env["IDPSYNC_ACCESS_KEY_SECRET"] = p.keys.AccessKeyID, p.keys.AccessKeySecret
	p.write("idpsync.yaml", object{"apiVersion": "idpsync/v1", "kind": "Project", "targets": object{"pool": object{"host": p.url, "userPoolId": p.keys.UserPoolID, "settle": "0s", "maxRPS": 0}}})
	f := files{}
	swapBefore(f)
	p.write("objects.yaml", f.documents()...)
	if code, errs := p.command(nil, "apply", "--yes"); code != 0 {
		t.Fatalf("before: %d\n%s", code, errs)
	}
	guard.watch()
	after(f)
	p.write("objects.yaml", f.documents()...)
	if fault != "" {
		p.control("POST", "faults", object{"faults": []string{fault}}, nil)
	}
	var r applied
	code, errs := p.command(&r, append([]string{"apply", "--yes", "--parallelism", "1"}, flags...)...)
	writes := p.writes()
	if fault == "" {
		if code != 0 {
			t.Fatalf("swap: %d\n%s", code, errs)
		}
		return writes
	}
	if r.Summary.Failed+r.Summary.Unknown > 0 {
		nothingTakenAfter(t, writes, fault)
	}
	p.control("POST", "faults", object{"faults": []string{}}, nil)
	// What the server did not keep is sent once more on demand only.
	if code, errs := p.command(nil, append([]string{"apply", "--yes", "--parallelism", "1", "--push", "notkept"}, flags...)...); code != 0 {
		t.Fatalf("again: %d\n%s", code, errs)
	}
	if code, errs := p.command(nil, append([]string{"plan", "--detailed-exitcode"}, flags...)...); code != 0 {
		t.Errorf("the plan after it: %d\n%s", code, errs)
	}
	return nil
}

// nothingTakenAfter: once a write has failed for good, no later one deletes or
// disables. (A create of unknown fate that reading proves undone is sent again.)
func nothingTakenAfter(t *testing.T, writes []request, fault string) {
	t.Helper()
	if !strings.Contains(fault, "status=500") {
		return
	}
	at := slices.IndexFunc(writes, func(r request) bool {
		return r.Status == http.StatusInternalServerError || r.StatusCode == http.StatusInternalServerError
	})
	if at < 0 {
		t.Fatal("the fault was never met")
	}
	for _, r := range writes[at+1:] {
		if strings.Contains(r.Path, "delete-") || strings.Contains(string(r.Body), `"enabled":false`) {
			t.Errorf("after a failure: %s", r)
		}
	}
}

// loginGuard looks at the state of the sandbox after every request.
type loginGuard struct {
	t       *testing.T
	next    http.Handler
	moments *moments
	mu      sync.Mutex
	on      bool
}

func (g *loginGuard) watch() { g.mu.Lock(); g.on = true; g.mu.Unlock() }

func (g *loginGuard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	control := strings.HasPrefix(r.URL.Path, "/_sandbox")
	if !control {
		// One request at a time: each state is seen.
		g.mu.Lock()
		defer g.mu.Unlock()
	}
	defer func() {
		if !control && g.on {
			g.look(r)
		}
	}()
	g.next.ServeHTTP(w, r)
}

func (g *loginGuard) look(after *http.Request) {
	ways, err := g.ways("shop")
	if err != nil {
		g.t.Errorf("the look after %s %s: %v", after.Method, after.URL.Path, err)
		return
	}
	g.moments.add(ways)
	if len(ways) == 0 {
		g.t.Errorf("after %s %s the application has no login", after.Method, after.URL.Path)
	}
}

// ways lists what people can log in to an application with, as the sandbox holds
// it: basic methods, and buttons whose connection is there.
func (g *loginGuard) ways(app string) ([]string, error) {
	rec := httptest.NewRecorder()
	q := httptest.NewRequest("GET", "http://127.0.0.1/_sandbox/state", nil)
	q.RemoteAddr = "127.0.0.1:1"
	g.next.ServeHTTP(rec, q)
	if rec.Code != http.StatusOK {
		return nil, fmt.Errorf("%d %.200s", rec.Code, rec.Body)
	}
	var s struct {
		IdentityProviders []struct {
			Connections []struct{ ID, Identifier string }
		}
		Applications []struct {
			AppIdentifier string
			LoginConfig   struct {
				EnabledBasicLoginMethods []string
				EnabledExtIdpConns       []struct{ ExtIdpConnID string }
			}
		}
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &s); err != nil {
		return nil, fmt.Errorf("%w in %.200s", err, rec.Body)
	}
	exists := map[string]string{}
	for _, p := range s.IdentityProviders {
		for _, c := range p.Connections {
			exists[c.ID] = c.Identifier
		}
	}
	for _, a := range s.Applications {
		if a.AppIdentifier != app {
			continue
		}
		ways := a.LoginConfig.EnabledBasicLoginMethods
		for _, c := range a.LoginConfig.EnabledExtIdpConns {
			if name, there := exists[c.ExtIdpConnID]; there {
				ways = append(ways, name)
			}
		}
		return ways, nil
	}
	return nil, fmt.Errorf("application %s is not in %.200s", app, rec.Body)
}
