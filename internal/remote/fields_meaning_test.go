package remote

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/idpsync/idpsync/internal/model"
)

func (s *fieldsServer) open(t *testing.T, edit ...func(*Config)) (*Client, *model.State) {
	c := loaded(t, s.fake, edit...)
	return c, c.State(handles(map[model.Key]string{key(model.IdentityProvider, "corp"): "p1"}))
}

func renamed(r *model.Resource, fields tree) *model.Resource {
	return desired(r.Key, tree{"provider": "corp", "displayName": "New", "fields": fields})
}

// The first update that leaves out a secret finds out what the server does.
func TestFirstUpdateThatWithholds(t *testing.T) {
	secret := model.SecretValue("env:S", "new")
	tests := []struct {
		name     string
		replaces bool
		fields   tree
		lost     string
		reads    int // of the list, for two updates
		sends    int
	}{
		{"merges", false, tree{"issuerUrl": "v"}, "", 1, 2},
		{"merges, held by the server", false, tree{"clientSecret": model.ServerSecret()}, "", 1, 2},
		{"replaces", true, tree{"issuerUrl": "v"}, "fields.clientSecret fields.deep.aSecret", 1, 2},
		{"replaces, held by the server", true, tree{"clientSecret": model.ServerSecret()}, "fields.clientSecret fields.deep.aSecret", 1, 2},
		{"replaces, one declared", true, tree{"clientSecret": secret}, "fields.deep.aSecret", 1, 2},
		{"replaces, in an object", true, tree{"clientSecret": secret, "deep": tree{"plain": "y"}}, "fields.deep.aSecret", 1, 1},
		{"nothing left out", true, tree{"clientSecret": secret, "deep": tree{"aSecret": secret}}, "", 0, 2},
		{"declared empty", true, tree{}, "", 0, 2},
		{"an object declared empty", true, tree{"clientSecret": secret, "deep": tree{}}, "", 0, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := serveFields(t, 2, tt.replaces)
				c, state := s.open(t)
				reads := s.count("list-ext-idp-conns")
				one, two := state.Get(key(model.Connection, "conn-0")), state.Get(key(model.Connection, "conn-1"))
				err := c.Update(t.Context(), one, renamed(one, tt.fields))
				again := c.Update(t.Context(), two, renamed(two, tt.fields))
				for i, err := range []error{err, again} {
					if (err == nil) != (tt.lost == "") {
						t.Fatalf("update %d: %v", i, err)
					}
					if err != nil {
						e := mustError(t, err)
						if strings.Join(e.LostKeys(), " ") != tt.lost || e.Unknown() || e.Unavailable() || len(e.NotKept()) > 0 || !strings.Contains(e.Error(), "the server replaces fields") {
							t.Errorf("update %d: %v, lost %v", i, e, e.LostKeys())
						}
					}
				}
				if n := s.count("list-ext-idp-conns") - reads; n != tt.reads || s.count("update-ext-idp-conn") != tt.sends {
					t.Errorf("%d reads, %d updates; want %d, %d", n, s.count("update-ext-idp-conn"), tt.reads, tt.sends)
				}
			})
		})
	}
}

// What the server dropped and had shown in clear is put back.
func TestPutBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serveFields(t, 2, true)
		c, state := s.open(t)
		one := state.Get(key(model.Connection, "conn-0"))
		mustError(t, c.Update(t.Context(), one, renamed(one, tree{"issuerUrl": "v"})))
		if d := cmp.Diff(tree{"issuerUrl": "v", "deep": tree{"plain": "x"}}, s.conns[0]["fields"]); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff(tree{"issuerUrl": "u", "clientSecret": "***", "deep": tree{"aSecret": "***", "plain": "x"}}, s.conns[1]["fields"]); d != "" {
			t.Errorf("the other connection:\n%s", d)
		}
		// what is lost cannot be lost again
		if err := c.Update(t.Context(), one, desired(one.Key, tree{"provider": "corp", "displayName": "Newer"})); err != nil {
			t.Error(err)
		}
		// an update that carries every secret is still welcome
		two, v := state.Get(key(model.Connection, "conn-1")), model.SecretValue("env:S", "n")
		if err := c.Update(t.Context(), two, renamed(two, tree{"clientSecret": v, "deep": tree{"aSecret": v}})); err != nil {
			t.Error(err)
		}
	})
}

