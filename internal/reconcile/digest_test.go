package reconcile

import (
	"testing"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
	"github.com/idpsync/idpsync/internal/secret"
)

// digestPool is a plan that changes connection c, which application a offers,
// in a pool where b is an application that the plan has nothing to do with.
type digestPool struct {
	conn, provider, a, b *model.Resource
	extra                []*model.Resource
	to                   *model.Resource
	gaps                 []model.Gap
	action               plan.Action
}

func newDigestPool() *digestPool {
	attrs := func(kv ...any) map[string]any {
		m := map[string]any{}
		for i := 0; i < len(kv); i += 2 {
			m[kv[i].(string)] = kv[i+1]
		}
		return m
	}
	at := func(kind model.Kind, name string, m map[string]any) *model.Resource {
		return &model.Resource{Key: model.Key{Kind: kind, Name: name}, ID: "id-" + name, Attributes: m}
	}
	return &digestPool{
		provider: at(model.IdentityProvider, "p", attrs("name", "P")),
		conn:     at(model.Connection, "c", attrs("provider", "p", "displayName", "C", "fields", attrs("s", model.SecretValue("", "server's")))),
		a:        at(model.Application, "a", attrs("appName", "A", "appType", "web", "loginConfig", attrs("x", "1"))),
		b:        at(model.Application, "b", attrs("appName", "B", "loginConfig", attrs("x", "1"))),
		to:       at(model.Connection, "c", attrs("displayName", "D", "fields", attrs("s", model.SecretValue("env:S", "declared")))),
		action:   plan.Update,
	}
}

func (d *digestPool) button(app, conn string) {
	d.extra = append(d.extra, &model.Resource{Key: model.EnablementKey(app, conn)})
}

func (d *digestPool) digest(key *secret.Fingerprinter) string {
	actual := model.NewState(append([]*model.Resource{d.provider, d.conn, d.a, d.b}, d.extra...)...)
	actual.Gaps = d.gaps
	c := &plan.Change{Key: d.conn.Key, Action: d.action, From: d.conn, To: d.to, Applications: []string{"a"}}
	if d.action == plan.Delete {
		c.Key, c.From, c.To = d.provider.Key, d.provider, nil
	}
	return digest(&plan.Plan{Changes: []*plan.Change{c}, Actual: actual, Desired: model.NewState()}, key.Seal)
}

func TestWhatTheStateDigestCovers(t *testing.T) {
	var none *secret.Fingerprinter
	key := secret.NewFingerprinter("a key that is at least thirty-two bytes long")
	for _, c := range []struct {
		name          string
		change        func(*digestPool)
		without, with bool // does it differ without a key, and with one
	}{
		{"nothing", func(*digestPool) {}, false, false},
		{"what is touched", func(d *digestPool) { d.conn.Attributes["displayName"] = "X" }, true, true},
		{"the id of what is touched", func(d *digestPool) { d.conn.ID = "other" }, true, true},
		{"a secret on the server", func(d *digestPool) {
			d.conn.Attributes["fields"] = map[string]any{"s": model.SecretValue("", "rotated")}
		}, false, true},
		{"a secret in the files", func(d *digestPool) {
			d.to.Attributes["fields"] = map[string]any{"s": model.SecretValue("env:S", "rotated")}
		}, false, true},
		{"the login of an application that notices", func(d *digestPool) { d.a.Attributes["loginConfig"] = map[string]any{"x": "2"} }, true, true},
		{"its type", func(d *digestPool) { d.a.Attributes["appType"] = "spa" }, true, true},
		{"its name", func(d *digestPool) { d.a.Attributes["appName"] = "Other" }, false, false},
		{"a button of it", func(d *digestPool) { d.button("a", "other") }, true, true},
		{"a button of another", func(d *digestPool) { d.button("b", "other") }, false, false},
		{"the login of another", func(d *digestPool) { d.b.Attributes["loginConfig"] = map[string]any{"x": "2"} }, false, false},
		{"another object", func(d *digestPool) {
			d.extra = append(d.extra, &model.Resource{Key: model.Key{Kind: model.Application, Name: "new"}})
		}, false, false},
		{"a list that is not whole", func(d *digestPool) { d.gaps = []model.Gap{{Kind: model.Application}} }, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDigestPool()
			c.change(d)
			if got := d.digest(none) != newDigestPool().digest(none); got != c.without {
				t.Errorf("without a key it differs: %t, want %t", got, c.without)
			}
			if got := d.digest(key) != newDigestPool().digest(key); got != c.with {
				t.Errorf("with a key it differs: %t, want %t", got, c.with)
			}
		})
	}
}

// TestTheStateDigestCoversWhatFallsAlong: deleting a provider takes the
// connections in it, so one more of them is another plan.
func TestTheStateDigestCoversWhatFallsAlong(t *testing.T) {
	var none *secret.Fingerprinter
	digest := func(provider string) string {
		d := newDigestPool()
		d.action = plan.Delete
		d.extra = append(d.extra, &model.Resource{Key: model.Key{Kind: model.Connection, Name: "more"}, Attributes: map[string]any{"provider": provider}})
		return d.digest(none)
	}
	if digest("p") == digest("elsewhere") {
		t.Error("a connection of the provider that goes is not seen")
	}
}
