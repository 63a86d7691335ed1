package sandbox

import (
	"encoding/json"
	"slices"
	"strconv"
)

// Login agreements (contract 6.3; shapes as JS2 sends and types them). A V3 read
// shows them in brandingConfig.agreements.

func (v view) agreements(a *application) []any {
	list := []any{}
	for _, g := range a.Agreements {
		list = append(list, map[string]any{
			"displayAt": []any{"LoginPage", "RegisterPage"}, "isRequired": g.Required, "lang": g.Lang, "content": g.Title,
		})
	}
	return list
}

func (v view) v2Agreement(a *application, i int) map[string]any {
	g := a.Agreements[i]
	return map[string]any{
		"id": g.ID, "appId": a.ID, "userPoolId": v.poolID, "order": i, "title": g.Title, "required": g.Required, "lang": g.Lang,
	}
}

// v2ListAgreements is GET applications/{id}/agreements.
func v2ListAgreements(c *call) (any, *failure) {
	a, f := c.application(c.segment())
	if f != nil {
		return nil, f
	}
	v, list := c.view(), []any{}
	for i := range a.Agreements {
		list = append(list, v.v2Agreement(a, i))
	}
	return page(len(list), list), nil
}

// v2CreateAgreement is POST applications/{id}/agreements.
func v2CreateAgreement(c *call) (any, *failure) {
	a, f := c.application(c.segment())
	if f != nil {
		return nil, f
	}
	next := *a
	next.LastAgreed++
	g := agreement{ID: next.LastAgreed, Required: true, Lang: "zh-CN"}
	c.fillAgreement(&g)
	next.Agreements = append(slices.Clone(a.Agreements), g)
	c.tx.putApplication(&next)
	return c.view().v2Agreement(&next, len(a.Agreements)), nil
}

func (c *call) fillAgreement(g *agreement) {
	if c.given("title") {
		g.Title = c.text("title")
	}
	if required, ok := c.params["required"].(bool); ok {
		g.Required = required
	}
	if c.given("lang") {
		g.Lang = c.text("lang")
	}
}

// v2UpdateAgreement is PUT applications/{id}/agreements/{agreement}.
func v2UpdateAgreement(c *call) (any, *failure) {
	next, i, f := c.agreementToChange()
	if f != nil {
		return nil, f
	}
	c.fillAgreement(&next.Agreements[i])
	c.tx.putApplication(next)
	return c.view().v2Agreement(next, i), nil
}

// v2DeleteAgreement is DELETE applications/{id}/agreements/{agreement}.
func v2DeleteAgreement(c *call) (any, *failure) {
	next, i, f := c.agreementToChange()
	if f != nil {
		return nil, f
	}
	next.Agreements = slices.Delete(next.Agreements, i, i+1)
	c.tx.putApplication(next)
	return nil, nil
}

// agreementToChange is the application with a list of its own, and where the
// agreement stands in it.
func (c *call) agreementToChange() (*application, int, *failure) {
	a, f := c.application(c.segment())
	if f != nil {
		return nil, 0, f
	}
	i := slices.IndexFunc(a.Agreements, func(g agreement) bool { return strconv.FormatInt(g.ID, 10) == c.segments[1] })
	if i < 0 {
		return nil, 0, refuse(noAgreement, "agreement %q does not exist", c.segments[1])
	}
	next := *a
	next.Agreements = slices.Clone(a.Agreements)
	return &next, i, nil
}

// v2SortAgreements is POST applications/{id}/agreements/sort: all ids, in the new order.
func v2SortAgreements(c *call) (any, *failure) {
	a, f := c.application(c.segment())
	if f != nil {
		return nil, f
	}
	order, ok := agreementOrder(c.params["ids"])
	next := *a
	next.Agreements = nil
	for _, id := range order {
		if i := slices.IndexFunc(a.Agreements, func(g agreement) bool { return g.ID == id }); i >= 0 {
			next.Agreements = append(next.Agreements, a.Agreements[i])
		}
	}
	if !ok || len(order) != len(a.Agreements) || len(next.Agreements) != len(order) {
		return nil, refuse(badArgument, "ids: want the id of every agreement, once")
	}
	c.tx.putApplication(&next)
	return nil, nil
}

func agreementOrder(value any) ([]int64, bool) {
	list, ok := value.([]any)
	ids := make([]int64, 0, len(list))
	for _, item := range list {
		n, isNumber := item.(json.Number)
		id, err := n.Int64()
		if !isNumber || err != nil || slices.Contains(ids, id) {
			return nil, false
		}
		ids = append(ids, id)
	}
	return ids, ok
}
