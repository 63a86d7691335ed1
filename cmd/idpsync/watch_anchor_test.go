package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
)

// TestWatchStaysWithItsPool: files that name another host are refused before
// that host hears anything: the credentials would be the first thing it hears.
func TestWatchStaysWithItsPool(t *testing.T) {
	t.Parallel()
	p := startPool(t, dialect{}, nil, t.TempDir())
	p.put(t, "portal.yaml", appText("portal", "v1"))
	var heard atomic.Int64
	thief := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { heard.Add(1) }))
	t.Cleanup(thief.Close)
	w := p.watching(t, nil, "--mode", "apply")
	w.until("the first pass", inSync)
	project := func(target object) {
		p.write("idpsync.yaml", object{"apiVersion": "idpsync/v1", "kind": "Project", "targets": object{"pool": target}})
	}
	for what, change := range map[string]func(object){
		"host":        func(o object) { o["host"] = thief.URL },
		"core host":   func(o object) { o["coreHost"] = thief.URL },
		"credentials": func(o object) { o["credentials"] = object{"userPoolSecret": object{"env": "HOME"}} },
		"ledger":      func(o object) { o["ledger"] = "postgres://robot@" + strings.TrimPrefix(thief.URL, "http://") + "/db" },
		"pool":        func(o object) { o["userPoolId"] = strings.Repeat("a", 24) },
	} {
		other := p.target()
		change(other)
		project(other)
		w.until(what+" is refused", func(l passLine) bool {
			return l.Verdict == "failing" && l.Trouble != nil && strings.Contains(l.Trouble.Message, "lead elsewhere")
		})
		project(p.target())
		w.until(what+" is back", inSync)
	}
	if n := heard.Load(); n > 0 {
		t.Errorf("the other host was asked %d times", n)
	}
	if code := w.end(syscall.SIGTERM); code != 0 {
		t.Errorf("exit %d", code)
	}
}
