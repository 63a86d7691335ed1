package remote

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/idpsync/idpsync/internal/model"
)

// leftover is a scratch object that is in the pool.
type leftover struct {
	kind model.Kind
	id   string
}

// scratchName is what only a probe names an object. A person who chose it meant
// to be mistaken for one.
var scratchName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^` + scratchHead + `[a-z0-9]{8}-[a-z0-9]{1,4}$`) })

func isScratchApplication(t tree) bool {
	return scratchName().MatchString(text(t["appIdentifier"])) || scratchName().MatchString(text(t["appName"])) ||
		scratchName().MatchString(text(t["template"]))
}

// lookForApplications finds scratch applications: in the page that was read, or
// by their name where the pool has more.
func (d *Doctor) lookForApplications(ctx context.Context) {
	pages := [][]tree{d.sight.apps}
	if d.sight.appTotal > len(d.sight.apps) {
		if data, err := d.get(ctx, "list-applications", "page", "1", "limit", itoa(pageSize), "all", "true", "keywords", scratchHead); err == nil {
			found, _ := listed(data)
			pages = append(pages, found)
		}
	}
	for _, t := range slices.Concat(pages...) {
		if isScratchApplication(t) {
			d.leave(leftover{kind: model.Application, id: text(t["appId"])})
		}
	}
}

// lookForProviders finds scratch providers in the list that was read.
func (d *Doctor) lookForProviders() {
	for _, t := range d.sight.providers {
		if scratchName().MatchString(text(t["name"])) {
			d.leave(leftover{kind: model.IdentityProvider, id: text(t["id"])})
		}
	}
}

func (d *Doctor) leave(l leftover) {
	if l.id != "" && !slices.ContainsFunc(d.sight.left, func(o leftover) bool { return o.kind == l.kind && o.id == l.id }) {
		d.sight.left = append(d.sight.left, l)
		d.found.Leftovers++
	}
}

// Clean removes the scratch objects that Examine found, which an earlier probe
// was killed before it could. It tells how many are gone.
func (d *Doctor) Clean(ctx context.Context) (removed int, err error) {
	removed, err = d.remove(ctx, d.sight.left)
	if err == nil {
		d.sight.left = nil
		d.forgetScratch()
	}
	return removed, err
}

// forgetScratch takes what was removed out of sight.
func (d *Doctor) forgetScratch() {
	d.sight.apps = slices.DeleteFunc(d.sight.apps, isScratchApplication)
	d.sight.providers = slices.DeleteFunc(d.sight.providers, func(t tree) bool { return scratchName().MatchString(text(t["name"])) })
}

// tidyUp removes what this probe made, and whatever else of it the lists show:
// a create whose answer was lost left an object that nobody noted.
func (p *probe) tidyUp(ctx context.Context) error {
	p.tell("removing the scratch objects")
	_, err := p.remove(ctx, p.created)
	if err != nil {
		return err
	}
	p.sight.left = nil
	if err := sleep(ctx, p.lag); err != nil {
		return err
	}
	if err := p.lookAgain(ctx); err != nil {
		return fmt.Errorf("whether scratch objects are left is not known: %w", err)
	}
	_, err = p.remove(ctx, p.sight.left)
	return err
}

// lookAgain fills sight with the scratch objects that the lists show now.
func (d *Doctor) lookAgain(ctx context.Context) error {
	before := d.found.Leftovers
	defer func() { d.found.Leftovers = before }()
	data, err := d.page(ctx, 1)
	if err != nil {
		return err
	}
	d.sight.apps, d.sight.appTotal = listed(data)
	d.lookForApplications(ctx)
	if data, err = d.get(ctx, "list-ext-idp"); err != nil {
		return err
	}
	d.sight.providers, _ = listed(data)
	d.lookForProviders()
	return nil
}

// remove takes scratch objects away: applications first, so that no connection
// is in use there; then the connections of each provider, switched off wherever
// the server switched them on by itself; then the providers.
func (d *Doctor) remove(ctx context.Context, left []leftover) (removed int, err error) {
	var errs []error
	take := func(kind model.Kind, gone func(leftover) error) {
		for _, l := range left {
			if l.kind != kind {
				continue
			}
			if err := gone(l); err != nil && !isAbsent(err) {
				errs = append(errs, fmt.Errorf("a scratch %s is left, id %s: %w", kind, l.id, err))
				continue
			}
			removed++
		}
	}
	take(model.Application, func(l leftover) error {
		_, err := d.post(ctx, "delete-application", tree{"appId": l.id})
		return err
	})
	take(model.Connection, func(l leftover) error { return d.removeConnection(ctx, l.id) })
	take(model.IdentityProvider, func(l leftover) error { return d.removeProvider(ctx, l.id) })
	return removed, errors.Join(errs...)
}

// removeProvider deletes a scratch provider with its connections. One that holds
// a connection of somebody else stays.
func (d *Doctor) removeProvider(ctx context.Context, id string) error {
	conns, err := d.connectionsOf(ctx, id)
	if err != nil {
		return err
	}
	for _, t := range conns {
		if !scratchName().MatchString(text(t["identifier"])) {
			return errors.New("somebody else's connection is in it")
		}
	}
	for _, t := range conns {
		if err := d.removeConnection(ctx, text(t["id"])); err != nil && !isAbsent(err) {
			return err
		}
	}
	_, err = d.post(ctx, "delete-ext-idp", tree{"id": id})
	return err
}

// removeConnection switches a connection off everywhere before it goes, unless
// it is known to come switched off: where the server leaves dead buttons behind,
// nobody could take them away later.
func (d *Doctor) removeConnection(ctx context.Context, id string) error {
	if d.found.Traits["new-conn"].Value != "disabled" {
		if err := d.switchOff(ctx, id); err != nil {
			return err
		}
	}
	_, err := d.post(ctx, "delete-ext-idp-conn", tree{"id": id})
	return err
}

// connectionsOf reads the connections of a provider, from where this server
// shows them; those of a provider that is gone are none.
func (d *Doctor) connectionsOf(ctx context.Context, provider string) ([]tree, error) {
	if d.found.Traits["conn-list"].Value != "off" {
		data, err := d.get(ctx, "list-ext-idp-conns", "id", provider)
		if err == nil {
			items, _ := objectsOf(data)
			return items, nil
		}
		if !isNoRoute(err) {
			return nil, err
		}
	}
	data, err := d.get(ctx, "get-ext-idp", "id", provider)
	if err != nil {
		return nil, err
	}
	t, _ := data.(tree)
	items, _ := objectsOf(t["connections"])
	return items, nil
}

// switchOff switches a scratch connection off in every application that shows
// it, and looks again until none does. The first time it asks for a whole page at
// once, since real login pages show the button; whether appIds is obeyed is not
// documented (contract 4), so what is left is asked for one by one.
func (d *Doctor) switchOff(ctx context.Context, conn string) error {
	deadline := time.Now().Add(probePatience)
	for pause, size := time.Duration(0), pageSize; ; pause, size = min(2*pause+20*time.Millisecond, time.Second), 1 {
		shown, err := d.showing(ctx, conn)
		switch {
		case err != nil || len(shown) == 0:
			return err
		case time.Now().After(deadline):
			return fmt.Errorf("%d applications still show the scratch connection %s", len(shown), conn)
		}
		apps := slices.Collect(slices.Chunk(shown, size))
		err = each(ctx, defaultParallelism, len(apps), func(ctx context.Context, i int) error {
			body := tree{"id": conn, "enabled": false, "appId": apps[i][0]}
			if len(apps[i]) > 1 {
				body["appIds"] = apps[i]
			}
			_, err := d.post(ctx, "change-ext-idp-conn-state", body)
			return err
		})
		if err != nil && !isAbsent(err) {
			return err
		}
		if err := sleep(ctx, pause); err != nil {
			return err
		}
	}
}

// showing lists the applications that show a connection as switched on.
func (d *Doctor) showing(ctx context.Context, conn string) ([]string, error) {
	data, err := d.page(ctx, 1)
	if err != nil {
		return nil, err
	}
	first, total := listed(data)
	pages := make([][]tree, 1, 8)
	pages[0] = first
	if n := len(first); n > 0 && n < total {
		pages = append(pages, make([][]tree, (total+n-1)/n-1)...)
	}
	if len(pages) > 1 {
		err = each(ctx, defaultParallelism, len(pages)-1, func(ctx context.Context, i int) error {
			data, err := d.page(ctx, i+2)
			pages[i+1], _ = listed(data)
			return err
		})
	}
	var ids []string
	for _, t := range slices.Concat(pages...) {
		if _, on := button(t, conn); on {
			ids = append(ids, text(t["appId"]))
		}
	}
	return ids, err
}

func (d *Doctor) page(ctx context.Context, n int) (any, error) {
	return d.get(ctx, "list-applications", "page", itoa(n), "limit", itoa(pageSize), "all", "true")
}