// Of a server that merges the keys of fields and replaces what lies below, only
// what is really gone is told.
func TestMergeThatIsNotDeep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serveFields(t, 1, false)
		c, state := s.open(t)
		r := state.Get(key(model.Connection, "conn-0"))
		e := mustError(t, c.Update(t.Context(), r, renamed(r, tree{"deep": tree{"plain": "y"}})))
		if !slices.Equal(e.LostKeys(), []string{"fields.deep.aSecret"}) {
			t.Errorf("lost %v", e.LostKeys())
		}
	})
}

// An update that waits to know does not outlast its caller.
func TestWaitingToKnowIsInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serveFields(t, 2, false)
		c, state := s.open(t)
		one, two := state.Get(key(model.Connection, "conn-0")), state.Get(key(model.Connection, "conn-1"))
		var wg sync.WaitGroup
		wg.Go(func() { _ = c.Update(t.Context(), one, renamed(one, tree{"issuerUrl": "v"})) })
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		start := time.Now()
		err := c.Update(ctx, two, renamed(two, tree{"issuerUrl": "v"}))
		if e := mustError(t, err); time.Since(start) != time.Millisecond || !errors.Is(err, context.DeadlineExceeded) || e.Unknown() || s.count("update-ext-idp-conn") != 1 {
			t.Errorf("%v: %s", e, flags(e))
		}
		wg.Wait()
	})
}

// While it is being found out, no other connection is updated; afterwards they
// are, side by side.
func TestOneUpdateFindsOut(t *testing.T) {
	for _, replaces := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			s := serveFields(t, 5, replaces)
			c, state := s.open(t)
			var lost, failed int
			var mu sync.Mutex
			var wg sync.WaitGroup
			for i := range 5 {
				r := state.Get(key(model.Connection, fmt.Sprint("conn-", i)))
				wg.Go(func() {
					err := c.Update(t.Context(), r, renamed(r, tree{"clientSecret": model.SecretValue("env:S", "n")}))
					mu.Lock()
					defer mu.Unlock()
					if err != nil {
						failed++
						lost += len(mustError(t, err).LostKeys())
					}
				})
				if i == 0 {
					synctest.Wait() // the first is on its way
				}
			}
			synctest.Wait()
			if s.most != 1 || s.count("update-ext-idp-conn") != 1 {
				t.Errorf("%d updates at a time before anything is known", s.most)
			}
			wg.Wait()
			damaged := 0
			for _, c := range s.conns {
				if _, has := c["fields"].(tree)["deep"].(tree)["aSecret"]; !has {
					damaged++
				}
			}
			if replaces && (damaged != 1 || failed != 5) || !replaces && (damaged != 0 || failed != 0 || s.most != 4) {
				t.Errorf("replaces %v: %d damaged, %d failed, %d at a time", replaces, damaged, failed, s.most)
			}
		})
	}
}

// A read older than the update proves nothing.
func TestOldReadsTeachNothing(t *testing.T) {
	declared := map[string]*model.Resource{
		"shown":     renamed(desired(key(model.Connection, "conn-0"), nil), tree{"issuerUrl": "v"}),
		"not shown": desired(key(model.Connection, "conn-0"), tree{"provider": "corp", "fields": tree{"clientSecret": model.SecretValue("env:S", "n")}}),
	}
	for name, to := range declared {
		for settle, want := range map[time.Duration]meaning{10 * time.Second: replaces, 0: map[string]meaning{"shown": meaningUnknown, "not shown": merges}[name]} {
			synctest.Test(t, func(t *testing.T) {
				s := serveFields(t, 1, true)
				c, state := s.open(t, settling(settle))
				s.lag = 3
				err := c.Update(t.Context(), state.Get(to.Key), to)
				if c.fields.known != want || (err != nil) != (want == replaces) {
					t.Errorf("%s, settle %s: learnt %d, want %d; %v", name, settle, c.fields.known, want, err)
				}
				if told := c.Learnt()["fields-update"]; told != map[meaning]string{merges: "merge", replaces: "replace"}[want] {
					t.Errorf("%s, settle %s: told %q", name, settle, told)
				}
			})
		}
	}
}

