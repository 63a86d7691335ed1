package remote_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/remote"
)

// watched is a way to the server that notes every write which nobody was told of.
type watched struct {
	mu     sync.Mutex
	told   int // parts told and not ended
	parts  []string
	untold []string
	writes int
}

func (w *watched) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodGet && !strings.HasSuffix(r.URL.Path, "/get-management-token") {
		w.mu.Lock()
		w.writes++
		if w.told == 0 {
			w.untold = append(w.untold, r.URL.Path)
		}
		w.mu.Unlock()
	}
	return http.DefaultTransport.RoundTrip(r)
}

// tell is a teller that notes what it is told.
func (w *watched) tell(p model.Part) (func(string, error), error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told++
	at := len(w.parts)
	w.parts = append(w.parts, fmt.Sprintf("%s id=%v seen=%d", p.Name, p.ID != "", len(p.Seen)))
	return func(id string, err error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.told--
		w.parts[at] += fmt.Sprintf(" -> %v %v", id != "", err)
	}, nil
}

func (p *pool) through(w http.RoundTripper) *remote.Client {
	p.t.Helper()
	c, err := remote.New(remote.Config{
		Host: p.web.URL, UserPoolID: p.keys.UserPoolID, AccessKeyID: p.keys.AccessKeyID,
		AccessKeySecret: model.SecretValue("", p.keys.AccessKeySecret), SecretPath: secretPath, Transport: w,
	})
	if err == nil {
		err = c.Open(p.t.Context())
	}
	if err != nil {
		p.t.Fatal(err)
	}
	return c
}

// TestEveryWriteIsTold: no write leaves before it was told, each part by its
// name, and what is made with the ids that would fit as well.
func TestEveryWriteIsTold(t *testing.T) {
	p := serve(t, nil)
	create(t, p.open(0), []*model.Resource{{Key: model.Key{Kind: model.IdentityProvider, Name: "twin"}, Attributes: tree{"name": "Corp", "type": "oidc"}}})
	w := &watched{}
	c := p.through(w)
	p.readAll(c)
	ctx := model.WithTeller(t.Context(), w.tell)
	want := wanted()
	for _, r := range want {
		if _, err := c.Create(ctx, r); err != nil {
			t.Fatal(err)
		}
	}
	state := reread(t, c, want)
	want[0].Attributes["name"] = "Renamed"
	want[1].Attributes["displayName"] = "Another"
	want[2].Attributes["ssoEnabled"] = true
	for _, r := range want[:3] {
		if err := c.Update(ctx, state.Get(r.Key), r); err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range slices.Backward(want) {
		if err := c.Delete(ctx, state.Get(r.Key)); err != nil {
			t.Fatal(err)
		}
	}
	done := func(part string) string { return part + " -> true <nil>" }
	told := []string{
		done("create id=false seen=1"), done("create id=false seen=0"), done("create id=false seen=0"),
		done("permissionStrategy id=true seen=0"), done("mfa id=true seen=0"), done("create id=false seen=0"),
		done(" id=true seen=0"), done(" id=true seen=0"), done("settings id=true seen=0"), done("mfa id=true seen=0"),
		done(" id=true seen=0"), done(" id=true seen=0"), done(" id=true seen=0"), done(" id=true seen=0"),
	}
	if !slices.Equal(w.parts, told) {
		t.Errorf("told\n%s\nwant\n%s", strings.Join(w.parts, "\n"), strings.Join(told, "\n"))
	}
	if len(w.untold) > 0 || w.writes != len(told) {
		t.Errorf("%d writes, not told: %v", w.writes, w.untold)
	}
}

// TestNotToldNotSent: what cannot be told is not sent, and the error says so.
func TestNotToldNotSent(t *testing.T) {
	p := serve(t, nil)
	h := create(t, p.open(0), wanted())
	w := &watched{}
	c := p.through(w)
	p.readAll(c)
	state := c.State(h)
	full := errors.New("the disk is full")
	ctx := model.WithTeller(t.Context(), func(model.Part) (func(string, error), error) { return nil, full })
	for _, do := range []func(context.Context) error{
		func(ctx context.Context) error { _, err := c.Create(ctx, wanted()[0]); return err },
		func(ctx context.Context) error { _, err := c.Create(ctx, wanted()[2]); return err },
		func(ctx context.Context) error { _, err := c.Create(ctx, wanted()[3]); return err },
		func(ctx context.Context) error { return c.Update(ctx, state.Get(corp), wanted()[0]) },
		func(ctx context.Context) error { return c.Update(ctx, state.Get(button), wanted()[1]) },
		func(ctx context.Context) error { return c.Update(ctx, state.Get(portal), wanted()[2]) },
		func(ctx context.Context) error { return c.Delete(ctx, state.Get(pressed)) },
		func(ctx context.Context) error { return c.Delete(ctx, state.Get(portal)) },
	} {
		var u interface{ Unknown() bool }
		if err := do(ctx); !errors.Is(err, full) || errors.As(err, &u) && u.Unknown() {
			t.Errorf("the error is %v", err)
		}
	}
	if w.writes > 0 {
		t.Errorf("%d writes", w.writes)
	}
}
