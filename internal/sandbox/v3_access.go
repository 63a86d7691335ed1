package sandbox

import (
	"slices"
	"strings"
)

// Who may use an application: grants to users, roles, groups and organisations.
// Subjects themselves are not kept: an identifier is all that is known of one,
// and stands for its name.

const (
	maxGrantItems   = 10 // items of a list (contract 5)
	maxGrantTargets = 50 // targetIdentifier of an item
)

// authorizeAccess is POST authorize-application-access. A subject that has a grant
// gets its new effect (INFERRED).
func authorizeAccess(c *call) (any, *failure) {
	return c.changeGrants(func(grants []grant, g grant) []grant {
		if i := slices.IndexFunc(grants, g.sameSubject); i >= 0 {
			grants[i].Effect, grants[i].Inherit = g.Effect, g.Inherit
			return grants
		}
		g.ID, g.Enabled = newID(), true
		return append(grants, g)
	})
}

// revokeAccess is POST revoke-application-access. What was never granted is passed
// over (INFERRED).
func revokeAccess(c *call) (any, *failure) {
	return c.changeGrants(func(grants []grant, g grant) []grant { return slices.DeleteFunc(grants, g.sameSubject) })
}

func (c *call) changeGrants(change func([]grant, grant) []grant) (any, *failure) {
	a, f := c.application(c.text("appId"))
	if f != nil {
		return nil, f
	}
	wanted, f := c.grantsWanted()
	if f != nil {
		return nil, f
	}
	next := *a
	next.Grants = slices.Clone(a.Grants)
	for _, g := range wanted {
		next.Grants = change(next.Grants, g)
	}
	c.tx.putApplication(&next)
	return success(true), nil
}

// grantsWanted are the items of the list, one for each subject.
func (c *call) grantsWanted() ([]grant, *failure) {
	list, _ := c.params["list"].([]any)
	if len(list) > maxGrantItems {
		return nil, refuse(badArgument, "list: want at most %d items", maxGrantItems)
	}
	var all []grant
	for i, item := range list {
		tree := item.(map[string]any)
		targets := tree["targetIdentifier"].([]any)
		if len(targets) > maxGrantTargets {
			return nil, refuse(badArgument, "list[%d].targetIdentifier: want at most %d", i, maxGrantTargets)
		}
		for _, target := range targets {
			all = append(all, newGrant(tree, target.(string)))
		}
	}
	return all, nil
}

func newGrant(tree map[string]any, target string) grant {
	text := func(key string) string { s, _ := tree[key].(string); return s }
	return grant{
		TargetType: text("targetType"), TargetID: target, Namespace: text("namespaceCode"), Effect: text("effect"),
		Inherit: tree["inheritByChildren"] != false,
	}
}

func (g grant) sameSubject(other grant) bool {
	return g.TargetType == other.TargetType && g.TargetID == other.TargetID && g.Namespace == other.Namespace
}

// listGrants is POST list-applications-auth, a read.
func listGrants(c *call) (any, *failure) {
	a, f := c.application(c.text("appId"))
	if f != nil {
		return nil, f
	}
	number, limit, f := c.pageWanted()
	if f != nil {
		return nil, f
	}
	var chosen []grant
	for _, g := range a.Grants {
		if c.wantsGrant(g) {
			chosen = append(chosen, g)
		}
	}
	return cut(chosen, number, limit, grant.tree), nil
}

func (c *call) wantsGrant(g grant) bool {
	types := c.textList("targetTypeList")
	enabled, filtered := c.params["enabled"].(bool)
	return strings.Contains(g.TargetID, c.text("targetName")) && (len(types) == 0 || slices.Contains(types, g.TargetType)) &&
		(!c.given("effect") || c.text("effect") == g.Effect) && (!filtered || enabled == g.Enabled)
}

func (g grant) tree() map[string]any {
	return map[string]any{
		"id": g.ID, "targetId": g.TargetID, "targetName": g.TargetID, "targetType": g.TargetType, "effect": g.Effect,
		"enabled": g.Enabled, "permissionType": "SUBJECT",
	}
}

