package sandbox_test

import (
	"testing"
	"time"

	"github.com/idpsync/idpsync/internal/sandbox"
)

// stale is a sandbox whose reads lag by two seconds, and its clock.
func stale(t *testing.T) (*pool, *clock) {
	t.Helper()
	c := newClock()
	return in(t, sandbox.Options{Now: c.Now, Dialect: map[string]string{"stale-reads": "2s"}}), c
}

func (c *clock) pass(d time.Duration) { c.now = c.now.Add(d) }

func (p *pool) count() any {
	p.t.Helper()
	return p.get("list-ext-idp").object("list")["totalCount"]
}

func TestStaleReadsLagByTheirWindow(t *testing.T) {
	p, clock := stale(t)
	first := p.provider("oidc", "First") // at 0 s
	same(t, "a read at once", p.count(), 0)
	p.get("get-ext-idp?id="+first).want("by id", 404)
	same(t, "the state is never stale", len(p.state()["identityProviders"].([]any)), 1)
	clock.pass(time.Second)
	p.provider("oidc", "Second")                                                           // at 1 s
	p.post("update-ext-idp", tree{"id": first, "name": "Renamed"}).ok("writes see writes") // at 1 s
	clock.pass(time.Second - time.Nanosecond)
	same(t, "inside both windows", p.count(), 0)
	clock.pass(time.Nanosecond)
	same(t, "the first write left its window", p.count(), 1)
	same(t, "as it was then", p.get("get-ext-idp?id=" + first).object("get")["name"], "First")
	clock.pass(time.Second)
	same(t, "all of them did", p.count(), 2)
	same(t, "as it is now", p.get("get-ext-idp?id=" + first).object("get")["name"], "Renamed")
}

// TestStaleReadsOfEveryKind deletes and changes what a read still shows.
func TestStaleReadsOfEveryKind(t *testing.T) {
	clock := newClock()
	p := in(t, sandbox.Options{Now: clock.Now})
	idp := p.provider("oidc", "Corp")
	conn, other := p.connection(idp, "oidc", "corp", tree{"a": "1"}), p.connection(idp, "oidc", "other", tree{})
	app := p.application("portal", nil)
	p.enable(conn, app, true)
	p.dialect("stale-reads=2s")
	before := []any{p.conns(idp), p.app(app), p.get("get-application-secret?appId=" + app).ok("secret"), p.get("list-applications").ok("list")}
	p.post("update-ext-idp-conn", tree{"id": conn, "displayName": "x", "fields": tree{"a": "2"}}).ok("update")
	p.post("delete-ext-idp-conn", tree{"id": conn}).ok("delete")
	p.enable(other, app, true)
	p.post("refresh-application-secret", tree{"appId": app}).ok("refresh")
	p.application("second", nil)
	read := func() []any {
		return []any{p.conns(idp), p.app(app), p.get("get-application-secret?appId=" + app).ok("secret"), p.get("list-applications").ok("list")}
	}
	same(t, "stale", read(), before)
	p.post("delete-ext-idp-conn", tree{"id": conn}).want("a write is never stale", 404)
	clock.pass(2 * time.Second)
	after := read()
	p.dialect("stale-reads=0ms")
	same(t, "and then the same as without", after, read())
	for i := range before {
		if text(before[i]) == text(after[i]) {
			t.Errorf("read %d did not change: %s", i, text(after[i]))
		}
	}
}

func TestStaleReadsEndAtOnce(t *testing.T) {
	p, _ := stale(t)
	p.provider("oidc", "Corp")
	p.dialect("stale-reads=0ms")
	same(t, "when they are switched off", p.count(), 1)
	p.dialect("stale-reads=1s")
	p.post("/_sandbox/reset", tree{})
	same(t, "by a reset", p.count(), 0)
	p.provider("oidc", "Corp")
	p.dialect("stale-reads=0ms")
	p.provider("oidc", "Fresh")
	p.dialect("stale-reads=1s")
	same(t, "for what was written without them", p.count(), 2)
}
