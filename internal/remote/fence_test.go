package remote_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/remote"
)

// changes lists the changes that reached the server.
func (p *pool) changes() (out []string) {
	p.t.Helper()
	resp, err := http.Get(p.web.URL + "/_sandbox/requests")
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	var log struct {
		Requests []struct{ Method, Path string }
	}
	if err := json.NewDecoder(resp.Body).Decode(&log); err != nil {
		p.t.Fatal(err)
	}
	for _, r := range log.Requests {
		if r.Method != http.MethodGet && !strings.HasSuffix(r.Path, "token") {
			out = append(out, r.Method+" "+r.Path)
		}
	}
	return out
}

// TestTheFenceHoldsBack: the fence is asked before each attempt, and again when
// the body of one is about to leave. What it holds back never reaches the server,
// and the error says that for certain.
func TestTheFenceHoldsBack(t *testing.T) {
	over := errors.New("another run has come")
	for _, c := range []struct {
		name  string
		fault string
		yes   int32 // how many times the fence lets pass
		sent  int
	}{
		{"before it has a connection", "", 0, 0},
		{"before its body leaves", "", 1, 0},
		{"before it is tried again", "POST /api/v3/create-ext-idp #1 429:0", 2, 1},
		{"before its body leaves again", "POST /api/v3/create-ext-idp #1 429:0", 3, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			var faults []string
			if c.fault != "" {
				faults = []string{c.fault}
			}
			p := serve(t, nil, faults...)
			var asked atomic.Int32
			ctx := model.WithFence(t.Context(), func(context.Context) error {
				if asked.Add(1) > c.yes {
					return over
				}
				return nil
			})
			_, err := p.open(0).Create(ctx, wanted()[0])
			var e *remote.Error
			if !errors.As(err, &e) || !errors.Is(err, over) || e.Unknown() || e.Unavailable() || !strings.Contains(err.Error(), "not sent: another run has come") {
				t.Errorf("the error is %v", err)
			}
			if sent := p.changes(); len(sent) != c.sent || asked.Load() != c.yes+1 {
				t.Errorf("asked %d times, sent %v", asked.Load(), sent)
			}
		})
	}
}

// TestTheFenceOfV2 holds back a change without a body.
func TestTheFenceOfV2(t *testing.T) {
	p := serve(t, nil)
	h := create(t, p.open(0), wanted())
	c, err := remote.New(remote.Config{
		Host: p.web.URL, UserPoolID: p.keys.UserPoolID, AccessKeyID: p.keys.AccessKeyID, API: remote.OnlyV2,
		AccessKeySecret: model.SecretValue("", p.keys.AccessKeySecret), SecretPath: secretPath,
	})
	if err == nil {
		err = c.Open(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	p.readAll(c)
	before, over := len(p.changes()), errors.New("another run has come")
	ctx := model.WithFence(t.Context(), func(context.Context) error { return over })
	if err := c.Delete(ctx, c.State(h).Get(portal)); !errors.Is(err, over) {
		t.Errorf("the error is %v", err)
	}
	if late := p.changes()[before:]; len(late) > 0 {
		t.Errorf("sent %v", late)
	}
}

// TestEveryChangeAsksTheFence: of every kind, made, changed and removed; reading
// does not.
func TestEveryChangeAsksTheFence(t *testing.T) {
	p := serve(t, nil)
	var asked atomic.Int32
	ctx := model.WithFence(t.Context(), func(context.Context) error { asked.Add(1); return nil })
	c := p.open(0)
	want := wanted()
	for _, r := range want {
		if _, err := c.Create(ctx, r); err != nil {
			t.Fatal(err)
		}
	}
	before := asked.Load()
	state, err := c.Reread(ctx, want)
	if err != nil || asked.Load() != before {
		t.Fatalf("reading asked %d times, %v", asked.Load()-before, err)
	}
	want[2].Attributes["ssoEnabled"] = true
	if err := c.Update(ctx, state.Get(portal), want[2]); err != nil {
		t.Fatal(err)
	}
	if err := c.Delete(ctx, state.Get(pressed)); err != nil {
		t.Fatal(err)
	}
	if sent := p.changes(); int(asked.Load()) != 2*len(sent) {
		t.Errorf("asked %d times for %d changes, want two times each", asked.Load(), len(sent))
	}
}
