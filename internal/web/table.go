package web

import (
	"bytes"
	"net/http"
	"strings"
	"time"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/reconcile"
)

// table is the list of objects.
type table struct {
	// Query and State are what is looked for; a row that does not fit is hidden,
	// not left out, so that the script can show it again.
	Query, State string
	Counts       []count
	Total, Fits  int
	Chunks       []chunk
}

// count is a state with how many objects are in it.
type count struct {
	State  string `json:"state"`
	N      int    `json:"n"`
	Word   string `json:"-"`
	Class  string `json:"-"`
	URL    string `json:"-"`
	Chosen bool   `json:"-"`
}

// chunk is some rows that a browser lays out together, or not at all while they
// are out of sight.
type chunk struct {
	Rows   []line
	Hidden bool
}

// line is a row in the reader's language.
type line struct {
	Key, Kind, Name string
	Called          string // by the server, where the name is an id
	State           string // as the script knows it
	Word            string // as the reader does
	Why             string
	Class           string
	URL             string
	Changed         time.Time
	Hidden          bool
}

// At and Machine write the time of the last change.
func (l line) At() string { return stamp(l.Changed) }

// Machine writes it for the script.
func (l line) Machine() string { return machine(l.Changed) }

const chunkRows = 100

func (s *Server) objectsPage(w http.ResponseWriter, r *http.Request) {
	if t := s.target(w, r); t != nil {
		s.objectsOf(w, r, t)
	}
}

func (s *Server) objectsOf(w http.ResponseWriter, r *http.Request, t *shown) {
	v := s.look(r.Context(), t)
	f := s.framed(r, t, v, "objects")
	q := r.URL.Query()
	f.Table = newTable(v, f.Head, strings.TrimSpace(q.Get("q")), q.Get("state"))
	s.render(w, r, http.StatusOK, "objects", f)
}

// newTable lays the rows out in the reader's language.
func newTable(v *view, h *head, query, state string) *table {
	t := &table{Query: query, State: state, Total: len(v.rows), Counts: counts(h, query, state)}
	say := h.sentences()
	needle := strings.ToLower(query)
	for i := range v.rows {
		if i%chunkRows == 0 {
			t.Chunks = append(t.Chunks, chunk{Rows: make([]line, 0, min(chunkRows, len(v.rows)-i)), Hidden: true})
		}
		l := newLine(&v.rows[i], h, say)
		l.Hidden = state != "" && l.State != state || needle != "" && !strings.Contains(l.haystack(), needle)
		c := &t.Chunks[len(t.Chunks)-1]
		c.Rows = append(c.Rows, l)
		if !l.Hidden {
			c.Hidden = false
			t.Fits++
		}
	}
	return t
}

func newLine(r *row, h *head, say func(string) string) line {
	kind, name := kindAndName(r.Key)
	return line{
		Key: r.Key, Kind: kind, Name: name, Called: r.Name, State: r.State, Word: h.T(r.State), Why: say(r.Why), Class: class(r.State),
		URL: h.Link(h.Base+"/object", "key", r.Key), Changed: r.Changed,
	}
}

// haystack is what a search looks at; the script does the same.
func (l *line) haystack() string {
	return strings.ToLower(l.Key + " " + l.Called + " " + l.Word + " " + l.Why)
}

// sentences tells texts in the reader's language, each of them once: ten
// thousand rows tend to have a handful of reasons.
func (w words) sentences() func(string) string {
	if w.Lang == diagnostic.English {
		return func(s string) string { return s }
	}
	told := map[string]string{}
	return func(s string) string {
		t, known := told[s]
		if !known {
			t = diagnostic.Told(w.Lang, s)
			told[s] = t
		}
		return t
	}
}

func counts(h *head, query, chosen string) []count {
	c, w := h.Counts, h.words
	all := []count{
		{State: "", Word: w.T("all"), N: c.Total()},
		{State: string(reconcile.ObjectInSync), N: c.InSync},
		{State: string(reconcile.ObjectPending), N: c.Pending},
		{State: string(reconcile.ObjectDrifted), N: c.Drifted},
		{State: string(reconcile.ObjectFailing), N: c.Failing},
		{State: string(reconcile.ObjectUnmanaged), N: c.Unmanaged},
	}
	for i := range all {
		one := &all[i]
		if one.State != "" {
			one.Word = w.T(one.State)
		}
		one.Class, one.Chosen = class(one.State), one.State == chosen
		one.URL = w.Link(h.Base, "q", query, "state", one.State)
	}
	return all
}

// class is the name of a state, or of a verdict, in the style sheet.
func class(state string) string {
	if state == "" {
		return "none"
	}
	return strings.ReplaceAll(state, " ", "-")
}

// fragment writes one template of the page by itself, as an event carries it.
func fragment(name string, data any) string {
	var b bytes.Buffer
	if err := pages().ExecuteTemplate(&b, name, data); err != nil {
		return ""
	}
	return b.String()
}
