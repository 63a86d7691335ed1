package reconcile

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
)

// slow is a pool that shows what was written only after some time, and counts
// how often it is read.
type slow struct {
	Remote
	shows time.Time
	reads int
	err   error
}

func (s *slow) Create(context.Context, *model.Resource) (string, error) { return "id", nil }

func (s *slow) Reread(_ context.Context, touched []*model.Resource) (*model.State, error) {
	s.reads++
	if s.err != nil || time.Now().Before(s.shows) {
		return model.NewState(), s.err
	}
	return model.NewState(touched...), nil
}

type plain struct{}

func (plain) Secret(model.Kind, string, model.Path) bool { return false }
func (plain) Set(model.Kind, string, model.Path) bool    { return false }
func (plain) Structured(model.Kind, model.Path) bool     { return false }
func (plain) Default(model.Kind, model.Path) (any, bool) { return nil, false }

// TestVerifySettles: what disagrees is read again with growing pauses until it
// agrees or the time to settle has passed, and not once more than needed.
func TestVerifySettles(t *testing.T) {
	for _, c := range []struct {
		name           string
		lag, settle    time.Duration
		err            error
		notKept, reads int
		took           time.Duration
	}{
		{name: "at once", settle: 10 * time.Second, reads: 1},
		{name: "after a second", lag: time.Second, settle: 10 * time.Second, reads: 5, took: 1500 * time.Millisecond},
		{name: "too late", lag: time.Minute, settle: 10 * time.Second, notKept: 1, reads: 8, took: 10 * time.Second},
		{name: "no patience", lag: time.Second, notKept: 1, reads: 1},
		{name: "cannot be read", err: errors.New("gone"), settle: 10 * time.Second, reads: 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := &model.Resource{Key: model.Key{Kind: model.Application, Name: "a"}, Attributes: map[string]any{"appIdentifier": "a"}}
				p, err := plan.New(model.NewState(r), model.NewState(), plan.Options{Semantics: plain{}})
				if err != nil {
					t.Fatal(err)
				}
				begun := time.Now()
				remote := &slow{shows: begun.Add(c.lag), err: c.err}
				out, err := (&Pass{Plan: p, semantics: plain{}}).Apply(t.Context(), remote, ApplyOptions{Settle: c.settle})
				if err != nil {
					t.Fatal(err)
				}
				if len(out.NotKept) != c.notKept || remote.reads != c.reads || time.Since(begun) != c.took || !errors.Is(out.VerifyErr, c.err) {
					t.Errorf("not kept %v, %d reads, %s, %v", out.NotKept, remote.reads, time.Since(begun), out.VerifyErr)
				}
			})
		})
	}
}
