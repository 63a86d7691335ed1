package remote

import (
	"context"
	"encoding/json"
	"time"

	"github.com/idpsync/idpsync/internal/model"
)

// invalid is an address that leads nowhere on purpose (RFC 2606).
const invalid = "https://idpsync-probe.invalid/"

// makeApplication makes the scratch application and waits until it is seen,
// which tells how far reads lag behind writes.
func (p *probe) makeApplication(ctx context.Context) error {
	name, start := p.name("app"), time.Now()
	made, err := p.make(ctx, model.Application, "create-application", "appId", tree{
		"appName": name, "appIdentifier": name, "appDescription": p.mark(), "initLoginUri": invalid + "login",
		"redirectUris": []any{invalid + "a", invalid + "b"},
		"oidcConfig":   tree{"access_token_expire": json.Number("7201"), "refresh_token_expire": json.Number("7202")},
	})
	if err != nil {
		return p.giveUp(err, "making a scratch application",
			"stale-reads", "defaults", "config-update", "app-update", "update-app", "new-conn", "enabled-list", "delete-conn")
	}
	p.app = text(made["appId"])
	app, err := p.seeApplication(ctx, func(tree) bool { return true })
	if app == nil {
		return p.giveUp(err, "a new application", "stale-reads", "defaults")
	}
	p.learnLag(start)
	p.judgeArrays([]tree{app}, ByProbe)
	oidc, _ := objectOf(app["oidcConfig"])
	p.learn("defaults", either(oidc["id_token_expire"] != nil || oidc["grant_types"] != nil, "inject", "bare"), ByProbe)
	return nil
}

// learnLag notes how long the application took to be seen. Seen at the first
// look counts as no lag at all.
func (p *probe) learnLag(start time.Time) {
	if p.looks > 1 {
		p.lag = time.Since(start)
		p.learn("stale-reads", p.lag.Round(10*time.Millisecond).String(), ByProbe)
		return
	}
	p.learn("stale-reads", "0ms", ByProbe)
}

// seeApplication reads the scratch application until it is as wanted; nil when
// that never came.
func (p *probe) seeApplication(ctx context.Context, wanted func(tree) bool) (app tree, err error) {
	return p.seeApplicationFor(ctx, probePatience, wanted)
}

func (p *probe) seeApplicationFor(ctx context.Context, patience time.Duration, wanted func(tree) bool) (app tree, err error) {
	p.looks = 0
	ok, err := p.until(ctx, patience, func(ctx context.Context) (bool, error) {
		p.looks++
		data, err := p.get(ctx, "get-application", "appId", p.app)
		if isAbsent(err) {
			return false, nil
		}
		app, _ = data.(tree)
		return app != nil && wanted(app), err
	})
	if !ok {
		return nil, err
	}
	return app, nil
}

// described tells that an application shows the update with this mark.
func described(mark string) func(tree) bool {
	return func(t tree) bool { return text(t["appDescription"]) == mark }
}

// changeApplication changes a name, a description and one of two keys of a
// protocol object, and leaves out the rest.
func (p *probe) changeApplication(ctx context.Context) error {
	names := []string{"config-update", "app-update", "update-app"}
	if p.app == "" {
		return nil
	}
	mark, name := p.mark(), p.name("app2")
	_, err := p.post(ctx, "update-application", tree{
		"appId": p.app, "appName": name, "appDescription": mark,
		"oidcConfig": tree{"access_token_expire": json.Number("7301")},
	})
	if err != nil && !isDoubtful(err) {
		return p.giveUp(err, "changing an application", names...)
	}
	app, err := p.seeApplication(ctx, described(mark))
	if app == nil {
		return p.giveUp(err, "a change of an application", names...)
	}
	oidc, _ := objectOf(app["oidcConfig"])
	uris, _ := listOf(app["redirectUris"])
	p.learn("update-app", either(text(app["appName"]) == name, "ok", "keep-name"), ByProbe)
	p.learn("app-update", either(len(uris) == 2, "partial", "full"), ByProbe)
	switch {
	case text(oidc["refresh_token_expire"]) == "7202":
		p.learn("config-update", "merge", ByProbe)
	case len(uris) == 2:
		p.learn("config-update", "replace", ByProbe)
	default:
		p.puzzled("config-update", "an update replaces the whole application, which hides it")
	}
	return nil
}

func either(first bool, a, b string) string {
	if first {
		return a
	}
	return b
}

// unsetSetting sends null for a field of the application, where a connection has
// not told yet what null does. An update that replaces all would hide it.
func (p *probe) unsetSetting(ctx context.Context) error {
	if p.app == "" || !p.unknown("null-unsets") {
		return nil
	}
	if p.found.Traits["app-update"].Value != "partial" {
		p.puzzled("null-unsets", "an update replaces everything, which hides it")
		return nil
	}
	mark := p.mark()
	_, err := p.post(ctx, "update-application", tree{"appId": p.app, "appDescription": mark, "initLoginUri": nil})
	if err != nil && !isDoubtful(err) {
		return p.giveUp(err, "sending null for a field of an application", "null-unsets")
	}
	app, err := p.seeApplication(ctx, described(mark))
	if app == nil {
		return p.giveUp(err, "a change of an application", "null-unsets")
	}
	p.learn("null-unsets", either(empty(app["initLoginUri"]), "on", "off"), ByProbe)
	return nil
}

// makeIntegrated makes an application of a template that does not exist, first
// with its data as text, then as an object. A server that knows its templates
// refuses both, which leaves the question open. The template's name begins like
// the others, so that the application can be found by it even if the server
// keeps nothing else (contract 5.1).
func (p *probe) makeIntegrated(ctx context.Context) error {
	name := p.name("int")
	body := tree{"appName": name, "appIdentifier": name, "template": p.name("tpl"), "templateData": `{"probe":"1"}`}
	by := "string"
	made, err := p.make(ctx, model.Application, "create-application", "appId", body)
	if refused(err) {
		body["templateData"], by = tree{"probe": "1"}, "object"
		made, err = p.make(ctx, model.Application, "create-application", "appId", body)
	}
	if err != nil {
		return p.giveUp(err, "making an integrated application of a template nobody has", "template-data", "integrated-id", "app-list")
	}
	p.learn("template-data", by, ByProbe)
	if id := text(made["appIdentifier"]); id != "" {
		p.learn("integrated-id", either(id == name, "kept", "ignored"), ByProbe)
	}
	if err := p.compareLists(ctx); err != nil {
		return err
	}
	_, err = p.post(ctx, "delete-application", tree{"appId": text(made["appId"])})
	return err
}

// compareLists looks which lists show the integrated application.
func (p *probe) compareLists(ctx context.Context) error {
	if !p.unknown("app-list") {
		return nil
	}
	if err := sleep(ctx, p.lag); err != nil {
		return err
	}
	data, err := p.page(ctx, 1)
	if err != nil {
		return p.giveUp(err, "listing the applications", "app-list")
	}
	apps, all := listed(data)
	p.compareAppList(ctx, apps, all, ByProbe)
	return nil
}
