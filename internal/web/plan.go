package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/reconcile"
	"github.com/idpsync/idpsync/internal/report"
)

const (
	// pageChanges is how many changes a page of the plan has, openChanges up to
	// how many of them are unfolded.
	pageChanges, openChanges = 200, 20
	// changeFields is how many fields of a change are shown, longest how many
	// characters of a value.
	changeFields, longest = 200, 2000
)

// planView is a page of the pending plan.
type planView struct {
	Summary string
	At      time.Time
	Start   int
	Changes []changeView
	Pager   pager
}

// pager leads to the pages before and after; Of is empty for the only page.
type pager struct{ Of, Before, After string }

// changeView is one change in the reader's language.
type changeView struct {
	words
	Key, Symbol, Class, Action, Risk, RiskClass, Reason, File, Who string
	Open                                                           bool
	Fields                                                         []fieldView
	More                                                           string
}

// PathLabel, BeforeLabel, AfterLabel and WhoLabel head what stands below.
func (c changeView) PathLabel() string { return c.T("field") }

// BeforeLabel heads what the server has.
func (c changeView) BeforeLabel() string { return c.T("before") }

// AfterLabel heads what it will have.
func (c changeView) AfterLabel() string { return c.T("after") }

// WhoLabel heads the applications whose users may notice.
func (c changeView) WhoLabel() string { return c.T("used by") }

type fieldView struct {
	Path, Before, After, Note     string
	LastApplied, Server, File, By string
}

var symbols = map[string]string{"create": "+", "update": "~", "replace": "-/+", "delete": "-"}

// changers say who changed a value.
var changers = map[string]string{"server": "the server", "file": "the files", "both": "both", "unknown": "nobody knows"}

func (s *Server) planPage(w http.ResponseWriter, r *http.Request) {
	t := s.target(w, r)
	if t == nil {
		return
	}
	v := s.look(r.Context(), t)
	f := s.framed(r, t, v, "plan")
	if doc := v.plan(); doc != nil {
		f.Plan = newPlanView(doc, v.status.Pending.PlannedAt, f.Head, number(r.URL.Query().Get("from")))
	}
	s.render(w, r, http.StatusOK, "plan", f)
}

func newPlanView(doc *report.Plan, at time.Time, h *head, from int) *planView {
	n := len(doc.Changes)
	from = min(from, max(0, (n-1)/pageChanges*pageChanges))
	to := min(from+pageChanges, n)
	m := doc.Summary
	p := &planView{At: at, Start: from + 1, Changes: make([]changeView, 0, to-from), Summary: h.T(
		"%d to create, %d to change, %d to replace, %d to delete; %d unchanged, %d unmanaged", m.Create, m.Update, m.Replace, m.Delete, m.Unchanged, m.Unmanaged)}
	if n == 0 {
		p.Summary = h.T("Nothing to do; %d unchanged, %d unmanaged", m.Unchanged, m.Unmanaged)
	}
	for i := range doc.Changes[from:to] {
		p.Changes = append(p.Changes, newChangeView(&doc.Changes[from+i], h, to-from <= openChanges))
	}
	if n > pageChanges {
		p.Pager.Of = h.T("changes %d to %d of %d", from+1, to, n)
		if from > 0 {
			p.Pager.Before = h.Link(h.Base+"/plan", "from", strconv.Itoa(max(0, from-pageChanges)))
		}
		if to < n {
			p.Pager.After = h.Link(h.Base+"/plan", "from", strconv.Itoa(to))
		}
	}
	return p
}

func newChangeView(c *report.Change, h *head, open bool) changeView {
	v := changeView{
		words: h.words, Key: report.Clean(c.Key), Symbol: symbols[c.Action], Class: c.Action, Action: h.T(c.Action),
		Risk: h.T(c.Risk + " risk"), RiskClass: c.Risk, Reason: h.Say(c.Reason), Who: report.Clean(strings.Join(c.Impact.Applications, ", ")), Open: open,
	}
	if c.Source != nil {
		v.File = fmt.Sprintf("%s:%d", report.Clean(c.Source.File), c.Source.Line)
	}
	for _, f := range c.Fields[:min(len(c.Fields), changeFields)] {
		v.Fields = append(v.Fields, fieldView{Path: report.Clean(f.Path), Before: value(f.Before), After: value(f.After), Note: h.T(f.Note)})
	}
	if over := len(c.Fields) - changeFields; over > 0 {
		v.More = h.T("and %d more", over)
	}
	return v
}

// object is everything about one object.
type object struct {
	line
	File, ID, GraphURL string
	Retry              time.Time
	Links              []link
	Fields             []fieldView
	Change             *changeView
}

type link struct{ Key, URL string }

func (s *Server) objectPage(w http.ResponseWriter, r *http.Request) {
	t := s.target(w, r)
	if t == nil {
		return
	}
	v, key := s.look(r.Context(), t), r.URL.Query().Get("key")
	o := v.object(key)
	if o == nil {
		s.render(w, r, http.StatusNotFound, "lost", &frame{Title: report.Clean(t.name), Lost: report.Clean(key)})
		return
	}
	f := s.framed(r, t, v, "object")
	f.Title = report.Clean(o.Key.Name)
	f.Object = newObject(v, o, f.Head)
	s.render(w, r, http.StatusOK, "object", f)
}

func newObject(v *view, o *reconcile.ObjectStatus, h *head) *object {
	key := report.Clean(o.Key.String())
	one := &object{line: newLine(v.row(key), h, h.Say), ID: report.Clean(o.ID), Retry: o.Retry, GraphURL: h.Link(h.Base+"/graph", "around", key)}
	if o.Source.File != "" {
		one.File = fmt.Sprintf("%s:%d", report.Clean(o.Source.File), o.Source.Line)
	}
	for _, k := range o.Links {
		key := report.Clean(k.String())
		one.Links = append(one.Links, link{key, h.Link(h.Base+"/object", "key", key)})
	}
	for _, f := range o.Fields[:min(len(o.Fields), changeFields)] {
		d := report.NewDriftField(f.DriftField)
		path := d.Path
		if f.Key != (model.Key{}) && f.Key != o.Key {
			path = strings.TrimSuffix(f.Key.String()+" "+path, " ")
		}
		one.Fields = append(one.Fields, fieldView{Path: report.Clean(path), LastApplied: value(d.LastApplied), Server: value(d.Server), File: value(d.File), By: h.T(changers[d.ChangedBy])})
	}
	if doc := v.plan(); doc != nil {
		for i := range doc.Changes {
			if doc.Changes[i].Key == o.Key.String() {
				c := newChangeView(&doc.Changes[i], h, true)
				one.Change = &c
			}
		}
	}
	return one
}

// value writes a JSON value on one line; what is absent is a dash.
func value(v any) string {
	if v == nil {
		return "–"
	}
	if v == model.Shown {
		return model.Shown
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(v) != nil {
		return "?"
	}
	s := report.Clean(strings.TrimSpace(b.String()))
	if utf8.RuneCountInString(s) > longest {
		s = string([]rune(s)[:longest]) + "…"
	}
	return s
}
