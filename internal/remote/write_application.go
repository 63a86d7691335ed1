package remote

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/idpsync/idpsync/internal/model"
)

func (c *Client) createApplication(ctx context.Context, to *model.Resource) (string, error) {
	to = ours(to)
	declared, err := c.wireWords(to)
	if err != nil {
		return "", err
	}
	find := c.applicationFinder(to)
	body := createBody(declared, isIntegrated(to))
	var made tree
	id, err := told(ctx, model.Part{Name: partCreate, Seen: c.akinApplications(to)}, func() (string, error) {
		var err error
		made, err = c.born(ctx, createApplication, body, find)
		return text(made["appId"]), err
	})
	if err != nil {
		return "", err
	}
	fresh := c.bindApplication(to.Key, made)
	var parts []part
	if c.settingsAfterCreate(to, fresh) {
		parts = append(parts, part{partSettings, func(ctx context.Context) error {
			return c.sendSettings(ctx, id, fresh, less(to, "templateData"))
		}})
	}
	parts = append(parts, c.ownParts(id, fresh, to)...)
	return id, run(ctx, id, []string{partCreate}, parts)
}

// bindApplication remembers a created application and tells how it looks.
func (c *Client) bindApplication(key model.Key, made tree) *model.Resource {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bind(key, text(made["appId"]))
	c.cache.apps.put(made)
	return c.applicationResource(made)
}

// settingsAfterCreate tells whether a create leaves something to an update: the
// fields that only an update takes, and for an integrated application all that
// its create ignored.
func (c *Client) settingsAfterCreate(to, made *model.Resource) bool {
	if c.SpeaksV2() && !isIntegrated(to) { // its create takes but a few (contract 6.3)
		return len(against(less(to, partStrategy, partMFA), made).differ) > 0
	}
	if isIntegrated(to) {
		v := against(less(to, "template", "templateData", partStrategy, partMFA), made)
		return len(v.differ)+len(v.unseen) > 0
	}
	return to.Attributes["ssoShowLaunchpad"] != nil || to.Attributes["enablePermissionApply"] != nil
}

// less is the resource without some of its top attributes.
func less(r *model.Resource, keys ...string) *model.Resource {
	out := *r
	out.Attributes = omit(r.Attributes, keys...)
	return &out
}

// updateApplication sends the settings only if one of them differs; what has
// an endpoint of its own goes there alone. What differs is judged by the names
// of now: a handle that stood for a connection which this run replaced means
// another id than the one the server holds.
func (c *Client) updateApplication(ctx context.Context, id string, from, to *model.Resource) error {
	from, to = c.asOfNow(id, from), ours(to)
	var parts []part
	v := against(less(to, partStrategy, partMFA), from)
	if len(v.differ)+len(v.unseen) > 0 {
		parts = append(parts, part{partSettings, func(ctx context.Context) error {
			return c.sendSettings(ctx, id, from, to)
		}})
	}
	return run(ctx, id, nil, append(parts, c.ownParts(id, from, to)...))
}

// asOfNow is an application as it was last read or written, in the names of
// now; from, if it never was.
func (c *Client) asOfNow(id string, from *model.Resource) *model.Resource {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t := c.cache.apps.byID[id]; t != nil {
		return c.applicationResource(t)
	}
	return from
}

// ownParts are the parts with endpoints of their own, where declared: the
// permission strategy if it differs, MFA always, since no read shows it.
func (c *Client) ownParts(id string, from, to *model.Resource) []part {
	var parts []part
	if s := to.Text(partStrategy); s != "" && (from == nil || from.Text(partStrategy) != s) {
		parts = append(parts, part{partStrategy, func(ctx context.Context) error { return c.sendStrategy(ctx, id, s) }})
	}
	if m, ok := to.Attributes[partMFA].(tree); ok {
		parts = append(parts, part{partMFA, func(ctx context.Context) error { return c.sendMFA(ctx, id, m) }})
	}
	return parts
}

// sendSettings sends update-application, whose success=false is judged by
// reading again (contract 8 Q1).
func (c *Client) sendSettings(ctx context.Context, id string, from, to *model.Resource) error {
	want := less(to, partStrategy, partMFA)
	declared, err := c.wireWords(want)
	if err != nil {
		return err
	}
	base := c.liveTree(id)
	nulls := openNulls(nil, declared, base)
	if c.is(traitNulls, "off") {
		base, declared, nulls = lessPaths(base, nulls), lessPaths(declared, nulls), nil
	}
	body := updateBody(id, base, declared, c.carrier(model.Application, base))
	var read tree
	err = c.guarded(ctx, id, base, body, func() error {
		_, err := c.send(ctx, updateApplication, body)
		err = c.confirmSettings(ctx, err, id, from, want, &read)
		return c.onlyTheName(err)
	})
	c.rememberApplication(id, err, read, body)
	if _, short := fellShort(err); err != nil && !short {
		return err
	}
	return cmp.Or(c.omitNulls(ctx, id, base, declared, nulls), err)
}

// carrier is what an update of an object may send of the server's own. What only
// other objects prove does not hold for one that shows a mask: no mask is sent.
func (c *Client) carrier(kind model.Kind, shown tree) carrier {
	return carrier{secrets: c.is(traitSecrets, "clear") || c.clear(kind) && !holdsMask(shown)}
}

