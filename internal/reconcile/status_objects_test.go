package reconcile

import (
	"testing"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
)

// TestStatusOfWhatFollows: a button that another change takes or gives back is told
// by the reason of the plan, and not as a value that is sent again.
func TestStatusOfWhatFollows(t *testing.T) {
	app := model.Key{Kind: model.Application, Name: "portal"}
	button := model.EnablementKey("portal", "corp/web")
	_, conn, _ := button.Ends()
	for _, one := range []struct {
		change plan.Change
		want   string
	}{
		{plan.Change{Key: button, Action: plan.Delete, Reason: "connection/corp/web is deleted"}, "login button " + conn.Name + ": connection/corp/web is deleted"},
		{plan.Change{Key: button, Action: plan.Create, Restores: true, Reason: "given back"}, "login button " + conn.Name + ": given back"},
		{plan.Change{Key: app, Action: plan.Update, Restores: true, Reason: "a new id"}, "a new id"},
		{plan.Change{Key: app, Action: plan.Update}, "sent again, because it cannot be compared"},
	} {
		row := &ObjectStatus{Key: app, State: ObjectInSync}
		pic := &picture{
			pass: &Pass{Plan: &plan.Plan{Changes: []*plan.Change{&one.change}}},
			rows: map[model.Key]*ObjectStatus{app: row}, whys: map[model.Key][]string{},
		}
		pic.unsaid()
		if got := pic.whys[app]; row.State != ObjectPending || len(got) != 1 || got[0] != one.want {
			t.Errorf("%s %q, want %q", row.State, got, one.want)
		}
	}
}

// TestNameOf: what no file names is called as the server calls it, whatever kind
// it is of, and nothing is said twice.
func TestNameOf(t *testing.T) {
	for _, c := range []struct {
		kind      model.Kind
		attribute string
	}{{model.Application, "appIdentifier"}, {model.Connection, "identifier"}, {model.IdentityProvider, "name"}} {
		r := &model.Resource{Key: model.Key{Kind: c.kind, Name: "60b49eb83f"}, Attributes: map[string]any{c.attribute: "old-portal"}}
		if got := nameOf(r); got != "old-portal" {
			t.Errorf("%s: %q", c.kind, got)
		}
		r.Key.Name = "old-portal"
		if got := nameOf(r); got != "" {
			t.Errorf("%s: %q", c.kind, got)
		}
	}
}
