package sandbox

import (
	"maps"
	"slices"
)

// view renders stored applications as ApplicationDto (contract 5.3).
type view struct {
	objects *objects
	poolID  string
	dialect dialect
}

func (c *call) view() view {
	return view{objects: c.tx.objects, poolID: c.server.keys.PoolID, dialect: c.dialect}
}

func (v view) application(a *application) map[string]any {
	tree := v.withDefaults(a.Given)
	tree["appId"] = a.ID
	tree["userPoolId"] = v.poolID
	tree["isIntegrateApp"] = a.Integrated
	if a.SSOEnabledAt != "" {
		tree["ssoEnabledAt"] = a.SSOEnabledAt
	}
	if a.Template != "" {
		tree["template"] = a.Template
	}
	login, _ := tree["loginConfig"].(map[string]any)
	login = maps.Clone(login)
	login["enabledExtIdpConns"] = v.buttons(a)
	tree["loginConfig"] = login
	if len(a.Agreements) > 0 {
		branding, _ := tree["brandingConfig"].(map[string]any)
		seeded, _ := branding["agreements"].([]any)
		tree["brandingConfig"] = overlay(branding, map[string]any{"agreements": slices.Concat(seeded, v.agreements(a))})
	}
	v.hideConfigSecrets(tree)
	return tree
}

func (v view) simple(a *application) map[string]any {
	full := v.withDefaults(a.Given)
	tree := map[string]any{"appId": a.ID, "isIntegrateApp": a.Integrated}
	for _, key := range []string{"appIdentifier", "appName", "appLogo", "appDescription", "appType"} {
		if value, ok := full[key]; ok {
			tree[key] = value
		}
	}
	return tree
}

// buttons is loginConfig.enabledExtIdpConns: the enabled ones, or under
// enabled-list=flagged every connection of the pool with its flag.
func (v view) buttons(a *application) []any {
	list := []any{}
	for _, id := range a.Enabled {
		list = append(list, v.button(id, true))
	}
	if v.dialect.is("enabled-list", "only") {
		return list
	}
	on := make(map[string]bool, len(a.Enabled))
	for _, id := range a.Enabled {
		on[id] = true
	}
	for _, p := range v.objects.providerIDs {
		for _, id := range v.objects.connectionsOf[p] {
			if !on[id] {
				list = append(list, v.button(id, false))
			}
		}
	}
	return list
}

// button is ApplicationEnabledExtIdpConnDto. Under delete-conn=dangling the
// connection may be gone: its id is all that is left.
func (v view) button(id string, enabled bool) map[string]any {
	conn := v.objects.connections[id]
	if conn == nil {
		conn = &connection{ID: id}
	}
	kind := ""
	if p := v.objects.providers[conn.ProviderID]; p != nil {
		kind = p.Type
	}
	return map[string]any{
		"isSocial": providerTypes[kind], "extIdpId": conn.ProviderID, "extIdpType": kind, "extIdpConnId": conn.ID,
		"extIdpConnType": conn.Type, "extIdpConnIdentifier": conn.Identifier, "extIdpConnDisplayName": conn.DisplayName,
		"extIdpConnLogo": conn.Logo, "enabled": enabled,
	}
}
