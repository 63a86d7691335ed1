package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/idpsync/idpsync/internal/sandbox"
)

// lies are the ways in which a list can be less than it is. Each edits the data
// of one page; page counts from 1.
var lies = map[string]func(data object, page int){
	"totalCount is larger":  func(d object, _ int) { d["totalCount"] = d["totalCount"].(float64) + 5 },
	"totalCount is smaller": func(d object, _ int) { d["totalCount"] = float64(3) },
	"no totalCount":         func(d object, _ int) { delete(d, "totalCount") },
	"an object is lost":     func(d object, page int) { cutList(d, page, 1) },
	"two objects are lost":  func(d object, page int) { cutList(d, page, 2) },
	"an object comes twice": func(d object, page int) {
		if l := d["list"].([]any); page == 1 {
			l[0] = l[1]
		}
	},
	"empty, and the total stands": func(d object, _ int) { d["list"] = []any{} },
}

// pageLies need a list of several pages.
var pageLies = map[string]func(data object, page int){
	"the second page is empty": func(d object, page int) {
		if page == 2 {
			d["list"] = []any{}
		}
	},
	"totals differ": func(d object, page int) { d["totalCount"] = d["totalCount"].(float64) + float64(page) },
}

func cutList(d object, page, n int) {
	if l := d["list"].([]any); page == 1 {
		d["list"] = l[n:]
	}
}

// TestTruncatedWorld shows a run lists that are not whole. Nothing is created
// and nothing deleted, exit 3; on the whole lists the same run does both.
func TestTruncatedWorld(t *testing.T) {
	refused := 0
	routes := map[string]map[string]func(object, int){"list-ext-idp": lies, "list-applications": maps.Clone(lies)}
	maps.Copy(routes["list-applications"], pageLies)
	routes["list-applications"]["the second page is the first"] = nil
	for route, tricks := range routes {
		for name, trick := range tricks {
			t.Run(route+", "+name, func(t *testing.T) {
				w := newShortWorld(t)
				w.lie(route, trick)
				w.refuses(t)
				w.lie("", nil)
				w.acts(t)
				refused++
			})
		}
	}
	t.Logf("lies: %d, writes on the word of one: 0 (else this fails), the same runs on whole lists: all done", refused)
}

// TestEmptyWorld answers with empty lists and a total of 0, as a server does
// that has lost its index. The ledger knows better.
func TestEmptyWorld(t *testing.T) {
	for _, route := range []string{"list-ext-idp", "list-applications"} {
		t.Run(route, func(t *testing.T) {
			w := newShortWorld(t)
			w.acts(t)
			w.write("more.yaml", document("Application", "more", object{"appName": "More"}), document("IdentityProvider", "more", object{"type": "oidc"}))
			w.lie(route, func(d object, _ int) { d["list"], d["totalCount"] = []any{}, float64(0) })
			w.refuses(t)
			w.lie("", nil)
			if code, errs := w.command(nil, "apply", "--yes", "-t", "pool"); code != 0 || len(w.writes()) != 2 {
				t.Errorf("on the whole list: %d, %d writes\n%s", code, len(w.writes()), trouble(errs))
			}
		})
	}
}

// TestHiddenConnection deletes a provider that holds a connection which one of
// the two lists of it does not show.
func TestHiddenConnection(t *testing.T) {
	for name, lie := range map[string]struct {
		route string
		trick func(object, int)
	}{
		"list-ext-idp-conns is empty":  {"list-ext-idp-conns", func(d object, _ int) { d["list"], d["totalCount"] = []any{}, float64(0) }},
		"get-ext-idp shows none":       {"get-ext-idp", func(d object, _ int) { d["connections"] = []any{} }},
		"list-ext-idp-conns lost some": {"list-ext-idp-conns", func(d object, _ int) { d["list"] = []any{} }},
	} {
		t.Run(name, func(t *testing.T) {
			w := newShortWorld(t)
			provider := w.state().IdentityProviders[11]["id"]
			w.console("POST", "create-ext-idp-conn", object{
				"extIdpId": provider, "type": "saml", "identifier": "hidden", "displayName": "Hidden",
				"fields": object{"samlIdpCert": "x", "signInEndPoint": "https://hidden.example.com"},
			})
			w.lie(lie.route, lie.trick)
			var d struct{ Guards []struct{ Code string } }
			code, errs := w.command(&d, "apply", "--yes", "-t", "pool")
			if ws := w.writes(); code != 3 || len(ws) > 0 || len(d.Guards) == 0 {
				t.Errorf("exit %d, guards %v, %v\n%s", code, d.Guards, ws, trouble(errs))
			}
		})
	}
}

// shortWorld is a pool of several pages behind a server that may lie.
type shortWorld struct {
	*matrixPool
	liar *liar
}

