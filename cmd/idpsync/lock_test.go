package main

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/idpsync/idpsync/internal/ledger/ledgertest"
)

// TestOneApplyAtATime: while one apply is under way another one with the same
// ledger ends with 6 before it reads or writes a thing, and names the first; a
// plan is free to look.
func TestOneApplyAtATime(t *testing.T) {
	t.Run("files", func(t *testing.T) { oneApplyAtATime(t, "file:"+filepath.Join(t.TempDir(), "ledger")) })
	t.Run("database", func(t *testing.T) { oneApplyAtATime(t, ledgertest.Start(t).Database(t)) })
}

func oneApplyAtATime(t *testing.T, shared string) {
	p := startPool(t, dialect{}, nil, "")
	begun, goOn := make(chan struct{}), make(chan struct{})
	proxy := held(t, p.url, "/create-application", begun, goOn)
	target := p.target()
	target["host"] = proxy
	p.write("idpsync.yaml", object{"apiVersion": "idpsync/v1", "kind": "Project", "ledger": shared, "targets": object{"pool": target}})
	f := files{}
	f.application("portal", object{})
	p.write("objects.yaml", f.documents()...)

	first := make(chan int)
	go func() {
		code, _, _ := run(t, p.dir, p.env, "apply", "--yes")
		first <- code
	}()
	<-begun
	asked := len(p.log())
	code, _, errs := run(t, p.dir, p.env, "apply", "--yes")
	if want := regexp.MustCompile(`held by process \d+ on host \S+, run \d{8}T\d{6}Z-[0-9a-f]{6}, since`); code != 6 || !want.MatchString(errs) {
		t.Errorf("the second apply ends with %d\n%s", code, errs)
	}
	for _, r := range p.log()[asked:] {
		if !strings.HasSuffix(r.Path, "token") {
			t.Errorf("the second apply asked for %s", r)
		}
	}
	if code, _, errs := run(t, p.dir, p.env, "plan"); code != 0 {
		t.Errorf("a plan beside it ends with %d\n%s", code, errs)
	}
	close(goOn)
	if code := <-first; code != 0 {
		t.Errorf("the first apply ends with %d", code)
	}
	if code, _, errs := run(t, p.dir, p.env, "apply", "--yes"); code != 0 {
		t.Errorf("the next apply ends with %d\n%s", code, errs)
	}
}

// held is the address of a proxy that holds the first request to a path until
// it may go on.
func held(t *testing.T, to, path string, begun, goOn chan struct{}) string {
	t.Helper()
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	var once sync.Once
	forward := httputil.NewSingleHostReverseProxy(u)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, path) {
			once.Do(func() { close(begun); <-goOn })
		}
		forward.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL
}
