package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// stateTree is GET /_sandbox/state: the pool in V3 wire names with secrets in
// clear, whatever the dialect shows in reads.
func (s *Server) stateTree() map[string]any {
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	o := s.store.objects
	v := view{objects: o, poolID: s.keys.PoolID, dialect: s.dialect.Load().plain()}
	providers, applications := []any{}, []any{}
	for _, id := range o.providerIDs {
		providers = append(providers, o.stateOf(o.providers[id]))
	}
	for _, id := range o.applicationIDs {
		tree := v.application(o.applications[id])
		tree["permissionStrategy"] = o.applications[id].Strategy
		applications = append(applications, tree)
	}
	return map[string]any{"userPoolId": s.keys.PoolID, "identityProviders": providers, "applications": applications}
}

// plain is the default dialect but for what decides what an application is.
func (d dialect) plain() dialect {
	p := defaultDialect()
	p.values["defaults"] = d.values["defaults"]
	return p
}

func (o *objects) stateOf(p *provider) map[string]any {
	connections := []any{}
	for _, id := range o.connectionsOf[p.ID] {
		tree := o.connections[id].detail()
		tree["fields"] = o.connections[id].Fields
		connections = append(connections, tree)
	}
	tree := p.tree()
	tree["autoJoin"], tree["connections"] = p.AutoJoin, connections
	return tree
}

// seed is what New starts an empty folder with.
type seed struct {
	pool   string
	change change
}

func (s *seed) poolID() string {
	if s == nil {
		return ""
	}
	return s.pool
}

// seedFile is the shape of /_sandbox/state, read strictly.
type seedFile struct {
	UserPoolID        string           `json:"userPoolId"`
	IdentityProviders []seedProvider   `json:"identityProviders"`
	Applications      []map[string]any `json:"applications"`
}

type seedProvider struct {
	provider
	Connections []*connection `json:"connections"`
}

// CheckSeed tells what is wrong with a seed, whether or not it will be used.
func CheckSeed(data []byte) error {
	_, err := readSeed(data)
	return err
}

// readSeed turns what /_sandbox/state printed into the change that makes it.
// Secrets of applications are not in it: they are made anew.
func readSeed(data []byte) (*seed, error) {
	file, err := decodeSeed(data)
	if err != nil {
		return nil, fmt.Errorf("sandbox seed: %w; want what /_sandbox/state prints", err)
	}
	s := &seed{pool: file.UserPoolID}
	if err := s.addProviders(file.IdentityProviders); err != nil {
		return nil, err
	}
	for i, tree := range file.Applications {
		a, err := seedApplication(tree)
		if err != nil {
			return nil, fmt.Errorf("sandbox seed: applications[%d]: %w", i, err)
		}
		s.change.Applications = append(s.change.Applications, a)
		s.change.Dangling = append(s.change.Dangling, danglingIDs(tree)...)
	}
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("sandbox seed: %w", err)
	}
	return s, nil
}

