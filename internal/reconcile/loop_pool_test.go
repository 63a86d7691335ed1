package reconcile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idpsync/idpsync/internal/config"
	"github.com/idpsync/idpsync/internal/ledger"
	"github.com/idpsync/idpsync/internal/model"
)

// shelf is a pool of applications in memory. It counts who opens it.
type shelf struct {
	mu    sync.Mutex
	apps  map[string]map[string]any // by id
	opens int
	calls []string
	// down is what every request answers, refuse what a write of a name does.
	down   error
	refuse map[string]error
	// before is called in front of each write, and reading in front of each read.
	before, reading func(what string)
	next            int
}

func newShelf() *shelf { return &shelf{apps: map[string]map[string]any{}, refuse: map[string]error{}} }

// visit is one client of a shelf.
type visit struct {
	Remote
	*shelf
}

func (v visit) Open(context.Context) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.opens++
	return v.down
}

func (visit) UserPoolID() string                      { return "62eaa95fe0a1b29a5295bf7c" }
func (visit) Trait(string) string                     { return "" }
func (visit) Learnt() map[string]string               { return nil }
func (visit) Disprove(string) bool                    { return false }
func (visit) Unsupported(model.Kind, model.Path) bool { return false }
func (visit) Lasting(model.Kind, string) bool         { return false }

func (visit) Providers(context.Context) ([]model.Observed, error) { return nil, nil }

func (v visit) Applications(context.Context, bool) ([]model.Observed, error) {
	if v.reading != nil {
		v.reading("applications")
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	var out []model.Observed
	for _, id := range slices.Sorted(maps.Keys(v.apps)) {
		a := v.apps[id]
		out = append(out, model.Observed{Kind: model.Application, ID: id, Name: a["appName"].(string), Identifier: a["appIdentifier"].(string)})
	}
	return out, v.down
}

func (visit) Connections(context.Context, []string) ([]model.Observed, error) { return nil, nil }
func (visit) PermissionStrategies(context.Context, []string) error            { return nil }
func (visit) ProveConnections(context.Context, []string) error                { return nil }
func (visit) Imposed(context.Context, []model.Key) ([]*model.Resource, error) { return nil, nil }
func (visit) ProveButtons(context.Context, []*model.Resource) ([]string, error) {
	return nil, nil
}

func (v visit) State(h model.Handles) *model.State {
	v.mu.Lock()
	defer v.mu.Unlock()
	s := model.NewState()
	for id, a := range v.apps {
		k, named := h[model.ObjectID{Kind: model.Application, ID: id}]
		if !named {
			k = model.Key{Kind: model.Application, Name: id}
		}
		s.Put(&model.Resource{Key: k, ID: id, Attributes: maps.Clone(a)})
	}
	return s
}

func (v visit) Reread(_ context.Context, touched []*model.Resource) (*model.State, error) {
	h := model.Handles{}
	v.mu.Lock()
	for id, a := range v.apps {
		for _, r := range touched {
			if r.Attributes["appIdentifier"] == a["appIdentifier"] {
				h[model.ObjectID{Kind: model.Application, ID: id}] = r.Key
			}
		}
	}
	v.mu.Unlock()
	return v.State(h), nil
}

func (v visit) write(what string, r *model.Resource) error {
	if v.before != nil {
		v.before(what)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.calls = append(v.calls, what)
	if v.down != nil {
		return v.down
	}
	return v.refuse[r.Key.Name]
}

func (v visit) Create(_ context.Context, r *model.Resource) (string, error) {
	if err := v.write("create "+r.Key.Name, r); err != nil {
		return "", err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.next++
	id := fmt.Sprintf("id%d", v.next)
	v.apps[id] = maps.Clone(r.Attributes)
	return id, nil
}

func (v visit) Update(_ context.Context, from, to *model.Resource) error {
	if err := v.write("update "+to.Key.Name, to); err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	maps.Copy(v.apps[from.ID], to.Attributes)
	return nil
}

func (v visit) Delete(_ context.Context, r *model.Resource) error {
	if err := v.write("delete "+r.Key.Name, r); err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.apps, r.ID)
	return nil
}

// edit changes an application as somebody in the console would.
func (s *shelf) edit(identifier, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.apps {
		if a["appIdentifier"] == identifier {
			a["appName"] = name
		}
	}
}

func (s *shelf) set(do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	do()
}

func (s *shelf) written() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := strings.Join(s.calls, ", ")
	s.calls = nil
	return out
}

func (s *shelf) opened() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opens
}

