package plan_test

import (
	"testing"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
)

// TestVerifyNull: what a server shows after a null is its own default if the
// null moved it, or if the object was made without a word about it; if it shows
// what it showed before, it has ignored the null.
func TestVerifyNull(t *testing.T) {
	login := func(method string) map[string]any {
		return map[string]any{"loginConfig": map[string]any{"defaultLoginMethod": map[string]any{"connectionType": method}}}
	}
	app := func(attributes map[string]any) *model.Resource {
		return &model.Resource{Key: model.Key{Kind: model.Application, Name: "portal"}, Attributes: attributes}
	}
	null := app(map[string]any{"loginConfig": nil})
	tests := []struct {
		name    string
		change  plan.Change
		notKept int
	}{
		{"made without it", plan.Change{Action: plan.Create, To: null}, 0},
		{"made anew without it", plan.Change{Action: plan.Replace, From: app(login("PASSWORD")), To: null}, 0},
		{"moved", plan.Change{Action: plan.Update, From: app(login("LDAP")), To: null}, 0},
		{"stayed", plan.Change{Action: plan.Update, From: app(login("PASSWORD")), To: null}, 1},
		{"another value was declared", plan.Change{Action: plan.Update, From: app(login("LDAP")), To: app(login("QRCODE"))}, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.change.Key = null.Key
			notKept, unverified := plan.Verify(semantics{}, []*plan.Change{&test.change}, model.NewState(app(login("PASSWORD"))), false)
			if len(notKept) != test.notKept || len(unverified) != 0 {
				t.Errorf("not kept %v, unverified %v; want %d and none", notKept, unverified, test.notKept)
			}
		})
	}
}
