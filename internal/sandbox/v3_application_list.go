package sandbox

import (
	"encoding/json"
	"strings"
)

// listApplications is GET list-applications: full objects, paged.
func listApplications(c *call) (any, *failure) {
	v := c.view()
	return c.applicationPage(v.application)
}

// listSimpleApplications is GET list-application-simple-info.
func listSimpleApplications(c *call) (any, *failure) {
	v := c.view()
	return c.applicationPage(v.simple)
}

func (c *call) applicationPage(render func(*application) map[string]any) (any, *failure) {
	number, limit, f := c.pageWanted()
	if f != nil {
		return nil, f
	}
	var chosen []*application
	for _, id := range c.tx.objects.applicationIDs {
		if a := c.tx.objects.applications[id]; c.wanted(a) {
			chosen = append(chosen, a)
		}
	}
	list := []any{}
	first := min(len(chosen), (number-1)*limit)
	for _, a := range chosen[first:min(len(chosen), first+limit)] {
		list = append(list, render(a))
	}
	return page(len(chosen), list), nil
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
		return 0, 0, refuse(badArgument, "limit: want a number from 1 to %d", c.server.options.PageMax)
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

// wanted applies the filters. The switches filter when they are sent, false
// included (contract 8 Q15: INFERRED).
func (c *call) wanted(a *application) bool {
	if c.dialect.is("app-list", "needs-all") && c.params["all"] != true && a.Integrated {
		return false // without all=true only self-built applications are listed
	}
	return c.matches("isIntegrateApp", a.Integrated) && c.matches("isSelfBuiltApp", !a.Integrated) &&
		c.matches("ssoEnabled", a.Given["ssoEnabled"] == true) && c.hasKeywords(a)
}

func (c *call) matches(name string, value bool) bool {
	wanted, sent := c.params[name]
	return !sent || wanted == value
}

func (c *call) hasKeywords(a *application) bool {
	words := strings.ToLower(c.text("keywords"))
	name, _ := a.Given["appName"].(string)
	return strings.Contains(strings.ToLower(name), words) || strings.Contains(strings.ToLower(a.identifier()), words)
}