// deleteGrants is DELETE batch-applications-auth: all or none.
func deleteGrants(c *call) (any, *failure) {
	for _, id := range c.textList("authIds") {
		a, f := c.applicationOfGrant(id)
		if f != nil {
			return nil, f
		}
		next := *a
		next.Grants = slices.DeleteFunc(slices.Clone(a.Grants), func(g grant) bool { return g.ID == id })
		c.tx.putApplication(&next)
	}
	return success(true), nil
}

// updateGrantEnabled is POST update-auth-enabled.
func updateGrantEnabled(c *call) (any, *failure) {
	id := c.text("id")
	a, f := c.applicationOfGrant(id)
	if f != nil {
		return nil, f
	}
	next := *a
	next.Grants = slices.Clone(a.Grants)
	for i := range next.Grants {
		if next.Grants[i].ID == id {
			next.Grants[i].Enabled = c.params["enabled"] == true
		}
	}
	c.tx.putApplication(&next)
	return success(true), nil
}

func (c *call) applicationOfGrant(id string) (*application, *failure) {
	for _, app := range c.tx.objects.applicationIDs {
		a := c.tx.application(app)
		if slices.ContainsFunc(a.Grants, func(g grant) bool { return g.ID == id }) {
			return a, nil
		}
	}
	return nil, refuse(noGrant, "authorization %q does not exist", id)
}

// listSubjectGrants is POST list-subject-auth, a read: the applications that a
// subject was granted or denied.
func listSubjectGrants(c *call) (any, *failure) {
	list := []any{}
	v := c.view()
	for _, id := range c.tx.objects.applicationIDs {
		a := c.tx.objects.applications[id]
		if g, ok := a.grantOf(c.text("targetType"), c.text("targetId")); ok && c.wantsSubject(a, g) {
			list = append(list, v.subjectGrant(a, g))
		}
	}
	return map[string]any{"list": list}, nil
}

func (a *application) grantOf(kind, target string) (grant, bool) {
	i := slices.IndexFunc(a.Grants, func(g grant) bool { return g.TargetType == kind && g.TargetID == target })
	if i < 0 {
		return grant{}, false
	}
	return a.Grants[i], true
}

func (c *call) wantsSubject(a *application, g grant) bool {
	types, effects := c.textList("appTypeList"), c.textList("effect")
	enabled, filtered := c.params["enabled"].(bool)
	name, _ := a.Given["appName"].(string)
	return strings.Contains(name, c.text("appName")) && (len(types) == 0 || slices.Contains(types, a.madeHow())) &&
		(len(effects) == 0 || slices.Contains(effects, g.Effect)) && (!filtered || enabled == g.Enabled)
}

func (a *application) madeHow() string {
	if a.Integrated {
		return "INTEGRATED"
	}
	return "SELFBUILT"
}

func (v view) subjectGrant(a *application, g grant) map[string]any {
	return map[string]any{
		"appId": a.ID, "logo": v.simple(a)["appLogo"], "ext": "", "template": a.Template, "appType": a.madeHow(), "effect": g.Effect,
	}
}

// getSubjectGrant is GET get-subject-auth-detail: where a subject's right comes
// from. Without a grant it is the application's own rule.
func getSubjectGrant(c *call) (any, *failure) {
	a, f := c.application(c.text("appId"))
	if f != nil {
		return nil, f
	}
	from := "DEFAULT"
	if _, ok := a.grantOf(c.text("targetType"), c.text("targetId")); ok {
		from = "SELF"
	}
	return map[string]any{
		"appId": a.ID, "appName": a.Given["appName"], "authType": from,
		"reqTargetId": c.text("targetId"), "reqTargetName": c.text("targetId"), "reqTargetType": c.text("targetType"),
		"targetType": c.text("targetType"), "targetName": c.text("targetId"),
	}, nil
}
