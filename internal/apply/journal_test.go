package apply_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/idpsync/idpsync/internal/apply"
	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
)

// teller is a target that tells each request, and what was asked of it.
type teller struct {
	mu   sync.Mutex
	sent []string
	fail map[string]error
}

func (s *teller) tell(ctx context.Context, verb, part string, r *model.Resource) error {
	call := verb + " " + r.Key.String()
	send := func(string, error) {}
	if tell := model.TellerIn(ctx); tell != nil {
		ended, err := tell(model.Part{Name: part, ID: r.ID})
		if err != nil {
			return err
		}
		send = ended
	}
	s.mu.Lock()
	s.sent = append(s.sent, call)
	s.mu.Unlock()
	send("id-"+r.Key.Name, s.fail[call])
	return s.fail[call]
}

func (s *teller) Create(ctx context.Context, to *model.Resource) (string, error) {
	return "id-" + to.Key.Name, s.tell(ctx, "create", "create", to)
}

func (s *teller) Update(ctx context.Context, from, _ *model.Resource) error {
	return s.tell(ctx, "update", "", from)
}

func (s *teller) Delete(ctx context.Context, from *model.Resource) error {
	return s.tell(ctx, "delete", "", from)
}

// book is a journal in memory.
type book struct {
	mu    sync.Mutex
	lines []string
	full  bool
}

func (b *book) Intent(_ context.Context, e apply.Entry) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.full {
		return 0, errors.New("the disk is full")
	}
	b.lines = append(b.lines, fmt.Sprintf("%s %s %s", e.Action, e.Name, e.Key))
	return len(b.lines) - 1, nil
}

func (b *book) Outcome(_ context.Context, n int, o apply.Ending) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lines[n] += fmt.Sprintf(": %s %s", o.Status, o.ID)
	return nil
}

// TestJournal: each request is told before and after, a replace with its halves
// and the buttons that it takes.
func TestJournal(t *testing.T) {
	p, err := plan.New(model.NewState(
		&model.Resource{Key: conn, Attributes: map[string]any{"type": "b"}},
		&model.Resource{Key: app, Attributes: map[string]any{}},
		&model.Resource{Key: model.EnablementKey("a", "c"), Attributes: map[string]any{}, DependsOn: []model.Key{app, conn}},
	), model.NewState(
		&model.Resource{Key: conn, ID: "1", Attributes: map[string]any{"type": "a"}},
		&model.Resource{Key: app, ID: "2", Attributes: map[string]any{}},
		&model.Resource{Key: model.EnablementKey("a", "c"), ID: "2/1", Attributes: map[string]any{}, DependsOn: []model.Key{app, conn}},
	), plan.Options{Semantics: blind{}})
	if err != nil {
		t.Fatal(err)
	}
	j, s := &book{}, &teller{fail: map[string]error{"create enablement/a/c": lost{errors.New("no answer")}}}
	apply.Run(t.Context(), p, s, apply.Options{Parallelism: 1, Journal: j})
	want := []string{
		"disable  enablement/a/c: done id-a/c",
		"replace delete connection/c: done id-c",
		"replace create connection/c: done id-c",
		"create create enablement/a/c: unknown id-a/c",
	}
	if !slices.Equal(j.lines, want) {
		t.Errorf("the journal says %q", j.lines)
	}
}

// TestNoJournalNoRequest: what cannot be told beforehand is not sent.
func TestNoJournalNoRequest(t *testing.T) {
	s := &teller{}
	r := apply.Run(t.Context(), swap(t), s, apply.Options{Parallelism: 4, Journal: &book{full: true}})
	if len(s.sent) > 0 || r.Wrote() || r.Count(apply.Done) > 0 {
		t.Errorf("sent %v, %d done", s.sent, r.Count(apply.Done))
	}
}