func decodeSeed(data []byte) (*seedFile, error) {
	var file seedFile
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	dec.DisallowUnknownFields()
	if err := dec.Decode(&file); err != nil {
		return nil, whyNoSeed(err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one JSON value")
	}
	if file.IdentityProviders == nil && file.Applications == nil {
		return nil, errors.New("neither identityProviders nor applications")
	}
	return &file, nil
}

func whyNoSeed(err error) error {
	if errors.Is(err, io.EOF) {
		return errors.New("it is empty")
	}
	if what, unknown := strings.CutPrefix(err.Error(), "json: unknown field "); unknown {
		return fmt.Errorf("key %s is not known", what)
	}
	return errors.New(whyUnread(err))
}

// check holds a seed to what a state on disk is held to.
func (s *seed) check() error {
	if err := s.change.checkWhole(); err != nil {
		return err
	}
	o, gone := newObjects(), map[string]bool{}
	s.change.markGone(gone)
	o.apply(s.change)
	return o.check(gone)
}

func (s *seed) addProviders(list []seedProvider) error {
	for i := range list {
		p := list[i].provider
		if _, known := providerTypes[p.Type]; p.ID == "" || !known {
			return fmt.Errorf("sandbox seed: identityProviders[%d]: id missing or type %q unknown", i, p.Type)
		}
		s.change.Providers = append(s.change.Providers, &p)
		for j, conn := range list[i].Connections {
			if conn == nil || conn.ID == "" || !connectionIdentifier().MatchString(conn.Identifier) || connectionTypes[conn.Type] != p.Type {
				return fmt.Errorf("sandbox seed: identityProviders[%d].connections[%d]: id, identifier or type missing or wrong", i, j)
			}
			conn.ProviderID = p.ID
			conn.fillIn()
			s.change.Connections = append(s.change.Connections, conn)
		}
	}
	return nil
}

// fillIn gives a connection of a seed what a person who wrote it may leave out.
func (conn *connection) fillIn() {
	if conn.AssociationMode == "" {
		conn.AssociationMode = "none"
	}
	if conn.ChallengeMethods == nil {
		conn.ChallengeMethods = []any{}
	}
	if conn.Fields == nil {
		conn.Fields = map[string]any{}
	}
}

// seedServerKeys are the keys of a printed application that are no settings.
var seedServerKeys = []string{"appId", "userPoolId", "isIntegrateApp", "ssoEnabledAt", "template", "permissionStrategy"}

func seedApplication(tree map[string]any) (*application, error) {
	if err := checkSeedKeys(tree); err != nil {
		return nil, err
	}
	text := func(key string) string { s, _ := tree[key].(string); return s }
	a := &application{
		ID: text("appId"), Secret: randomHex(16), Template: text("template"), Integrated: tree["isIntegrateApp"] == true,
		SSOEnabledAt: text("ssoEnabledAt"), Strategy: text("permissionStrategy"), Given: maps.Clone(tree), Enabled: []string{},
	}
	for _, key := range seedServerKeys {
		delete(a.Given, key)
	}
	if a.Strategy == "" {
		a.Strategy = "ALLOW_ALL"
	}
	if a.ID == "" || text("appName") == "" || !appIdentifier().MatchString(a.identifier()) || !slices.Contains(strategies, a.Strategy) {
		return nil, fmt.Errorf("appId, appName, appIdentifier or permissionStrategy missing or wrong")
	}
	if login, ok := tree["loginConfig"].(map[string]any); ok {
		a.Enabled = enabledIDs(login)
		login = maps.Clone(login)
		delete(login, "enabledExtIdpConns")
		a.Given["loginConfig"] = login
	}
	return a, nil
}

// checkSeedKeys refuses a key that no read shows, so that a typo does not pass.
func checkSeedKeys(tree map[string]any) error {
	for _, key := range slices.Sorted(maps.Keys(tree)) {
		_, required := requiredInReads[key]
		_, settable := createApplicationParams.byName[key]
		if !required && !settable && !slices.Contains(seedServerKeys, key) || neverRead[key] {
			return fmt.Errorf("key %q is not known", key)
		}
	}
	return nil
}

// enabledIDs are the connections that loginConfig.enabledExtIdpConns switches on.
func enabledIDs(login map[string]any) []string {
	ids := []string{}
	list, _ := login["enabledExtIdpConns"].([]any)
	for _, item := range list {
		tree, _ := item.(map[string]any)
		id, _ := tree["extIdpConnId"].(string)
		if id != "" && tree["enabled"] != false && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// danglingIDs are enabled connections that are gone: of those a state prints the
// id alone, and no provider (delete-conn=dangling).
func danglingIDs(tree map[string]any) []string {
	var ids []string
	login, _ := tree["loginConfig"].(map[string]any)
	list, _ := login["enabledExtIdpConns"].([]any)
	for _, item := range list {
		button, _ := item.(map[string]any)
		id, _ := button["extIdpConnId"].(string)
		if provider, printed := button["extIdpId"]; printed && provider == "" {
			ids = append(ids, id)
		}
	}
	return ids
}