// away is a server that does not answer.
type away struct{}

func (away) Error() string     { return "nobody answers" }
func (away) Unavailable() bool { return true }

// stage is a loop on a project folder and a shelf.
type stage struct {
	t     *testing.T
	dir   string
	shelf *shelf
	loop  *Loop
	stop  chan struct{}
	ended chan struct{}
	told  []*Status
	mu    sync.Mutex
}

// staged runs a story in a bubble in which time is the story's.
func staged(t *testing.T, mode Mode, apps string, story func(s *stage)) {
	t.Helper()
	stagedWith(t, mode, apps, func(*stage, *LoopOptions) {}, story)
}

func stagedWith(t *testing.T, mode Mode, apps string, with func(*stage, *LoopOptions), story func(s *stage)) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := &stage{t: t, dir: dir, shelf: newShelf(), stop: make(chan struct{}), ended: make(chan struct{})}
		s.write(config.ProjectFile, "apiVersion: idpsync/v1\nkind: Project\npolicy: {prune: owned}\ntargets:\n  prod: {userPoolId: 62eaa95fe0a1b29a5295bf7c, host: 'https://api.authing.cn'}\n")
		s.apps(apps)
		l, err := ledger.Open("file:.idpsync/ledger", dir, ledger.Options{})
		if err != nil {
			t.Fatal(err)
		}
		cache := config.NewCache()
		o := LoopOptions{
			Mode: mode, Interval: 5 * time.Minute, Grace: 10 * time.Second, Stop: s.stop,
			Jitter: func(d time.Duration) time.Duration { return d },
			Fetch:  func(context.Context) (Source, error) { return Source{Dir: dir, Name: dir}, nil },
			Load: func(dir string) (*Files, error) {
				p, found, stats, err := cache.Load(dir, config.Options{})
				if err != nil {
					return nil, err
				}
				return &Files{Project: p, Target: "prod", Found: found, Stats: stats}, nil
			},
			Connect: func(*Files) (*Connection, error) {
				return &Connection{Remote: visit{shelf: s.shelf}, Host: func() string { return "host" }, Ledger: l, Close: func() error { return nil }}, nil
			},
			Told: func(st *Status) { s.mu.Lock(); s.told = append(s.told, st); s.mu.Unlock() },
		}
		with(s, &o)
		s.loop = NewLoop(o)
		go func() { s.loop.Run(t.Context()); close(s.ended) }()
		defer func() {
			select {
			case <-s.stop:
			default:
				close(s.stop)
			}
			<-s.ended
		}()
		synctest.Wait()
		story(s)
	})
}

func (s *stage) write(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// apps writes a document for each of "a b=Name".
func (s *stage) apps(list string) {
	s.t.Helper()
	var b strings.Builder
	for _, one := range strings.Fields(list) {
		name, title, named := strings.Cut(one, "=")
		if !named {
			title = name
		}
		spec, _ := json.Marshal(map[string]any{"appName": title, "appType": "api"})
		fmt.Fprintf(&b, "---\napiVersion: idpsync/v1\nkind: Application\nmetadata: {name: %s}\nspec: %s\n", name, spec)
	}
	s.write("apps.yaml", b.String())
}

// wake tells the loop of a change and lets it work.
func (s *stage) wake() {
	s.loop.Wake()
	synctest.Wait()
}

// pass lets time go by.
func (s *stage) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func (s *stage) want(verdict Verdict, states string) {
	s.t.Helper()
	st := s.loop.Status()
	var got []string
	for _, o := range st.Objects {
		got = append(got, o.Key.Name+" "+string(o.State))
	}
	if st.Verdict != verdict || strings.Join(got, ", ") != states {
		s.t.Errorf("%s: %s (%s)\nwant %s: %s\ntrouble %+v, note %q, diagnostics %v", st.Verdict, strings.Join(got, ", "), st.Note, verdict, states, st.Trouble, st.Note, st.Diagnostics)
	}
}

func (s *stage) wantWritten(want string) {
	s.t.Helper()
	if got := s.shelf.written(); got != want {
		s.t.Errorf("written: %q, want %q", got, want)
	}
}

func (s *stage) wantOpened(want int) {
	s.t.Helper()
	if got := s.shelf.opened(); got != want {
		s.t.Errorf("%d passes, want %d", got, want)
	}
}

var errRefused = errors.New("the server says no")
