package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// mailbox is an endpoint that keeps what it is told.
type mailbox struct {
	*httptest.Server
	mu    sync.Mutex
	texts []string
}

func newMailbox(t *testing.T) *mailbox {
	m := &mailbox{}
	m.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		m.mu.Lock()
		defer m.mu.Unlock()
		m.texts = append(m.texts, string(body))
	}))
	t.Cleanup(m.Close)
	return m
}

// take gives what came since the last take.
func (m *mailbox) take() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	texts := m.texts
	m.texts = nil
	return texts
}

// TestDriftIsToldOnce: each process of this watch looks once. A drift is told
// once and not again by the next process, another one is told, and that all of
// it is gone is told once. No secret and no value is in it.
func TestDriftIsToldOnce(t *testing.T) {
	p := newMatrixPool(t, dialect{})
	p.env["WX_SECRET"] = "hush-hush"
	f := files{}
	f.provider("wechat", "wechat")
	f.connection("wx", "wechat", "wechat:pc", object{"clientID": "wx1", "clientSecret": secretFrom("WX_SECRET")})
	f.application("shop", object{"appName": "Shop <!channel> @all"})
	p.write("objects.yaml", f.documents()...)
	if code, errs := p.command(nil, "apply", "--yes", "-t", "pool"); code != 0 {
		t.Fatalf("apply: %d\n%s", code, errs)
	}
	box := newMailbox(t)
	p.env["HOOK_URL"] = box.URL + "/hush-path"
	watch := func(want int, flags ...string) {
		t.Helper()
		code, out, errs := run(t, p.dir, p.env, append([]string{"watch", "--once", "-t", "pool", "--notify", "env:HOOK_URL"}, flags...)...)
		if code != want || strings.Contains(out+errs, "hush") {
			t.Errorf("watch: %d\n%s%s", code, out, errs)
		}
	}
	tell := func(want ...string) {
		t.Helper()
		got := box.take()
		if len(got) != len(want) {
			t.Fatalf("told %q, want %q", got, want)
		}
		for i, text := range got {
			var m struct {
				Kind, Event string
				Objects     []struct{ Key string }
			}
			if err := json.Unmarshal([]byte(text), &m); err != nil || m.Kind != "idpsync.notification" {
				t.Fatalf("%v in %s", err, text)
			}
			event := m.Event
			for _, o := range m.Objects {
				event += " " + o.Key
			}
			if event != want[i] || strings.Contains(text, "hush") || strings.Contains(text, "by hand") {
				t.Errorf("told %s, want %s", text, want[i])
			}
		}
	}
	rename := func(name string) {
		t.Helper()
		id := ""
		for _, a := range p.state().Applications {
			if a["appIdentifier"] == "shop" {
				id, _ = a["appId"].(string)
			}
		}
		p.console("POST", "update-application", object{"appId": id, "appName": name})
	}
	watch(0)
	tell()
	rename("one by hand")
	watch(2)
	tell("drift application/shop")
	watch(2)
	tell()
	rename("two by hand")
	watch(2)
	tell("drift application/shop")
	watch(0, "--mode", "apply")
	tell("clear")
	watch(0)
	tell()
	// What keeps the memory is no secret's place, and its loss costs one message.
	told, err := filepath.Glob(filepath.Join(p.dir, ".idpsync", "told-*.json"))
	if err != nil || len(told) != 1 {
		t.Fatalf("%v, %v", told, err)
	}
	rename("three by hand")
	watch(2)
	if err := os.WriteFile(told[0], []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	watch(2)
	tell("drift application/shop", "drift application/shop")
}

// TestWrongEndpointIsUsage: told before any request, and without the URL.
func TestWrongEndpointIsUsage(t *testing.T) {
	p := newMatrixPool(t, dialect{})
	p.write("objects.yaml", object{"apiVersion": "idpsync/v1", "kind": "Application", "metadata": object{"name": "shop"}, "spec": object{"appName": "Shop"}})
	p.mark = len(p.log())
	for _, value := range []string{"http://chat.example/hush", "none=https://chat.example/hush", "env:NOWHERE", "https://chat.example/hush,secret=hush", "slack=https://chat.example/hush,template=none"} {
		code, out, errs := run(t, p.dir, p.env, "watch", "--once", "-t", "pool", "--notify", value)
		if code != 64 || strings.Contains(out+strings.ReplaceAll(errs, "--notify", ""), "hush") {
			t.Errorf("%s: %d\n%s%s", value, code, out, errs)
		}
	}
	if n := len(p.log()) - p.mark; n > 0 {
		t.Errorf("%d requests", n)
	}
}
