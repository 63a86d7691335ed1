package remote

import (
	"context"
	"slices"
	"strings"

	"github.com/idpsync/idpsync/internal/model"
)

// fewProviders is how many providers are asked for their connections.
const fewProviders = 3

// lookAtApplications reads one page, and the first of it by itself.
func (d *Doctor) lookAtApplications(ctx context.Context) {
	data, ok := d.read(ctx, "list-applications", "page", "1", "limit", itoa(pageSize), "all", "true")
	if !ok {
		return
	}
	d.sight.apps, d.sight.appTotal = listed(data)
	if d.sight.appTotal > 0 {
		d.compareAppList(ctx, d.sight.apps, d.sight.appTotal, ByRead)
	}
	d.judgeArrays(d.sight.apps, ByRead)
	d.judgeFlags(d.sight.apps, ByRead)
	d.lookForApplications(ctx)
	if len(d.sight.apps) == 0 {
		d.untried("the pool has no application", "get-application", "get-application-permission-strategy")
		return
	}
	id := text(d.sight.apps[0]["appId"])
	d.read(ctx, "get-application", "appId", id)
	d.read(ctx, "get-application-permission-strategy", "appId", id)
}

// compareAppList asks for the list without all=true too: where that hides some
// of all the applications, the parameter is needed. The filters are false unless
// given (contract 5, 8 Q15), so that nothing is hidden proves something only where
// there is an integrated application to hide.
func (d *Doctor) compareAppList(ctx context.Context, some []tree, all int, by Evidence) {
	data, err := d.get(ctx, "list-applications", "page", "1", "limit", "1")
	if err != nil {
		d.puzzled("app-list", "the list without all=true failed: "+outcome(err))
		return
	}
	integrated := func(t tree) bool { is, _ := t["isIntegrateApp"].(bool); return is }
	switch _, total := listed(data); {
	case total < all:
		d.learn("app-list", "needs-all", by)
	case slices.ContainsFunc(some, integrated):
		d.learn("app-list", "any", by)
	default:
		d.puzzled("app-list", "there is no integrated application that a list could hide; --probe makes one")
	}
}

// listed reads a list with its total; the total of one that names none is what
// it holds.
func listed(data any) ([]tree, int) {
	total := -1
	if t, ok := data.(tree); ok {
		if n, ok := number(t["totalCount"]); ok {
			total = n
		}
		data = t["list"]
	}
	items, _ := objectsOf(data)
	if total < 0 {
		total = len(items)
	}
	return items, total
}

// judgeArrays tells whether what the contract calls arrays are arrays
// (contract 3.7).
func (d *Doctor) judgeArrays(apps []tree, by Evidence) {
	w := wordingUnknown
	for _, t := range apps {
		login, _ := objectOf(t["loginConfig"])
		w = max(w, wordingOf(t["redirectUris"], t["logoutRedirectUris"], login["enabledBasicLoginMethods"]))
	}
	switch w {
	case asArrays:
		d.learn("arrays", "array", by)
	case asText:
		d.learn("arrays", "string", by)
	}
}

// judgeFlags tells whether applications list the connections that are off, too
// (contract 5.3, enabled).
func (d *Doctor) judgeFlags(apps []tree, by Evidence) {
	for _, t := range apps {
		for _, b := range buttons(t) {
			if on, said := b["enabled"].(bool); said && !on {
				d.learn("enabled-list", "flagged", by)
				return
			}
		}
	}
}

// buttons are the connections that an application lists.
func buttons(app tree) []tree {
	login, _ := objectOf(app["loginConfig"])
	list, _ := objectsOf(login["enabledExtIdpConns"])
	return list
}

// button tells whether an application lists a connection, and as switched on.
func button(app tree, conn string) (is, on bool) {
	for _, b := range buttons(app) {
		if text(b["extIdpConnId"]) == conn {
			flag, said := b["enabled"].(bool)
			return true, !said || flag
		}
	}
	return false, false
}

// lookAtProviders reads the list, and a few providers with their connections.
func (d *Doctor) lookAtProviders(ctx context.Context) {
	data, ok := d.read(ctx, "list-ext-idp")
	if !ok {
		return
	}
	var total int
	d.sight.providers, total = listed(data)
	n := len(d.sight.providers)
	switch {
	case n < total:
		d.learn("idp-list", "first10", ByRead)
	case n > shortList:
		d.learn("idp-list", "full", ByRead)
	}
	d.lookForProviders()
	if n == 0 {
		d.untried("the pool has no provider", "get-ext-idp", "list-ext-idp-conns")
		return
	}
	d.lookAtConnections(ctx)
}

