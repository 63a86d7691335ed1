package remote

import (
	"context"
	"slices"
	"time"

	"github.com/idpsync/idpsync/internal/model"
)

// scratchType is the type of the scratch provider and connection: a provider of
// it was made and removed on the real service (contract 8 Q3).
const scratchType = "oidc"

// makeProvider makes the scratch provider and waits until it is seen.
func (p *probe) makeProvider(ctx context.Context) error {
	made, err := p.make(ctx, model.IdentityProvider, "create-ext-idp", "id", tree{"name": p.name("idp"), "type": scratchType})
	if err != nil {
		return p.giveUp(err, "making a scratch provider", aboutConnections...)
	}
	p.provider = text(made["id"])
	ok, err := p.until(ctx, probePatience, func(ctx context.Context) (bool, error) {
		_, err := p.get(ctx, "get-ext-idp", "id", p.provider)
		if isAbsent(err) {
			return false, nil
		}
		return err == nil, err
	})
	if !ok {
		return p.giveUp(err, "a new provider", aboutConnections...)
	}
	return nil
}

// aboutConnections are the switches that a scratch connection settles.
var aboutConnections = []string{
	"connections", "conn-list", "conn-fields", "secrets", "enabled-list",
	"fields-update", "null-unsets", "new-conn", "delete-conn", "delete-idp",
}

// makeConnection makes the scratch connection, sees at once whether it came
// switched on, and looks at how it is shown.
func (p *probe) makeConnection(ctx context.Context) error {
	if p.provider == "" {
		return nil
	}
	if err := p.connect(ctx, "c1"); err != nil || p.conn == "" {
		return p.giveUp(err, "making a scratch connection", aboutConnections...)
	}
	if err := p.judgeNew(ctx); err != nil {
		return err
	}
	inList, err := p.list(ctx, p.provider)
	if err != nil {
		return err
	}
	inDetail := p.detail(ctx, p.provider, ByProbe)
	p.judgeFields(inList, inDetail, ByProbe)
	p.judgeSecret(slices.Concat(inList, inDetail))
	return nil
}

// connect creates a connection in the scratch provider and waits until it is
// seen; conn stays "" if it never is.
func (p *probe) connect(ctx context.Context, suffix string) error {
	made, err := p.make(ctx, model.Connection, "create-ext-idp-conn", "id", tree{
		"extIdpId": p.provider, "type": scratchType, "identifier": p.name(suffix), "displayName": p.mark(),
		"fields": tree{"issuerUrl": invalid + "1", "clientID": p.head, "scopes": "openid", "clientSecret": p.secret},
	})
	if err != nil {
		return err
	}
	id := text(made["id"])
	t, err := p.seeConnection(ctx, id, probePatience, func(t tree) bool { return t != nil })
	if t != nil {
		p.conn = id
	}
	return err
}

// seeConnection reads a connection until it is as wanted; nil stands for one
// that is not listed. It returns nil when that never came.
func (p *probe) seeConnection(ctx context.Context, id string, patience time.Duration, wanted func(tree) bool) (t tree, err error) {
	_, err = p.until(ctx, patience, func(ctx context.Context) (bool, error) {
		conns, err := p.connectionsOf(ctx, p.provider)
		if err != nil && !isAbsent(err) {
			return false, err
		}
		t = nil
		for _, c := range conns {
			if text(c["id"]) == id {
				t = c
			}
		}
		if wanted(t) {
			return true, nil
		}
		t = nil
		return false, nil
	})
	return t, err
}

// displayed tells that a connection shows the update with this mark.
func displayed(mark string) func(tree) bool {
	return func(t tree) bool { return text(t["displayName"]) == mark }
}

// judgeNew looks whether the connection came switched on in the scratch
// application, and so in every other (contract 10.10). Then it is switched off
// everywhere at once.
func (p *probe) judgeNew(ctx context.Context) error {
	if p.app == "" {
		return p.judgeNewByOthers(ctx)
	}
	app, err := p.get(ctx, "get-application", "appId", p.app)
	if err != nil {
		return p.giveUp(err, "reading the application", "new-conn", "enabled-list")
	}
	t, _ := app.(tree)
	is, on := button(t, p.conn)
	p.learn("new-conn", either(on, "enabled", "disabled"), ByProbe)
	if on {
		p.exposed = true
		p.tell("the server switches new connections on by itself: switching the scratch connection off everywhere")
		if err := p.switchOff(ctx, p.conn); err != nil {
			return err
		}
		if app, err = p.get(ctx, "get-application", "appId", p.app); err != nil {
			return p.giveUp(err, "reading the application", "enabled-list")
		}
		t, _ = app.(tree)
		is, _ = button(t, p.conn)
	}
	p.learn("enabled-list", either(is, "flagged", "only"), ByProbe)
	return nil
}

// judgeNewByOthers is for a key that may make connections and no applications:
// the pool's own applications tell.
func (p *probe) judgeNewByOthers(ctx context.Context) error {
	shown, err := p.showing(ctx, p.conn)
	if err != nil || len(shown) == 0 {
		return err
	}
	p.exposed = true
	p.learn("new-conn", "enabled", ByProbe)
	return p.switchOff(ctx, p.conn)
}