func newShortWorld(t *testing.T) *shortWorld {
	t.Helper()
	s, err := sandbox.New(sandbox.Options{Seed: shortSeed(t)})
	if err != nil {
		t.Fatal(err)
	}
	l := &liar{next: s}
	web := httptest.NewServer(l)
	t.Cleanup(func() { web.Close(); _ = s.Close() })
	p := &matrixPool{t: t, dialect: dialect{}, dir: t.TempDir(), env: map[string]string{"A_SECRET": "hush-hush"}}
	p.meet(web.URL, s.Credentials())
	f := files{}
	f.provider("new", "oidc")
	f.connection("new-oidc", "new", "oidc", object{"issuerUrl": "https://idp.example.com", "clientID": "a", "clientSecret": secretFrom("A_SECRET")})
	f.application("new-app", object{"connections": []any{"new-oidc"}})
	f["application/old"] = document("Application", "app-119", object{"appName": "App 119"})
	f["identityprovider/old"] = document("IdentityProvider", "old", object{"name": "Provider 11", "type": "saml"})
	f.metadata("application/old")["state"], f.metadata("identityprovider/old")["state"] = "absent", "absent"
	p.write("objects.yaml", f.documents()...)
	return &shortWorld{p, l}
}

// shortSeed is a pool of 12 providers and 120 applications.
func shortSeed(t *testing.T) []byte {
	var providers, apps []any
	for i := range 12 {
		providers = append(providers, object{"id": fmt.Sprintf("%024x", i+1), "name": fmt.Sprint("Provider ", i), "type": "saml", "connections": []any{}})
	}
	for i := range 120 {
		apps = append(apps, object{"appId": fmt.Sprintf("%024x", i+101), "appName": fmt.Sprint("App ", i), "appIdentifier": fmt.Sprint("app-", i), "appType": "web"})
	}
	text, err := json.Marshal(object{"identityProviders": providers, "applications": apps})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (w *shortWorld) lie(route string, trick func(object, int)) {
	w.liar.mu.Lock()
	defer w.liar.mu.Unlock()
	w.liar.route, w.liar.trick, w.liar.told = route, trick, 0
}

// refuses: plan and apply end with 3, name the guard, and write nothing.
func (w *shortWorld) refuses(t *testing.T) {
	t.Helper()
	for _, args := range [][]string{{"plan"}, {"apply", "--yes"}, {"apply", "--yes", "--prune", "all", "--max-deletes", "500"}} {
		var d struct{ Guards []struct{ Code string } }
		code, errs := w.command(&d, append(args, "-t", "pool")...)
		if code != 3 || len(d.Guards) != 1 || d.Guards[0].Code != "IDP0304" {
			t.Errorf("%v: exit %d, guards %v\n%s", args, code, d.Guards, trouble(errs))
		}
		for _, r := range w.writes() {
			t.Errorf("%v wrote: %s", args, r)
		}
	}
	if w.liar.told == 0 {
		t.Error("the lie was never told")
	}
}

// acts: the whole lists let the same run create three objects and delete two.
func (w *shortWorld) acts(t *testing.T) {
	t.Helper()
	var r applied
	if code, errs := w.command(&r, "apply", "--yes", "-t", "pool"); code != 0 {
		t.Fatalf("on the whole lists: %d\n%s", code, trouble(errs))
	}
	count := map[string]int{}
	for _, s := range r.Steps {
		count[s.Action]++
	}
	s := w.state()
	if count["delete"] != 2 || count["create"] < 3 || len(s.IdentityProviders) != 12 || len(s.Applications) != 120 {
		t.Errorf("%v, %d providers and %d applications", count, len(s.IdentityProviders), len(s.Applications))
	}
}

// liar stands before a server and edits its lists.
type liar struct {
	next http.Handler

	mu    sync.Mutex
	route string
	trick func(data object, page int) // nil: the second page repeats the first
	told  int
}

func (l *liar) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.route == "" || !strings.HasSuffix(r.URL.Path, "/api/v3/"+l.route) {
		l.next.ServeHTTP(w, r)
		return
	}
	l.told++
	page := 1
	q := r.URL.Query()
	if _, err := fmt.Sscan(q.Get("page"), &page); err == nil && l.trick == nil && page == 2 {
		q.Set("page", "1")
		r.URL.RawQuery = q.Encode()
	}
	rec := httptest.NewRecorder()
	l.next.ServeHTTP(rec, r)
	maps.Copy(w.Header(), rec.Header())
	w.Header().Del("Content-Length")
	w.WriteHeader(rec.Code)
	_, _ = w.Write(l.edit(rec.Body.Bytes(), page))
}

func (l *liar) edit(answer []byte, page int) []byte {
	var a object
	if l.trick == nil || json.Unmarshal(answer, &a) != nil {
		return answer
	}
	data, ok := a["data"].(object)
	if !ok {
		return answer
	}
	l.trick(data, page)
	var b bytes.Buffer
	_ = json.NewEncoder(&b).Encode(a)
	return b.Bytes()
}
