package remote

import (
	"fmt"
	"maps"
	"slices"
)

// apps is the applications read, page by page.
type apps struct {
	byID  map[string]tree // by appId
	pages map[int]appPage // by page number
	// pageOf is the page that showed an application last.
	pageOf map[string]int
	// loose are the created applications that no page has shown yet.
	loose []string
	// shifted: applications came or went since the pages were read, so a page
	// may hold others now.
	shifted bool
}

type appPage struct {
	total int
	ids   []string
}

func newApps() apps {
	return apps{byID: map[string]tree{}, pages: map[int]appPage{}, pageOf: map[string]int{}}
}

// putPage takes one page.
func (a *apps) putPage(page int, l listing) {
	p := appPage{total: l.total, ids: make([]string, len(l.items))}
	for i, t := range l.items {
		id := text(t["appId"])
		p.ids[i] = id
		a.byID[id] = t
		a.pageOf[id] = page
	}
	a.pages[page] = p
}

// dropPage forgets one page and what it showed.
func (a *apps) dropPage(page int) {
	for _, id := range a.pages[page].ids {
		if a.pageOf[id] == page {
			delete(a.byID, id)
			delete(a.pageOf, id)
		}
	}
	delete(a.pages, page)
}

// put adds an application that no page has shown, or takes the place of a
// known one.
func (a *apps) put(t tree) {
	id := text(t["appId"])
	if _, known := a.byID[id]; !known {
		a.loose = append(a.loose, id)
		a.shifted = true
	}
	a.byID[id] = t
}

// ids lists the applications, each once, in the order of the pages.
func (a *apps) ids() []string {
	seen := make(map[string]bool, len(a.byID))
	out := make([]string, 0, len(a.byID))
	add := func(ids []string) {
		for _, id := range ids {
			if !seen[id] && a.byID[id] != nil {
				seen[id] = true
				out = append(out, id)
			}
		}
	}
	for _, p := range slices.Sorted(maps.Keys(a.pages)) {
		add(a.pages[p].ids)
	}
	add(a.loose)
	return out
}

// next lists the pages to read after those that were read: as many again, at
// least atLeast, and none once the total is reached or a page brought nothing
// new. So a total that lies costs no more than twice the pages there are. A
// server that gives fewer than it was asked for is taken at its own page size.
func (a *apps) next(atLeast int) []int {
	first := a.pages[1]
	size := min(len(first.ids), pageSize)
	if size == 0 || a.dry() {
		return nil
	}
	var pages []int
	for p, most := 2, max(atLeast, len(a.pages)); (p-1)*size < first.total && len(pages) < most; p++ {
		if _, read := a.pages[p]; !read {
			pages = append(pages, p)
		}
	}
	return pages
}

// dry tells that a page showed no application that the pages before it had not.
func (a *apps) dry() bool {
	seen := make(map[string]bool, len(a.byID))
	for _, n := range slices.Sorted(maps.Keys(a.pages)) {
		before := len(seen)
		for _, id := range a.pages[n].ids {
			seen[id] = true
		}
		if len(seen) == before {
			return true
		}
	}
	return false
}

// gap says why the applications read are not proven to be all of them (spec 6,
// incomplete-read): every page must claim the same total, and the distinct ids
// must be as many.
func (a *apps) gap() string {
	distinct := make(map[string]bool, len(a.byID))
	total, first := -1, true
	for _, n := range slices.Sorted(maps.Keys(a.pages)) {
		p := a.pages[n]
		if !first && p.total != total {
			return fmt.Sprintf("list-applications: totalCount is %d on one page and %d on another", total, p.total)
		}
		total, first = p.total, false
		for _, id := range p.ids {
			distinct[id] = true
		}
	}
	return shortfall("list-applications", len(distinct), total)
}
