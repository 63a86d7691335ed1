package remote_test

import (
	"slices"

	"github.com/idpsync/idpsync/internal/model"
)

func createTellsTheID(c *contract) {
	p, a := c.provider(), c.application()
	conn := c.connection(p)
	r := c.reader()
	made := c.made(r, p, conn, a)
	s := c.agrees(r, p, conn, a)
	for i, want := range []*model.Resource{p, conn, a} {
		if got := s.Get(want.Key); got == nil || got.ID != made[i] || got.ID == "" {
			c.Errorf("%s was made as %q and reads as %+v", want.Key, made[i], got)
		}
	}
}

func takenIdentifiers(c *contract) {
	p, a := c.provider(), c.application()
	conn := c.connection(p)
	r := c.reader()
	made := c.made(r, p, conn, a)
	for _, again := range []*model.Resource{conn, a} {
		twin := *again
		twin.Key.Name += "x"
		_, err := r.Create(c.Context(), &twin)
		if e := c.problem(err); e.Unknown() || e.Unavailable() || e.Absent() {
			c.Errorf("%s: %v", again.Key, e)
		}
	}
	fresh := c.reader()
	conns, err := fresh.Connections(c.Context(), made[:1])
	c.ok(err)
	apps, err := fresh.Applications(c.Context(), true)
	c.ok(err)
	n := count(slices.Concat(conns, apps), func(o model.Observed) bool {
		return o.Identifier == conn.Text("identifier") || o.Identifier == a.Text("appIdentifier")
	})
	if n != 2 {
		c.Errorf("%d objects bear the two identifiers", n)
	}
}

// changed is a resource with some attributes on top.
func changed(r *model.Resource, attributes tree) *model.Resource {
	out := *r
	out.Attributes = tree{}
	for _, m := range []tree{r.Attributes, attributes} {
		for k, v := range m {
			out.Attributes[k] = v
		}
	}
	return &out
}

func updateLeavesTheRest(c *contract) {
	p, a := c.provider(), c.application()
	conn := c.connection(p)
	r := c.reader()
	c.made(r, p, conn, a)
	s := c.agrees(r, p, conn, a)
	want := []*model.Resource{
		changed(p, tree{"name": p.Text("name") + "b"}),
		{Key: conn.Key, Attributes: tree{"provider": p.Key.Name, "displayName": "Other", "fields": tree{
			"issuerUrl": "https://idp.invalid/2", "clientSecret": conn.Attributes["fields"].(tree)["clientSecret"],
		}}},
		{Key: a.Key, Attributes: tree{"appDescription": "changed", "redirectUris": []any{"https://c.invalid/cb"}}},
	}
	for _, w := range want {
		if err := r.Update(c.Context(), s.Get(w.Key), w); err != nil {
			c.Errorf("update %s: %v", w.Key, err)
		}
	}
	s = c.agrees(r, want...)
	rest := []*model.Resource{
		{Key: conn.Key, Attributes: tree{"identifier": conn.Text("identifier"), "type": "oidc", "fields": tree{"clientID": "portal", "scopes": "openid"}}},
		{Key: a.Key, Attributes: tree{"appName": a.Text("appName"), "appIdentifier": a.Text("appIdentifier")}},
	}
	if m := missing(rest, s); len(m) > 0 {
		c.Errorf("changed beside it: %v", m)
	}
}

func updateTwice(c *contract) {
	p, a := c.provider(), c.application()
	conn := c.connection(p)
	r := c.reader()
	c.made(r, p, conn, a)
	s := c.agrees(r, p, conn, a)
	want := []*model.Resource{
		changed(p, tree{"name": p.Text("name") + "b"}),
		changed(conn, tree{"displayName": "Other"}), changed(a, tree{"appDescription": "changed"}),
	}
	for range 2 {
		for _, w := range want {
			if err := r.Update(c.Context(), s.Get(w.Key), w); err != nil {
				c.Errorf("update %s: %v", w.Key, err)
			}
		}
	}
	c.agrees(r, want...)
}

func updateOfAbsent(c *contract) {
	p, a := c.provider(), c.application()
	conn := c.connection(p)
	r := c.reader()
	c.made(r, p, conn, a)
	s := c.agrees(r, p, conn, a)
	other := c.reader()
	for _, gone := range []*model.Resource{conn, a, p} {
		c.ok(other.Delete(c.Context(), s.Get(gone.Key)))
	}
	for _, w := range []*model.Resource{
		changed(p, tree{"name": p.Text("name") + "b"}),
		changed(conn, tree{"displayName": "Other"}), changed(a, tree{"appDescription": "changed"}),
	} {
		if e := c.problem(r.Update(c.Context(), s.Get(w.Key), w)); !e.Absent() || e.Unavailable() || e.Unknown() {
			c.Errorf("update %s: %v", w.Key, e)
		}
	}
}

func deleteTwice(c *contract) {
	p, a := c.provider(), c.application()
	conn := c.connection(p)
	r := c.reader()
	c.made(r, p, conn, a)
	s := c.agrees(r, p, conn, a)
	for _, gone := range []*model.Resource{a, conn, p} {
		for range 2 {
			if err := r.Delete(c.Context(), s.Get(gone.Key)); err != nil {
				c.Errorf("delete %s: %v", gone.Key, err)
			}
		}
	}
	c.gone(r, p, conn, a)
}

func buttonsAreSwitched(c *contract) {
	p, a := c.provider(), c.application()
	conn := c.connection(p)
	r := c.reader()
	c.made(r, p, conn, a)
	button := &model.Resource{Key: model.EnablementKey(a.Key.Name, conn.Key.Name), Attributes: tree{}}
	for range 2 {
		c.made(r, button)
		s := c.agrees(r, button)
		for range 2 {
			c.ok(r.Delete(c.Context(), s.Get(button.Key)))
		}
		c.gone(r, button)
	}
}
