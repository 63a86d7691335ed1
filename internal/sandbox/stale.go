package sandbox

import (
	"maps"
	"slices"
	"time"
)

// past is the pool as reads see it under stale-reads: it has every write but
// those still inside the window. It follows the pool change by change, so that a
// write costs what it touches and not what the pool holds.
type past struct {
	objects *objects
	ahead   []datedChange // not in objects yet, the oldest first
}

type datedChange struct {
	at     time.Time
	change change
}

// note remembers a change that is about to be applied. Without a window there is
// nothing to remember, and what was remembered is over.
func (s *store) note(c change, window time.Duration, now time.Time) {
	if window == 0 {
		s.past = nil
		return
	}
	if s.past == nil {
		s.past = &past{objects: s.objects.clone()}
	}
	s.past.advance(window, now) // when nobody reads, too
	s.past.ahead = append(s.past.ahead, datedChange{now, c})
}

// seen is the pool for a read: before the oldest write of the window, if there
// is one. The caller holds the lock for reading, and has caught up under the
// lock for writing.
func (s *store) seen(window time.Duration) *objects {
	if window == 0 || s.past == nil {
		return s.objects
	}
	return s.past.objects
}

// catchUp lets the past have what has left the window.
func (s *store) catchUp(window time.Duration, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.past != nil {
		s.past.advance(window, now)
	}
}

func (p *past) advance(window time.Duration, now time.Time) {
	done := 0
	for ; done < len(p.ahead) && now.Sub(p.ahead[done].at) >= window; done++ {
		p.objects.apply(p.ahead[done].change)
	}
	p.ahead = slices.Delete(p.ahead, 0, done)
}

// clone shares the stored objects, which never change, and no list or index.
func (o *objects) clone() *objects {
	c := *o
	c.providers, c.connections, c.applications = maps.Clone(o.providers), maps.Clone(o.connections), maps.Clone(o.applications)
	c.providerIDs, c.applicationIDs = slices.Clone(o.providerIDs), slices.Clone(o.applicationIDs)
	c.connectionsOf = make(map[string][]string, len(o.connectionsOf))
	for id, list := range o.connectionsOf {
		c.connectionsOf[id] = slices.Clone(list)
	}
	c.providersOfType = maps.Clone(o.providersOfType)
	c.byIdentifier, c.byAppIdentifier = maps.Clone(o.byIdentifier), maps.Clone(o.byAppIdentifier)
	return &c
}
