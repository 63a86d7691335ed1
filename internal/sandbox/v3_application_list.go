package sandbox

import (
	"encoding/json"
	"slices"
	"strings"
)

// listApplications is GET list-applications: full objects, paged.
func listApplications(c *call) (any, *failure) {
	v := c.view()
	return c.applicationPage(v.application, c.dialect.is("app-list", "needs-all") && c.params["all"] != true)
}

// listSimpleApplications is GET list-application-simple-info.
func listSimpleApplications(c *call) (any, *failure) {
	v := c.view()
	return c.applicationPage(v.simple, false)
}

// applicationPage lists what the filters want; onlySelfBuilt leaves integrated
// applications out (app-list=needs-all).
func (c *call) applicationPage(render func(*application) map[string]any, onlySelfBuilt bool) (any, *failure) {
	number, limit, f := c.pageWanted()
	if f != nil {
		return nil, f
	}
	return c.cutApplications(c.chosen(onlySelfBuilt), number, limit, render), nil
}

// chosen are the ids of the applications that are wanted. Without a filter that is
// the list itself: a client that reads 10,000 of them asks for 200 pages.
func (c *call) chosen(onlySelfBuilt bool) []string {
	all := c.tx.objects.applicationIDs
	if !onlySelfBuilt && !c.filters() {
		return all
	}
	var ids []string
	for _, id := range all {
		if a := c.tx.objects.applications[id]; c.wanted(a) && !(onlySelfBuilt && a.Integrated) {
			ids = append(ids, id)
		}
	}
	return ids
}

func (c *call) filters() bool {
	return c.given("keywords") || slices.ContainsFunc([]string{"isIntegrateApp", "isSelfBuiltApp", "ssoEnabled"}, func(name string) bool {
		return c.params[name] == true
	})
}

func (c *call) cutApplications(ids []string, number, limit int, render func(*application) map[string]any) map[string]any {
	return cut(ids, number, limit, func(id string) map[string]any { return render(c.tx.objects.applications[id]) })
}

// cut renders one page of a list.
func cut[T any](all []T, number, limit int, render func(T) map[string]any) map[string]any {
	list := []any{}
	first := min(len(all), (number-1)*limit)
	for _, item := range all[first:min(len(all), first+limit)] {
		list = append(list, render(item))
	}
	return page(len(all), list)
}

// maxPage keeps the arithmetic of a silly page number from overflowing.
const maxPage = 1 << 31

// pageWanted is contract 3.6; a limit above the maximum is refused.
func (c *call) pageWanted() (number, limit int, f *failure) {
	number, limit = c.number("page", 1), c.number("limit", 10)
	switch {
	case number < 1 || number > maxPage:
		return 0, 0, refuse(badArgument, "page: want a number from 1")
	case limit < 1 || limit > c.server.options.PageMax:
		return 0, 0, refuse(badLimit, "limit: want a number from 1 to %d", c.server.options.PageMax)
	}
	return number, limit, nil
}

// number is a whole parameter of a query; the query check let only digits pass.
func (c *call) number(name string, otherwise int) int {
	text, ok := c.params[name].(json.Number)
	if !ok {
		return otherwise
	}
	n, err := text.Int64()
	if err != nil {
		return -1
	}
	return int(n)
}

// wanted applies the filters. Only true filters: NODE4 sends false for all three
// when its caller says nothing, and would see no application if false did
// (against contract 8 Q15, which is INFERRED).
func (c *call) wanted(a *application) bool {
	return c.matches("isIntegrateApp", a.Integrated) && c.matches("isSelfBuiltApp", !a.Integrated) &&
		c.matches("ssoEnabled", a.Given["ssoEnabled"] == true) && c.hasKeywords(a)
}

func (c *call) matches(name string, value bool) bool {
	return c.params[name] != true || value
}

func (c *call) hasKeywords(a *application) bool {
	words := strings.ToLower(c.text("keywords"))
	name, _ := a.Given["appName"].(string)
	return strings.Contains(strings.ToLower(name), words) || strings.Contains(strings.ToLower(a.identifier()), words)
}