// confirmSettings judges an update in doubt by reading the application again,
// and leaves in read what it saw.
func (c *Client) confirmSettings(ctx context.Context, err error, id string, from, want *model.Resource, read *tree) error {
	return c.confirm(ctx, err, func(ctx context.Context) (verdict, error) {
		t, err := c.api.application(ctx, id)
		if err != nil {
			return verdict{}, err
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		*read = t
		return judged(from, want, c.applicationResource(t)), nil
	})
}

// rememberApplication keeps what an update made of an application: what was read
// after it where that was needed to judge it, else what was sent.
func (c *Client) rememberApplication(id string, err error, read, body tree) {
	c.mu.Lock()
	defer c.mu.Unlock()
	known := c.cache.apps.byID[id]
	if _, short := fellShort(err); short && known != nil {
		c.cache.apps.put(read)
	} else if err == nil && known != nil {
		c.cache.apps.put(overlay(known, omit(body, "templateData")).(tree))
	}
}

// onlyTheName tells what fell short apart from a failure where it is the name
// alone: update-application is known to answer success=false for one that it
// does not keep (contract 8 Q1).
func (c *Client) onlyTheName(err error) error {
	e, short := fellShort(err)
	if !short || !slices.Equal(e.lacks, []string{"appName"}) {
		return err
	}
	return changed(err, (*Error).stored)
}

// liveTree is an application as it was last read or written, less the
// references to connections that this client has deleted since.
func (c *Client) liveTree(id string) tree {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.cache.apps.byID[id]
	login, _ := t["loginConfig"].(tree)
	method, _ := login["defaultLoginMethod"].(tree)
	for wire := range loginReferences {
		if c.names.gone[model.ObjectID{Kind: model.Connection, ID: text(method[wire])}] {
			method = omit(method, wire)
			login = overlayKey(login, "defaultLoginMethod", method)
			t = overlayKey(t, "loginConfig", login)
		}
	}
	return t
}

// overlayKey copies a tree with one key replaced.
func overlayKey(t tree, key string, v any) tree {
	out := maps.Clone(t)
	out[key] = v
	return out
}

// wireWords translates an application's attributes: ids for handles, and
// nothing that has an endpoint of its own.
func (c *Client) wireWords(to *model.Resource) (tree, error) {
	out := omit(to.Attributes, partStrategy, partMFA)
	login, _ := out["loginConfig"].(tree)
	method, ok := login["defaultLoginMethod"].(tree)
	if !ok {
		return out, nil
	}
	method = maps.Clone(method)
	for wire, word := range loginReferences {
		v, declared := method[word]
		if !declared {
			continue
		}
		delete(method, word)
		method[wire] = nil
		if name, _ := v.(string); name != "" {
			id, err := c.resolve(loginKey(to, word, name))
			if err != nil {
				return nil, err
			}
			method[wire] = id
			if c.wasDeleted(model.Connection, id) { // carried along from an older read
				delete(method, wire)
			}
		}
	}
	out["loginConfig"] = overlayKey(login, "defaultLoginMethod", method)
	return out, nil
}

func loginKey(r *model.Resource, word, name string) model.Key {
	if key, ok := r.Refs["loginConfig.defaultLoginMethod."+word]; ok {
		return key
	}
	return model.Key{Kind: model.Connection, Name: name}
}

func (c *Client) sendStrategy(ctx context.Context, id, strategy string) error {
	c.wantStrategy(id)
	body := tree{"appId": id, "permissionStrategy": strategy}
	_, err := c.api.write(ctx, setPermissionStrategy, body)
	err = c.confirm(ctx, err, func(ctx context.Context) (verdict, error) {
		s, err := c.api.permissionStrategy(ctx, id)
		if err == nil && s != strategy {
			return verdict{differ: []string{partStrategy}}, nil
		}
		return verdict{}, err
	})
	if err == nil {
		c.putStrategy(id, strategy)
	}
	return err
}

// sendMFA sets the factors. Only the answer tells what became of them
// (contract 5: there is no GET).
func (c *Client) sendMFA(ctx context.Context, id string, mfa tree) error {
	body := tree{"appId": id, "enabledFactors": []any{}, "disabledFactors": []any{}}
	for _, k := range []string{"enabledFactors", "disabledFactors"} {
		if list, ok := mfa[k].([]any); ok {
			body[k] = list
		}
	}
	made, err := c.api.write(ctx, setMFA, body)
	if isDoubtful(err) {
		return changed(err, func(e *Error) {
			e.short(verdict{differ: []string{partMFA}})
			e.Message += "; it did not keep " + partMFA
		})
	}
	if err != nil {
		return err
	}
	kept, shown := made["enabledFactors"].([]any)
	for _, f := range body["enabledFactors"].([]any) {
		if shown && !slices.ContainsFunc(kept, func(k any) bool { return same(f, k) }) {
			e := &Error{Message: "the server took the factors; it did not keep mfa.enabledFactors", lacks: []string{"mfa.enabledFactors"}}
			e.stored() // it said yes: not kept is the whole truth
			return e
		}
	}
	return nil
}

func (c *Client) applicationGone(id string) func(context.Context) (bool, error) {
	return func(ctx context.Context) (bool, error) {
		_, err := c.api.application(ctx, id)
		return absence(err)
	}
}
