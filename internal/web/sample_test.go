package web

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
	"github.com/idpsync/idpsync/internal/reconcile"
	"github.com/idpsync/idpsync/internal/rules"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// fakeWatch hands out snapshots as a watch does.
type fakeWatch struct {
	mu   sync.Mutex
	now  *reconcile.Status
	subs map[chan struct{}]bool
}

func (f *fakeWatch) status() *reconcile.Status {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

// publish changes a copy of the snapshot and hands it out.
func (f *fakeWatch) publish(change func(*reconcile.Status)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	next := reconcile.Status{}
	if f.now != nil {
		next = *f.now
	}
	next.Objects = append([]reconcile.ObjectStatus(nil), next.Objects...)
	next.Seq++
	change(&next)
	f.now = &next
	for c := range f.subs {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

func (f *fakeWatch) subscribe() (<-chan struct{}, func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.subs == nil {
		f.subs = map[chan struct{}]bool{}
	}
	c := make(chan struct{}, 1)
	f.subs[c] = true
	return c, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.subs, c)
	}
}

func (f *fakeWatch) listeners() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.subs)
}

const theSecret = "s3cr3t-value-that-must-not-show"

var (
	corp   = model.Key{Kind: model.IdentityProvider, Name: "corp"}
	login  = model.Key{Kind: model.Connection, Name: "corp-oidc"}
	portal = model.Key{Kind: model.Application, Name: "portal"}
)

// sample is a watch of a small pool in which the connection drifted.
func sample() *fakeWatch {
	secret := model.SecretValue("env:S", theSecret)
	fields := []plan.FieldDiff{
		{Path: "displayName", Before: "Staff & friends", After: "Staff login"},
		{Path: "fields.clientSecret", Before: theSecret, After: secret, Sensitive: true}, // what the server shows in clear is a text
	}
	p := &plan.Plan{
		Changes: []*plan.Change{{Key: login, Action: plan.Update, Risk: plan.Medium, Reason: "differs", Applications: []string{"portal"}, Found: fields, Source: model.Source{File: "providers/corp.yaml", Line: 12}}},
		Summary: plan.Summary{Update: 1, Unchanged: 2},
	}
	f := &fakeWatch{}
	f.publish(func(s *reconcile.Status) {
		*s = reconcile.Status{
			Seq: 7, Target: "local", Host: "sandbox", UserPoolID: "pool-1", Mode: reconcile.Detect, Source: "config", Commit: "0123456789abcdef0123",
			Phase: reconcile.Waiting, Ready: true, Since: noon, LastPass: noon, LastSuccess: noon, NextPass: noon.Add(5 * time.Minute), Verdict: reconcile.Differs,
			Objects: []reconcile.ObjectStatus{
				{Key: corp, State: reconcile.ObjectInSync, LastChange: noon, ID: "idp-1"},
				{
					Key: login, State: reconcile.ObjectDrifted, Why: "changed on the server: displayName", LastChange: noon, Links: []model.Key{corp}, ID: "conn-1",
					Source: model.Source{File: "providers/corp.yaml", Line: 12},
					Fields: []reconcile.ObjectField{
						{Key: login, DriftField: plan.DriftField{Path: "displayName", LastApplied: "Staff login", Server: "Staff & friends", File: "Staff login", ChangedBy: plan.ByServer}},
						{Key: login, DriftField: plan.DriftField{Path: "fields.clientSecret", LastApplied: secret, Server: theSecret, File: secret, Sensitive: true, ChangedBy: plan.ByUnknown}},
					},
				},
				{Key: portal, State: reconcile.ObjectInSync, Links: []model.Key{login}},
			},
			Counts: reconcile.Counts{InSync: 2, Drifted: 1},
			Pending: &reconcile.PendingPlan{
				Plan: p, PlannedAt: noon, ReadScope: "needed", Ledger: "present",
				ConfigDigest: "sha256:" + strings.Repeat("0", 64), StateDigest: "sha256:" + strings.Repeat("1", 64),
			},
			Runs: []reconcile.RunStatus{
				{ID: "20261122T110000Z-abcdef", Time: noon.Add(-time.Hour), Finished: true, Done: 3},
				{ID: "20261122T100000Z-abcdef", Time: noon.Add(-2 * time.Hour), Steps: 4, Open: 1},
			},
			Counters: reconcile.Counters{Passes: map[reconcile.Verdict]uint64{reconcile.InSync: 4, reconcile.Differs: 1}, Files: 9},
		}
	})
	return f
}

// broken adds what a bad file and a dangerous plan bring.
func broken(s *reconcile.Status) {
	s.Verdict = reconcile.Invalid
	s.Diagnostics = []diagnostic.Diagnostic{{
		Code: "IDP0102", Severity: diagnostic.Error, File: "providers/corp.yaml",
		Range: diagnostic.Range{Start: diagnostic.Position{Line: 3, Column: 7}}, Message: diagnostic.Words("the word <b> is wrong"),
	}}
	pending := *s.Pending
	pending.Refusals = []rules.Refusal{{Code: "IDP0301", Name: "lockout", Key: portal, Message: "nobody could log in"}}
	s.Pending = &pending
	s.Trouble = &reconcile.Trouble{Code: "IDP0501", Message: "the server does not answer", Hint: "wait", Retry: noon.Add(time.Minute)}
}

func serve(t *testing.T, f *fakeWatch, change ...func(*Options)) (*Server, *httptest.Server) {
	t.Helper()
	o := Options{Targets: []Target{{Name: "local", Status: f.status}}, Subscribe: f.subscribe, Version: "1.2.3", Now: func() time.Time { return noon }}
	for _, c := range change {
		c(&o)
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(s)
	t.Cleanup(func() {
		s.end()
		srv.Close()
	})
	return s, srv
}

// get asks for a path as a browser would and gives the answer with its text.
func get(t *testing.T, srv *httptest.Server, path string, header ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
	}
	return do(t, r)
}

func do(t *testing.T, r *http.Request) (*http.Response, string) {
	t.Helper()
	c := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(text)
}
