package sandbox

import (
	"slices"
	"sync"
	"time"
)

// Stored objects are never changed in place: an update stores a new value.

type provider struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Type     string `json:"type"`
	TenantID string `json:"tenantId"`
	Logo     string `json:"logo"`
	AutoJoin bool   `json:"autoJoin"`
}

type connection struct {
	ID               string         `json:"id"`
	ProviderID       string         `json:"extIdpId"`
	Type             string         `json:"type"`
	Identifier       string         `json:"identifier"`
	DisplayName      string         `json:"displayName"`
	Logo             string         `json:"logo"`
	LoginOnly        bool           `json:"loginOnly"`
	AssociationMode  string         `json:"associationMode"`
	ChallengeMethods []any          `json:"challengeBindingMethods"`
	Fields           map[string]any `json:"fields"`
	MatchFields      any            `json:"userMatchFields,omitempty"` // V2: null or an array of text
	Tenants          []string       `json:"tenants,omitempty"`         // ids of the tenants that linked it
	ForTenants       bool           `json:"forTenants,omitempty"`      // change-userpool-tenant-ext-idp-conn-state; no read shows it
}

// application keeps what clients gave apart from what the server fills in, so
// that an unset setting falls back to the server's default.
type application struct {
	ID           string         `json:"appId"`
	Secret       string         `json:"secret"`
	Template     string         `json:"template,omitempty"` // set on integrated applications only
	Integrated   bool           `json:"isIntegrateApp,omitempty"`
	Given        map[string]any `json:"given"`            // settings under their V3 names
	Hidden       map[string]any `json:"hidden,omitempty"` // settings no V3 read shows
	Enabled      []string       `json:"enabled"`          // connection ids, in the order they were switched on
	EnableAll    bool           `json:"enableAll,omitempty"`
	SSOEnabledAt string         `json:"ssoEnabledAt,omitempty"`
	Strategy     string         `json:"permissionStrategy"`
	Factors      []string       `json:"enabledFactors,omitempty"`
	CreatedAt    string         `json:"createdAt,omitempty"` // shown by V2 alone, as what follows but Grants
	UpdatedAt    string         `json:"updatedAt,omitempty"`
	V2           map[string]any `json:"v2,omitempty"` // settings that V3 has no name for, under their V2 names
	Agreements   []agreement    `json:"agreements,omitempty"`
	LastAgreed   int64          `json:"lastAgreement,omitempty"` // the highest id of an agreement there was
	Grants       []grant        `json:"grants,omitempty"`
}

// agreement is a text that people agree to at login (contract 6.3).
type agreement struct {
	ID       int64  `json:"id"`
	Title    string `json:"title"`
	Required bool   `json:"required"`
	Lang     string `json:"lang"`
}

// grant allows or denies one subject an application (contract 5).
type grant struct {
	ID         string `json:"id"`
	TargetType string `json:"targetType"`
	TargetID   string `json:"targetId"`
	Namespace  string `json:"namespaceCode,omitempty"` // of a role
	Inherit    bool   `json:"inheritByChildren,omitempty"`
	Effect     string `json:"effect"`
	Enabled    bool   `json:"enabled"`
}

func (a *application) identifier() string {
	s, _ := a.Given["appIdentifier"].(string)
	return s
}

func (a *application) enables(connectionID string) bool {
	return slices.Contains(a.Enabled, connectionID)
}

// change is the full new value of every object that one write touched. It is
// what the change log holds, one a line.
type change struct {
	Seq          int64          `json:"seq"`
	Reset        bool           `json:"reset,omitempty"` // all objects go first
	Providers    []*provider    `json:"providers,omitempty"`
	Connections  []*connection  `json:"connections,omitempty"`
	Applications []*application `json:"applications,omitempty"`
	Removed      []string       `json:"removed,omitempty"`  // ids of any kind
	Dangling     []string       `json:"dangling,omitempty"` // what applications enable though it is gone; for a whole pool only
}

// tx is one write: what was before it, and what it makes of it.
type tx struct {
	objects *objects
	change
	at map[string]int // where in Applications one stands that this write has changed
}

// application is one as this write has left it so far; nil when there is none.
func (t *tx) application(id string) *application {
	if i, changed := t.at[id]; changed {
		return t.Applications[i]
	}
	return t.objects.applications[id]
}

