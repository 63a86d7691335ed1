package plan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
)

// TestNullsThatAgreeAreNotCarried: an update names only the nulls that change
// something; what carries it out cannot tell a default from a value that stayed.
func TestNullsThatAgreeAreNotCarried(t *testing.T) {
	key := model.Key{Kind: model.Application, Name: "a"}
	want := &model.Resource{Key: key, Attributes: map[string]any{
		"appIdentifier": "a", "appLogo": nil, "appName": "new", "initLoginUri": nil,
		"brandingConfig": map[string]any{"guardVersion": nil},
		"oidcConfig":     map[string]any{"jwks_uri": nil, "id_token_expire": nil, "empty": map[string]any{}},
	}}
	got := &model.Resource{Key: key, ID: "1", Attributes: map[string]any{
		"appIdentifier": "a", "appLogo": "l", "appName": "old", "initLoginUri": "",
		"brandingConfig": map[string]any{"guardVersion": "Advanced"},
		"oidcConfig":     map[string]any{"jwks_uri": "https://x"},
	}}
	p, err := plan.New(model.NewState(want), model.NewState(got), plan.Options{Semantics: semantics{}})
	if err != nil {
		t.Fatal(err)
	}
	sent := map[string]any{
		"appIdentifier": "a", "appLogo": nil, "appName": "new",
		"oidcConfig": map[string]any{"jwks_uri": nil, "empty": map[string]any{}},
	}
	if d := cmp.Diff(sent, p.Change(key).To.Attributes); d != "" {
		t.Error(d)
	}
}
