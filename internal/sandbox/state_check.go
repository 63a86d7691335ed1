package sandbox

import (
	"fmt"
	"maps"
	"slices"
)

// What a file of the data folder says is checked before anything of it is
// served: handlers and views rely on every shape here and do not look again.
// The errors tell where, by list and index, and quote no value but ids.

// check wants every object of a change to have the shape that handlers store.
func (c *change) check() error {
	if err := eachValid("providers", c.Providers, (*provider).check); err != nil {
		return err
	}
	if err := eachValid("connections", c.Connections, (*connection).check); err != nil {
		return err
	}
	return eachValid("applications", c.Applications, (*application).check)
}

// checkWhole is check for a change that is a whole pool.
func (c *change) checkWhole() error {
	if err := c.check(); err != nil {
		return err
	}
	return c.unique()
}

func eachValid[T any](what string, list []*T, check func(*T) error) error {
	for i, item := range list {
		if item == nil {
			return fmt.Errorf("%s[%d]: no object", what, i)
		}
		if err := check(item); err != nil {
			return fmt.Errorf("%s[%d]: %w", what, i, err)
		}
	}
	return nil
}

func (p *provider) check() error {
	if p.ID == "" {
		return fmt.Errorf("id: missing")
	}
	if _, known := providerTypes[p.Type]; !known {
		return fmt.Errorf("type: no type of an identity provider")
	}
	return nil
}

func (conn *connection) check() error {
	switch _, known := connectionTypes[conn.Type]; {
	case conn.ID == "":
		return fmt.Errorf("id: missing")
	case !known:
		return fmt.Errorf("type: no type of a connection")
	case !connectionIdentifier().MatchString(conn.Identifier):
		return fmt.Errorf("identifier: want lower-case letters, digits and -, fewer than 32")
	case conn.Fields == nil:
		return fmt.Errorf("fields: want an object")
	case conn.ChallengeMethods == nil || !isTexts(conn.ChallengeMethods):
		return fmt.Errorf("challengeBindingMethods: want an array of strings")
	case conn.MatchFields != nil && !isTexts(conn.MatchFields):
		return fmt.Errorf("userMatchFields: want an array of strings")
	}
	return nil
}

func (a *application) check() error {
	_, named := a.Given["appName"].(string)
	switch {
	case a.ID == "":
		return fmt.Errorf("appId: missing")
	case a.Secret == "":
		return fmt.Errorf("secret: missing")
	case a.Given == nil:
		return fmt.Errorf("given: want an object")
	case !named:
		return fmt.Errorf("appName: want a string")
	case !appIdentifier().MatchString(a.identifier()):
		return fmt.Errorf("appIdentifier: want letters, digits and - only")
	case a.Enabled == nil:
		return fmt.Errorf("enabled: want an array of connection ids")
	case !slices.Contains(strategies, a.Strategy):
		return fmt.Errorf("permissionStrategy: want one of %v", strategies)
	case slices.ContainsFunc(a.Factors, func(s string) bool { return !slices.Contains(mfaFactors, s) }):
		return fmt.Errorf("enabledFactors: want only %v", mfaFactors)
	}
	if id, twice := firstTwice(a.Enabled); twice {
		return fmt.Errorf("enabled: %q stands twice", id)
	}
	return a.checkSettings()
}

func firstTwice(ids []string) (string, bool) {
	seen := make(map[string]bool, len(ids))
	for _, id := range ids {
		if seen[id] {
			return id, true
		}
		seen[id] = true
	}
	return "", false
}

func (a *application) checkSettings() error {
	for _, key := range slices.Sorted(maps.Keys(a.Given)) {
		p := settings[key]
		if p == nil || neverRead[key] {
			return fmt.Errorf("%s: no setting of an application", key)
		}
		if err := p.shaped(key, a.Given[key]); err != nil {
			return err
		}
	}
	for _, key := range slices.Sorted(maps.Keys(a.Hidden)) {
		if !neverRead[key] {
			return fmt.Errorf("hidden.%s: no setting that is hidden", key)
		}
		if err := settings[key].shaped("hidden."+key, a.Hidden[key]); err != nil {
			return err
		}
	}
	return nil
}

// settings are the types of every setting that is stored: those of the requests,
// and the two that only the console sets.
var settings = storedSettings()