// putApplication is the new value of one; the last counts.
func (t *tx) putApplication(a *application) {
	if i, changed := t.at[a.ID]; changed {
		t.Applications[i] = a
		return
	}
	if t.at == nil {
		t.at = map[string]int{}
	}
	t.at[a.ID] = len(t.Applications)
	t.Applications = append(t.Applications, a)
}

// objects is the pool, with the indexes that keep 10,000 of them fast.
type objects struct {
	seq int64 // of the last change

	providers    map[string]*provider
	connections  map[string]*connection
	applications map[string]*application

	// ids in the order of creation
	providerIDs, applicationIDs []string
	connectionsOf               map[string][]string // by provider id

	providersOfType map[string]int
	byIdentifier    map[string]string // connection identifier -> id
	byAppIdentifier map[string]string
}

func newObjects() *objects {
	return &objects{
		providers: map[string]*provider{}, connections: map[string]*connection{}, applications: map[string]*application{},
		connectionsOf: map[string][]string{}, providersOfType: map[string]int{},
		byIdentifier: map[string]string{}, byAppIdentifier: map[string]string{},
	}
}

// apply carries out a change that is already on disk.
func (o *objects) apply(c change) {
	if c.Reset {
		*o = *newObjects()
	}
	o.seq = c.Seq
	for _, id := range c.Removed {
		o.remove(id)
	}
	for _, p := range c.Providers {
		o.putProvider(p)
	}
	for _, conn := range c.Connections {
		o.putConnection(conn)
	}
	for _, a := range c.Applications {
		o.putApplication(a)
	}
}

func (o *objects) putProvider(p *provider) {
	if _, known := o.providers[p.ID]; !known {
		o.providerIDs = append(o.providerIDs, p.ID)
		o.providersOfType[p.Type]++
	}
	o.providers[p.ID] = p
}

func (o *objects) putConnection(c *connection) {
	if _, known := o.connections[c.ID]; !known {
		o.connectionsOf[c.ProviderID] = append(o.connectionsOf[c.ProviderID], c.ID)
		o.byIdentifier[c.Identifier] = c.ID
	}
	o.connections[c.ID] = c
}

func (o *objects) putApplication(a *application) {
	if old, known := o.applications[a.ID]; known {
		delete(o.byAppIdentifier, old.identifier())
	} else {
		o.applicationIDs = append(o.applicationIDs, a.ID)
	}
	o.applications[a.ID] = a
	o.byAppIdentifier[a.identifier()] = a.ID
}

func (o *objects) remove(id string) {
	if p, ok := o.providers[id]; ok {
		delete(o.providers, id)
		delete(o.connectionsOf, id)
		o.providersOfType[p.Type]--
		o.providerIDs = without(o.providerIDs, id)
	}
	if c, ok := o.connections[id]; ok {
		delete(o.connections, id)
		delete(o.byIdentifier, c.Identifier)
		o.connectionsOf[c.ProviderID] = without(o.connectionsOf[c.ProviderID], id)
	}
	if a, ok := o.applications[id]; ok {
		delete(o.applications, id)
		delete(o.byAppIdentifier, a.identifier())
		o.applicationIDs = without(o.applicationIDs, id)
	}
}

// without takes one id out of a list that the objects own, in place.
func without(ids []string, id string) []string {
	if i := slices.Index(ids, id); i >= 0 {
		return slices.Delete(ids, i, i+1)
	}
	return ids
}

// store guards the objects: many readers, one writer at a time.
type store struct {
	mu      sync.RWMutex
	disk    *disk // nil: memory only
	objects *objects
	past    *past // nil: reads see the objects
}

// commit is a write that every read sees at once.
func (s *store) commit(c change) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.commitLocked(c, 0, time.Time{})
}

// commitLocked writes a change to disk, then applies it. On an error nothing
// has happened. Reads may not see it before now + window.
func (s *store) commitLocked(c change, window time.Duration, now time.Time) error {
	c.Seq = s.objects.seq + 1
	if err := s.disk.append(c); err != nil {
		return err
	}
	s.note(c, window, now)
	s.objects.apply(c)
	return s.disk.compactIfLarge(s.objects)
}

func (s *store) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.disk.compact(s.objects); err != nil {
		return err
	}
	return s.disk.close()
}
