package remote

import (
	"context"
	"maps"
	"slices"
	"sync"
)

// switchboard remembers what V2 shows apart from the applications and V3 shows
// in them: which connection is on in which application (one read a provider,
// contract 6.2). It also keeps the permission strategies of the applications
// that were read. All of it is forgotten with the first doubt: V2 has one read
// for all applications of a provider, so a page of them costs nothing more.
type switchboard struct {
	// reading lets one reader fill in what is missing while the others wait.
	reading sync.Mutex

	mu         sync.Mutex
	epoch      int // counts what makes reads old
	list       *roster
	owner      map[string]string      // connection -> provider, of all ever read or made
	states     map[string][]appSwitch // by provider
	index      map[string][]any       // the states turned round; nil when one is missing
	strategies map[string]tree        // by application
	// touched are the providers whose buttons this client may have changed.
	touched    map[string]bool
	allTouched bool
}

// roster is the list of providers with what it says of their connections.
type roster struct {
	list       listing
	owner      map[string]string // connection -> provider
	identifier map[string]string // by connection
	holding    []string          // providers that have connections
}

// appSwitch is a connection that is on in an application.
type appSwitch struct{ app, conn string }

func newSwitchboard() switchboard {
	return switchboard{owner: map[string]string{}, states: map[string][]appSwitch{}, strategies: map[string]tree{}, touched: map[string]bool{}}
}

// renew forgets what may be old: all but the buttons of providers that this
// client has not touched, which nobody verifies.
func (s *switchboard) renew() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.strategies)
	s.forget()
}

func (s *switchboard) forget() {
	s.epoch++
	s.list, s.index = nil, nil
	if s.allTouched {
		clear(s.states)
	}
	for id := range s.touched {
		delete(s.states, id)
	}
}

// wrote notes what a change makes old.
func (s *switchboard) wrote(op operation, body tree) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch op {
	case updateProvider, updateConnection, updateApplication:
	case setPermissionStrategy:
		delete(s.strategies, text(body["appId"]))
	case createConnection:
		s.touched[text(body["extIdpId"])] = true
	case switchConnection, deleteConnection:
		owner := s.owner[text(body["id"])]
		s.touched[owner] = true
		s.allTouched = s.allTouched || owner == ""
	default:
		s.allTouched = true
	}
	s.forget()
}

// noteOwner notes a connection that was made.
func (s *switchboard) noteOwner(conn, providerID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.owner[conn] = providerID
}

func (s *switchboard) noteStrategy(appID string, v any) {
	if t, ok := objectOf(v); ok {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.strategies[appID] = t
	}
}

func (s *switchboard) strategy(appID string) (tree, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.strategies[appID]
	return t, ok
}

// roster gives the list of providers, reading it if it was not.
func (s *switchboard) roster(ctx context.Context, read func(context.Context) (roster, error)) (roster, error) {
	s.reading.Lock()
	defer s.reading.Unlock()
	return s.rosterLocked(ctx, read)
}

func (s *switchboard) rosterLocked(ctx context.Context, read func(context.Context) (roster, error)) (roster, error) {
	s.mu.Lock()
	known, epoch := s.list, s.epoch
	s.mu.Unlock()
	if known != nil {
		return *known, nil
	}
	r, err := read(ctx)
	if err != nil {
		return roster{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.Copy(s.owner, r.owner)
	if s.epoch == epoch {
		s.list = &r
	}
	return r, nil
}

// enabled gives the buttons of every application in the words of V3.
func (v *v2) enabled(ctx context.Context) (map[string][]any, error) {
	s := &v.buttons
	s.reading.Lock()
	defer s.reading.Unlock()
	if index := s.known(); index != nil {
		return index, nil
	}
	r, err := s.rosterLocked(ctx, v.readRoster)
	if err != nil {
		return nil, err
	}
	have, epoch := s.statesNow()
	missing := slices.DeleteFunc(slices.Clone(r.holding), func(id string) bool { _, known := have[id]; return known })
	found := make([][]appSwitch, len(missing))
	err = each(ctx, v.parallelism, len(missing), func(ctx context.Context, i int) (err error) {
		found[i], err = v.readSwitches(ctx, missing[i])
		return err
	})
	if err != nil {
		return nil, err
	}
	for i, id := range missing {
		have[id] = found[i]
	}
	index := byApplication(r, have)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.epoch == epoch {
		s.states, s.index = have, index
	}
	return index, nil
}

func (s *switchboard) known() map[string][]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.index
}

// statesNow copies the states, so that what makes them old meanwhile does no harm.
func (s *switchboard) statesNow() (states map[string][]appSwitch, epoch int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.states), s.epoch
}

// readSwitches reads the state of one provider's connections in all
// applications. A provider that is gone meanwhile has none.
func (v *v2) readSwitches(ctx context.Context, providerID string) ([]appSwitch, error) {
	k, env, err := v.get(ctx, "extIdp/"+providerID+"/connState")
	if isAbsent(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	conns, ok := objectsOf(env.data)
	if !ok {
		return nil, v.core.odd(k, env, "the list has a shape nobody knows")
	}
	var out []appSwitch
	for _, c := range conns {
		states, ok := objectsOf(c["state"])
		if !ok || text(c["connId"]) == "" {
			return nil, v.core.odd(k, env, "the list has a shape nobody knows")
		}
		for _, st := range states {
			if on, _ := st["enabled"].(bool); on {
				out = append(out, appSwitch{app: text(st["appId"]), conn: text(c["connId"])})
			}
		}
	}
	return out, nil
}

// byApplication turns the switches round, in the order of the list.
func byApplication(r roster, states map[string][]appSwitch) map[string][]any {
	out := map[string][]any{}
	for _, id := range r.holding {
		for _, sw := range states[id] {
			out[sw.app] = append(out[sw.app], tree{
				"extIdpId": id, "extIdpConnId": sw.conn,
				"extIdpConnIdentifier": r.identifier[sw.conn], "enabled": true,
			})
		}
	}
	return out
}