func storedSettings() map[string]*param {
	all := maps.Clone(createApplicationParams.byName)
	maps.Copy(all, updateApplicationParams.byName)
	delete(all, "appId")
	for _, key := range []string{"customBrandingEnabled", "customSecurityEnabled"} {
		all[key] = &param{name: key, kind: flag}
	}
	return all
}

// shaped checks types alone, at any depth. What a request must have and which
// words it may use is the request check's: a seed and an older state may differ.
// A null is stored inside of an object only, where it is a value of the client's.
func (p *param) shaped(at string, value any) error {
	ok := true
	switch p.kind {
	case text:
		_, ok = value.(string)
	case flag:
		_, ok = value.(bool)
	case texts:
		ok = isTexts(value)
	case object:
		_, ok = value.(map[string]any)
	case nested:
		return p.dto.shaped(at, value)
	case nestedIn, number, anything: // none is stored but templateData
	}
	if !ok {
		return fmt.Errorf("%s: want %s", at, p.kind)
	}
	return nil
}

func (d *dto) shaped(at string, value any) error {
	tree, ok := value.(map[string]any)
	if !ok {
		return fmt.Errorf("%s: want an object", at)
	}
	for _, key := range slices.Sorted(maps.Keys(tree)) {
		p := d.byName[key]
		if p == nil || tree[key] == nil {
			continue
		}
		if err := p.shaped(at+"."+key, tree[key]); err != nil {
			return err
		}
	}
	return nil
}

func isTexts(value any) bool {
	list, ok := value.([]any)
	return ok && !slices.ContainsFunc(list, func(item any) bool { _, isText := item.(string); return !isText })
}

// unique refuses ids and identifiers that stand twice. Only a whole pool is held
// to it: one write may name an object twice, and the last counts.
func (c *change) unique() error {
	seen := map[string]bool{}
	var err error
	add := func(what, value string) {
		if seen[what+" "+value] && err == nil {
			err = fmt.Errorf("%s %q stands twice", what, value)
		}
		seen[what+" "+value] = true
	}
	for _, p := range c.Providers {
		add("id", p.ID)
	}
	for _, conn := range c.Connections {
		add("id", conn.ID)
		add("connection identifier", conn.Identifier)
	}
	for _, a := range c.Applications {
		add("id", a.ID)
		add("appIdentifier", a.identifier())
	}
	return err
}

// keepsFixed refuses a change to what never changes in an object, on which the
// indexes stand.
func (o *objects) keepsFixed(c *change) error {
	for i, p := range c.Providers {
		if old := o.providers[p.ID]; old != nil && old.Type != p.Type && !c.Reset {
			return fmt.Errorf("providers[%d]: the type of %q differs from before", i, p.ID)
		}
	}
	for i, conn := range c.Connections {
		old := o.connections[conn.ID]
		if old != nil && !c.Reset && (old.ProviderID != conn.ProviderID || old.Type != conn.Type || old.Identifier != conn.Identifier) {
			return fmt.Errorf("connections[%d]: provider, type or identifier of %q differ from before", i, conn.ID)
		}
	}
	return nil
}

// check looks at a whole pool: no reference leads nowhere, but for connections
// that are known to be gone (delete-conn=dangling), and nothing is there twice.
func (o *objects) check(gone map[string]bool) error {
	all := o.asChange()
	for _, id := range slices.Sorted(maps.Keys(o.connections)) {
		conn := o.connections[id]
		p := o.providers[conn.ProviderID]
		if p == nil {
			return fmt.Errorf("connection %q is of identity provider %q, which is not there", id, conn.ProviderID)
		}
		if connectionTypes[conn.Type] != p.Type {
			return fmt.Errorf("connection %q does not fit identity provider %q by its type", id, p.ID)
		}
	}
	for _, a := range all.Applications {
		for _, id := range a.Enabled {
			if o.connections[id] == nil && !gone[id] {
				return fmt.Errorf("application %q enables connection %q, which is not there", a.ID, id)
			}
		}
	}
	return all.unique()
}

// dangling are the ids that applications enable and that are no connection any more.
func (o *objects) dangling() []string {
	gone := map[string]bool{}
	for _, a := range o.applications {
		for _, id := range a.Enabled {
			if o.connections[id] == nil {
				gone[id] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(gone))
}
