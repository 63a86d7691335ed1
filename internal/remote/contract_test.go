package remote_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/remote"
)

// promises is what the methods of a remote.Client promise to whoever calls them,
// whatever server stands behind it.
var promises = []struct {
	says  string
	holds func(c *contract)
}{
	{"Open proves that the credentials are for the pool that was named", openIsForThePool},
	{"what was read is not asked for again", listsAreAskedOnce},
	{"providers of one name are two", namesakesAreTwo},
	{"Create returns the id under which reads show the object", createTellsTheID},
	{"Create makes nothing under an identifier that is taken", takenIdentifiers},
	{"Update changes what differs and leaves the rest alone", updateLeavesTheRest},
	{"Update may be sent again", updateTwice},
	{"Update of what is gone is an error that says so", updateOfAbsent},
	{"Delete of what is gone is a success", deleteTwice},
	{"a button is switched on and off, any number of times", buttonsAreSwitched},
	{"Reread shows what another client wrote", rereadSeesOthers},
	{"permission strategies are read once each, and set", strategies},
	{"ProveConnections finds no gap where there is none", wholeListsAreProven},
	{"State names objects by the handles it is given", stateNames},
	{"no secret is ever shown", secretsStayHidden},
	{"Template gives templates, and says which type it has none of", templates},
}

func openIsForThePool(c *contract) {
	r := c.client()
	if r.UserPoolID() != c.cfg.UserPoolID {
		c.Errorf("the token is for %s", r.UserPoolID())
	}
	cfg := c.cfg
	cfg.UserPoolID = strings.Repeat("0", 24)
	before := c.asked.Load()
	other, err := remote.New(cfg)
	c.ok(err)
	if e := c.problem(other.Open(c.Context())); e.Hint() == "" || e.Unavailable() {
		c.Errorf("another pool: %v, hint %q", e, e.Hint())
	}
	if n := c.asked.Load() - before; n > 2 {
		c.Errorf("%d requests for a pool that is not ours", n)
	}
}

func listsAreAskedOnce(c *contract) {
	p, a := c.provider(), c.application()
	made := c.made(c.client(), p, a)
	r := c.reader()
	c.must(r.Connections(c.Context(), made[:1]))
	before := c.asked.Load()
	providers, err := r.Providers(c.Context())
	c.ok(err)
	if n := c.asked.Load() - before; n > 1 {
		c.Errorf("%d requests for the list of providers", n)
	}
	before = c.asked.Load()
	apps, err := r.Applications(c.Context(), true)
	c.ok(err)
	c.must(r.Connections(c.Context(), made[:1]))
	if n := c.asked.Load() - before; n != 0 {
		c.Errorf("%d requests for what was read", n)
	}
	for _, list := range [][]model.Observed{providers, apps} {
		all := ids(list)
		slices.Sort(all)
		if len(slices.Compact(all)) != len(list) || len(list) == 0 || all[0] == "" {
			c.Errorf("%s: a list of %d has ids that are missing or appear twice", list[0].Kind, len(list))
		}
	}
}

func namesakesAreTwo(c *contract) {
	one, two := c.provider(), c.provider()
	two.Attributes["name"] = one.Attributes["name"]
	r := c.reader()
	made := c.made(r, one, two)
	if made[0] == made[1] {
		c.Fatalf("two providers have the id %s", made[0])
	}
	all, err := c.client().Providers(c.Context())
	c.ok(err)
	if n := count(all, func(o model.Observed) bool { return o.Name == one.Text("name") }); n != 2 {
		c.Errorf("the list shows %d of them", n)
	}
}

func count(all []model.Observed, fits func(model.Observed) bool) (n int) {
	for _, o := range all {
		if fits(o) {
			n++
		}
	}
	return n
}

func rereadSeesOthers(c *contract) {
	p, a := c.provider(), c.application()
	conn := c.connection(p)
	r := c.reader()
	c.made(r, p, conn, a)
	s := c.agrees(r, p, conn, a)
	want := []*model.Resource{
		changed(p, tree{"name": p.Text("name") + "b"}),
		changed(conn, tree{"displayName": "By another"}), changed(a, tree{"appDescription": "by another"}),
	}
	other := c.reader()
	c.must(other.Connections(c.Context(), []string{s.Get(p.Key).ID}))
	h := model.Handles{}
	for _, w := range want {
		h[model.ObjectID{Kind: w.Key.Kind, ID: s.Get(w.Key).ID}] = w.Key
	}
	theirs := other.State(h)
	for _, w := range want {
		c.ok(other.Update(c.Context(), theirs.Get(w.Key), w))
	}
	c.agrees(r, want...)
}