// shortList is how many providers a list of that kind shows (spec 8, idp-list).
const shortList = 10

// lookAtConnections reads a few providers, those first that applications show a
// button of, until one has connections.
func (d *Doctor) lookAtConnections(ctx context.Context) {
	var inList, inDetail []tree
	for _, id := range d.promising() {
		var err error
		if inList, err = d.list(ctx, id); err != nil {
			break
		}
		if len(inList) == 0 && d.found.Traits["conn-list"].Value == "on" {
			continue
		}
		if inDetail = d.detail(ctx, id, ByRead); len(inDetail)+len(inList) > 0 {
			break
		}
	}
	if !d.tried("get-ext-idp") {
		d.detail(ctx, text(d.sight.providers[0]["id"]), ByRead)
	}
	d.sight.connections = slices.Concat(inList, inDetail)
	d.judgeFields(inList, inDetail, ByRead)
	d.judgeMask(d.sight.connections)
	d.judgeOnly()
}

// promising are the ids of a few providers, those first whose connections an
// application shows.
func (d *Doctor) promising() []string {
	var ids []string
	add := func(id string) {
		if id != "" && len(ids) < fewProviders && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	for _, t := range d.sight.apps {
		for _, b := range buttons(t) {
			add(text(b["extIdpId"]))
		}
	}
	for _, t := range d.sight.providers {
		add(text(t["id"]))
	}
	return ids
}

// list reads list-ext-idp-conns, which some servers do not have (contract 4).
// That is no failed check; any other failure is.
func (d *Doctor) list(ctx context.Context, provider string) ([]tree, error) {
	const path = "list-ext-idp-conns"
	data, err := d.get(ctx, path, "id", provider)
	switch {
	case err == nil:
		d.checked(path, nil)
		d.learn("conn-list", "on", ByRead)
	case isNoRoute(err):
		d.learn("conn-list", "off", ByRead)
		d.untried("this server does not have it; get-ext-idp tells the same", path)
		err = nil
	default:
		d.checked(path, err)
	}
	items, _ := objectsOf(data)
	return items, err
}

// detail reads get-ext-idp and judges the shape of its connections.
func (d *Doctor) detail(ctx context.Context, provider string, by Evidence) []tree {
	data, err := d.get(ctx, "get-ext-idp", "id", provider)
	d.checked("get-ext-idp", err)
	t, _ := data.(tree)
	conns, _ := objectsOf(t["connections"])
	if len(conns) > 0 {
		d.learn("connections", shapeOf(t["connections"]), by)
	}
	return conns
}

// shapeOf names the shape in which a list is written (contract 4.1).
func shapeOf(v any) string {
	switch v.(type) {
	case tree:
		return "object"
	case string:
		return "string"
	}
	return "array"
}

// judgeFields tells whether any read shows what a connection is made of.
func (d *Doctor) judgeFields(inList, inDetail []tree, by Evidence) {
	all := slices.Concat(inList, inDetail)
	if len(all) == 0 {
		return
	}
	shows := func(t tree) bool { f, ok := objectOf(t["fields"]); return ok && len(f) > 0 }
	if slices.ContainsFunc(all, shows) {
		d.learn("conn-fields", "on", by)
	} else if len(inDetail) > 0 {
		d.learn("conn-fields", "off", by)
	}
}

// judgeMask looks for secrets that are plainly a mask. That one is shown in
// clear only a value that is known can prove.
func (d *Doctor) judgeMask(conns []tree) {
	for _, t := range conns {
		typ := text(t["type"])
		fields, _ := objectOf(t["fields"])
		for k, v := range fields {
			if d.client.secret(model.Connection, typ, model.Path{"fields", k}) && masked(text(v)) {
				d.learn("secrets", "masked", ByRead)
				return
			}
		}
	}
}

// masked tells that a text has a run of characters that stand for others.
func masked(s string) bool {
	return strings.Contains(s, "***") || strings.Contains(s, "•••") || strings.Contains(s, "●●●")
}

// judgeOnly: where an application says nothing of a connection that exists, it
// lists those that are on and no others.
func (d *Doctor) judgeOnly() {
	if !d.unknown("enabled-list") || len(d.sight.apps) == 0 {
		return
	}
	for _, t := range d.sight.connections {
		for _, app := range d.sight.apps {
			if is, _ := button(app, text(t["id"])); !is {
				d.learn("enabled-list", "only", ByRead)
				return
			}
		}
	}
}