// An update that the server did only in part is looked at as any other.
func TestHalfAnUpdateIsLookedAt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serveFields(t, 1, true)
		c, state := s.open(t)
		s.routes["POST update-ext-idp-conn"] = func(r sentRequest) (*http.Response, error) {
			r.body["displayName"] = "D" // kept as it was
			if _, err := s.update(r); err != nil {
				return nil, err
			}
			return respond(200, noLuck.body), nil
		}
		r := state.Get(key(model.Connection, "conn-0"))
		e := mustError(t, c.Update(t.Context(), r, renamed(r, tree{"issuerUrl": "v"})))
		if !slices.Equal(e.LostKeys(), []string{"fields.clientSecret", "fields.deep.aSecret"}) || len(e.NotKept()) > 0 {
			t.Errorf("%v: lost %v, not kept %v", e, e.LostKeys(), e.NotKept())
		}
	})
}

// What cannot be put back is told with what is lost.
func TestPutBackFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serveFields(t, 1, true)
		c, state := s.open(t)
		sent := 0
		s.routes["POST update-ext-idp-conn"] = func(r sentRequest) (*http.Response, error) {
			if sent++; sent == 1 {
				return s.update(r)
			}
			return respond(200, `{"statusCode":400,"message":"no more"}`), nil
		}
		r := state.Get(key(model.Connection, "conn-0"))
		e := mustError(t, c.Update(t.Context(), r, renamed(r, tree{"issuerUrl": "v"})))
		if !slices.Equal(e.LostKeys(), []string{"fields.clientSecret", "fields.deep.aSecret", "fields.deep.plain"}) || !strings.Contains(e.Error(), "no more") {
			t.Errorf("%v: lost %v", e, e.LostKeys())
		}
	})
}

// What other connections prove does not make a secret of a mask: it never goes
// back as a value.
func TestProvenElsewhereAndMaskedHere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serveFields(t, 1, false)
		c, state := s.open(t)
		c.ShowsSecrets(model.Connection)
		r := state.Get(key(model.Connection, "conn-0"))
		if err := c.Update(t.Context(), r, renamed(r, tree{"issuerUrl": "v"})); err != nil {
			t.Fatal(err)
		}
		if sent := fmt.Sprint(s.to("update-ext-idp-conn")); strings.Contains(sent, "***") {
			t.Errorf("sent %s", sent)
		}
	})
}

func TestVanished(t *testing.T) {
	left := []leftOut{{model.Path{"a"}, true}, {model.Path{"b", "c"}, true}, {model.Path{"d"}, true}, {model.Path{"e.f"}, true}}
	got := vanished(left, tree{"fields": tree{"a": "***", "b": tree{}, "d": "", "e.f": false}})
	if len(got) != 2 || got[0].String() != "fields.b.c" || got[1].String() != "fields.d" {
		t.Errorf("%v", got)
	}
	if got := vanished(left, tree{}); got != nil {
		t.Errorf("fields that no read shows: %v", got)
	}
}

// If nobody can look, nobody may go on as if all were well.
func TestLookingBackFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serveFields(t, 1, true)
		c, state := s.open(t)
		s.on("GET list-ext-idp-conns", raw{500, `{"statusCode":500,"message":"oops"}`, nil})
		r := state.Get(key(model.Connection, "conn-0"))
		e := mustError(t, c.Update(t.Context(), r, renamed(r, tree{"issuerUrl": "v"})))
		if !e.Unknown() || !strings.Contains(e.Error(), "fields.clientSecret") || c.fields.known != meaningUnknown {
			t.Errorf("%v: %s", e, flags(e))
		}
	})
}
