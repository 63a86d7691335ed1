package web

import (
	"bytes"
	"embed"
	"html/template"
	"io"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/idpsync/idpsync/internal/reconcile"
	"github.com/idpsync/idpsync/internal/report"
)

//go:embed assets
var assets embed.FS

// pages are parsed when somebody asks for the first: most commands serve none.
var pages = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("").Funcs(template.FuncMap{"stamp": stamp, "machine": machine}).ParseFS(assets, "assets/*.html"))
})

// frame is what every page is made of; the rest belongs to one page each.
type frame struct {
	words
	Title   string
	Version string
	Switch  string // this page in the other language
	// Seq numbers what is shown: events tell what is different since.
	Seq    string
	Head   *head
	Tab    string
	Table  *table
	Object *object
	Plan   *planView
	Graph  *graph
	Runs   []reconcile.RunStatus
	// Overview is of all targets, Away says that the database is out of reach.
	Overview *overview
	Away     *away

	Next  string
	Wrong bool
	Lost  string
}

// head is what stands above every page of a target.
type head struct {
	words
	*reconcile.Status
	Name string // of the target, as events know it
	Base string // the address of the target's pages
	Many bool   // there are other targets
	// Complaints are those of the files, More how many of them are not shown.
	Complaints []report.Diagnostic
	More       int
	Guards     []report.Guard
	Away       *away
	// Unread is why the details could not be fetched, Job how a fleet works on it.
	Unread string
	Job    *jobView
}

// shownComplaints is how many complaints and guards a page has room for.
const shownComplaints = 50

// asset serves a script or a style of ours.
func (s *Server) asset(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	if strings.HasSuffix(name, ".html") {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", "no-cache")
	http.ServeFileFS(w, r, assets, "assets/"+name)
}

// home is the list of targets, or the only one.
func (s *Server) home(w http.ResponseWriter, r *http.Request) {
	if one := s.single(); one != nil {
		s.objectsOf(w, r, one)
		return
	}
	words, q := wordsFor(r), r.URL.Query()
	f := &frame{words: words, Title: "idpsync", Seq: s.epoch + "-" + s.sum(time.Now().Add(-calmer)), Away: s.away()}
	f.Overview = s.overviewOf(words, strings.TrimSpace(q.Get("q")), q.Get("state"), number(q.Get("from")))
	s.render(w, r, http.StatusOK, "overview", f)
}

// target finds the target that the path names, and answers itself if there is none.
func (s *Server) target(w http.ResponseWriter, r *http.Request) *shown {
	t := s.find(r.PathValue("target"))
	if t == nil {
		s.render(w, r, http.StatusNotFound, "lost", &frame{Title: "idpsync", Lost: report.Clean(r.PathValue("target"))})
	}
	return t
}

// framed begins the page of a target.
func (s *Server) framed(r *http.Request, t *shown, v *view, tab string) *frame {
	w := wordsFor(r)
	return &frame{words: w, Title: report.Clean(t.name), Tab: tab, Seq: s.seq(v), Head: s.headOf(w, t, v)}
}

func (s *Server) headOf(w words, t *shown, v *view) *head {
	h := &head{words: w, Status: v.status, Name: t.name, Base: base(t), Many: s.single() == nil, Away: s.away()}
	if v.lost != nil {
		h.Unread = report.Clean(v.lost.Error())
	}
	if t.from.Load().Job != nil {
		h.Job = newJobView(w, t.job())
		if x := v.status.Trouble; x != nil && w.Say(x.Message) == h.Job.Reason {
			h.Job.Reason = "" // it stands below, with its code and hint
		}
	}
	ds := slices.Clone(v.status.Diagnostics)
	sort.SliceStable(ds, func(i, j int) bool { return ds[i].Severity < ds[j].Severity }) // errors before warnings
	h.More = max(0, len(ds)-shownComplaints)
	h.Complaints = report.NewDiagnostics(ds[:len(ds)-h.More], w.Lang).Diagnostics
	if p := v.status.Pending; p != nil && p.Plan != nil && len(p.Refusals) > 0 {
		guards := v.plan().Guards
		h.Guards = guards[:min(len(guards), shownComplaints)]
	}
	return h
}

// base is the address of a target's pages. A slash in its name is written
// otherwise: many a proxy does not let one pass in the middle of a path.
func base(t *shown) string { return "/t/" + url.PathEscape(written(t.name)) }

// written is a name as addresses have it, and named what such a one names.
func written(name string) string {
	return strings.NewReplacer("%", "%25", "~", "%7E", "/", "~").Replace(name)
}

func named(address string) string {
	return strings.NewReplacer("%25", "%", "%7E", "~", "~", "/").Replace(address)
}

// seq names a view of this process.
func (s *Server) seq(v *view) string { return s.epoch + "-" + strconv.FormatUint(v.n, 10) }

// viewNumber reads what seq wrote; ok is false for another process's.
func (s *Server) viewNumber(seq string) (n uint64, ok bool) {
	epoch, number, _ := strings.Cut(seq, "-")
	n, err := strconv.ParseUint(number, 10, 64)
	return n, err == nil && epoch == s.epoch
}

// render writes a page. What is above the first rows leaves at once, so that a
// long table does not keep the reader waiting.
func (s *Server) render(w http.ResponseWriter, r *http.Request, status int, name string, f *frame) {
	f.words, f.Version = wordsFor(r), s.opts.Version
	q := r.URL.Query()
	q.Set("lang", f.Other())
	f.Switch = r.URL.EscapedPath() + "?" + q.Encode()
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", f.Lang)
	h.Set("Vary", "Accept-Language")
	w.WriteHeader(status)
	out := &early{w: w}
	if err := pages().ExecuteTemplate(out, name, f); err == nil {
		_ = out.flush()
	}
}

// early is a buffer that lets go of the first bytes soon and of the rest in
// large pieces.
type early struct {
	w    http.ResponseWriter
	buf  bytes.Buffer
	sent bool
}

const (
	firstBytes = 16 << 10
	moreBytes  = 256 << 10
)

func (e *early) Write(p []byte) (int, error) {
	e.buf.Write(p)
	limit := moreBytes
	if !e.sent {
		limit = firstBytes
	}
	if e.buf.Len() < limit {
		return len(p), nil
	}
	e.sent = true
	return len(p), e.flush()
}

func (e *early) flush() error {
	if _, err := io.Copy(e.w, &e.buf); err != nil {
		return err
	}
	return http.NewResponseController(e.w).Flush()
}

// stamp writes a time for a reader; the script says it in the reader's own zone.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05")
}

// machine writes a time for a program.
func machine(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