func strategies(c *contract) {
	if c.v2 {
		return // V2 has no endpoint of its own for it
	}
	a := c.application()
	a.Attributes["permissionStrategy"] = "DENY_ALL"
	r := c.reader()
	made := c.made(r, a)
	fresh := c.reader()
	c.ok(fresh.PermissionStrategies(c.Context(), made))
	before := c.asked.Load()
	c.ok(fresh.PermissionStrategies(c.Context(), made))
	if n := c.asked.Load() - before; n != 0 {
		c.Errorf("%d requests for what was read", n)
	}
	h := model.Handles{{Kind: model.Application, ID: made[0]}: a.Key}
	if got := fresh.State(h).Get(a.Key).Text("permissionStrategy"); got != "DENY_ALL" {
		c.Errorf("the strategy reads as %q", got)
	}
}

func wholeListsAreProven(c *contract) {
	p := c.provider()
	r := c.reader()
	made := c.made(r, p, c.connection(p), c.connection(p))
	fresh := c.reader()
	conns, err := fresh.Connections(c.Context(), made[:1])
	c.ok(err)
	if len(conns) != 2 || conns[0].Parent != made[0] {
		c.Errorf("the provider has %+v", conns)
	}
	c.ok(fresh.ProveConnections(c.Context(), made[:1]))
	h := model.Handles{{Kind: model.IdentityProvider, ID: made[0]}: p.Key}
	for _, g := range fresh.State(h).Gaps {
		if g.Kind == model.Connection {
			c.Errorf("gap: %s", g.Reason)
		}
	}
}

func stateNames(c *contract) {
	p, a := c.provider(), c.application()
	conn := c.connection(p)
	made := c.made(c.reader(), p, conn, a)
	fresh := c.reader()
	c.must(fresh.Connections(c.Context(), made[:1]))
	plain := fresh.State(nil)
	for _, k := range []model.Key{
		{Kind: model.IdentityProvider, Name: made[0]},
		{Kind: model.Connection, Name: conn.Text("identifier")},
		{Kind: model.Application, Name: a.Text("appIdentifier")},
	} {
		if plain.Get(k) == nil {
			c.Errorf("nobody is called %s", k)
		}
	}
	h := model.Handles{}
	for i, k := range []model.Kind{model.IdentityProvider, model.Connection, model.Application} {
		h[model.ObjectID{Kind: k, ID: made[i]}] = model.Key{Kind: k, Name: "handle"}
	}
	named := fresh.State(h)
	for i, k := range []model.Kind{model.IdentityProvider, model.Connection, model.Application} {
		if got := named.Get(model.Key{Kind: k, Name: "handle"}); got == nil || got.ID != made[i] {
			c.Errorf("%s: the handle means %+v", k, got)
		}
	}
	if got := named.Get(model.Key{Kind: model.Connection, Name: "handle"}); got != nil && got.Text("provider") != "handle" {
		c.Errorf("the connection's provider is %q", got.Text("provider"))
	}
}

func secretsStayHidden(c *contract) {
	p := c.provider()
	conn := c.connection(p)
	r := c.reader()
	made := c.made(r, p, conn)
	fresh := c.reader()
	c.must(fresh.Connections(c.Context(), made[:1]))
	for _, s := range []*model.State{c.agrees(r, p, conn), fresh.State(nil)} {
		for o := range s.All() {
			if text := fmt.Sprintf("%v %+v %#v", o, *o, o.Attributes); strings.Contains(text, secretCanary) {
				c.Fatalf("%s shows its secret", o.Key)
			}
		}
	}
	_, err := r.Create(c.Context(), conn)
	if text := fmt.Sprintf("%v %+v", err, err); err == nil || strings.Contains(text, secretCanary) {
		c.Error("the error of a create shows the secret, or there was none")
	}
}

func templates(c *contract) {
	r := c.client()
	got, err := r.Template(c.Context(), "github")
	c.ok(err)
	if !strings.Contains(string(got), `"connectionTmpls"`) {
		c.Error("the template has no connectionTmpls")
	}
	_, err = r.Template(c.Context(), "no-such-type")
	if e := c.problem(err); !e.Absent() {
		c.Errorf("a type that is not there: %v", e)
	}
}