// judgeSecret compares what is shown of a secret with what was sent.
func (p *probe) judgeSecret(conns []tree) {
	value := ""
	shown := false
	for _, t := range conns {
		if text(t["id"]) != p.conn {
			continue
		}
		if fields, ok := objectOf(t["fields"]); ok && len(fields) > 0 {
			shown = true
			if v := text(fields["clientSecret"]); v != "" {
				value = v
			}
		}
	}
	switch {
	case !shown:
		p.puzzled("secrets", "no read shows the fields of a connection")
	case value == "":
		p.learn("secrets", "absent", ByProbe)
	default:
		p.learn("secrets", either(value == p.secret.Reveal(), "clear", "masked"), ByProbe)
	}
}

// updated sends an update of the connection with these fields and returns how
// its fields look then; nil when no read shows them.
func (p *probe) updated(ctx context.Context, fields tree, names ...string) (tree, error) {
	mark := p.mark()
	_, err := p.post(ctx, "update-ext-idp-conn", tree{"id": p.conn, "displayName": mark, "fields": fields})
	if err != nil && !isDoubtful(err) {
		return nil, p.giveUp(err, "changing a connection", names...)
	}
	t, err := p.seeConnection(ctx, p.conn, probePatience, displayed(mark))
	if t == nil {
		return nil, p.giveUp(err, "a change of a connection", names...)
	}
	if shown, ok := objectOf(t["fields"]); ok && len(shown) > 0 {
		return shown, nil
	}
	shown, err := p.fieldsInDetail(ctx)
	if shown == nil {
		for _, name := range names {
			p.puzzled(name, "no read shows the fields of a connection")
		}
	}
	return shown, err
}

// fieldsInDetail looks for the fields where the list does not show them.
func (p *probe) fieldsInDetail(ctx context.Context) (tree, error) {
	if p.found.Traits["conn-fields"].Value != "on" {
		return nil, nil
	}
	data, err := p.get(ctx, "get-ext-idp", "id", p.provider)
	t, _ := data.(tree)
	conns, _ := objectsOf(t["connections"])
	for _, c := range conns {
		if text(c["id"]) == p.conn {
			f, _ := objectOf(c["fields"])
			return f, err
		}
	}
	return nil, err
}

// changeConnection changes one key of fields and leaves out the others: the
// documents say that they stay (contract 4.1).
func (p *probe) changeConnection(ctx context.Context) error {
	if p.conn == "" {
		return nil
	}
	fields, err := p.updated(ctx, tree{"issuerUrl": invalid + "2"}, "fields-update")
	if fields != nil {
		p.learn("fields-update", either(text(fields["clientID"]) == p.head, "merge", "replace"), ByProbe)
	}
	return err
}

// unsetField sends null for a key. Where an update replaces all, that shows
// nothing, and the application is asked instead.
func (p *probe) unsetField(ctx context.Context) error {
	if p.conn == "" || p.found.Traits["fields-update"].Value != "merge" {
		return nil
	}
	fields, err := p.updated(ctx, tree{"issuerUrl": invalid + "3", "scopes": nil})
	if fields != nil {
		p.learn("null-unsets", either(empty(fields["scopes"]), "on", "off"), ByProbe)
	}
	return err
}

// deleteUsedConnection switches the connection on in the scratch application and
// tries to delete it.
func (p *probe) deleteUsedConnection(ctx context.Context) error {
	if p.conn == "" || p.app == "" {
		return nil
	}
	if err := p.use(ctx, true); err != nil {
		return p.giveUp(err, "switching a connection on", "delete-conn")
	}
	_, err := p.post(ctx, "delete-ext-idp-conn", tree{"id": p.conn})
	switch {
	case refused(err):
		p.learn("delete-conn", "refuse", ByProbe)
		return p.use(ctx, false)
	case err != nil:
		return p.giveUp(err, "deleting a connection", "delete-conn")
	}
	gone := p.conn
	p.conn = ""
	if _, err := p.seeConnection(ctx, gone, probePatience, func(t tree) bool { return t == nil }); err != nil {
		return p.giveUp(err, "reading the connections", "delete-conn")
	}
	app, err := p.seeApplicationFor(ctx, p.brief(), func(t tree) bool { _, on := button(t, gone); return !on })
	if err != nil {
		return p.giveUp(err, "reading the application", "delete-conn")
	}
	p.learn("delete-conn", either(app != nil, "cascade", "dangling"), ByProbe)
	return nil
}

// use switches the connection on or off in the scratch application and waits
// until that is seen.
func (p *probe) use(ctx context.Context, enabled bool) error {
	_, err := p.post(ctx, "change-ext-idp-conn-state", tree{"id": p.conn, "appId": p.app, "enabled": enabled})
	if err != nil {
		return err
	}
	_, err = p.seeApplication(ctx, func(t tree) bool { _, on := button(t, p.conn); return on == enabled })
	return err
}
