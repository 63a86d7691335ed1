package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

const (
	// maxStreams is how many pages may listen at a time.
	maxStreams = 64
	// beat is how often a stream says that it lives; a page that hears nothing
	// for longer begins anew.
	beat = 15 * time.Second
	// calm is the shortest time between two updates of a page, and calmer that of
	// the list of targets, which is loaded as a whole.
	calm, calmer = 250 * time.Millisecond, 2 * time.Second
	// slowest is how long a reader may take to read an update.
	slowest = 10 * time.Second
	// goneSeq is what the page of a target has that is not there any more.
	goneSeq = "gone"
)

// update is what a page is told. A page that cannot be brought up to date piece
// by piece is told to load itself again.
type update struct {
	Seq    string   `json:"seq"`
	Reload bool     `json:"reload,omitempty"`
	Head   string   `json:"head,omitempty"`
	Counts []count  `json:"counts,omitempty"`
	Rows   []change `json:"rows,omitempty"`
	Gone   []string `json:"gone,omitempty"`
}

// change is a row as it is now, and the row that stands before it.
type change struct {
	Key   string `json:"key"`
	HTML  string `json:"html"`
	After string `json:"after"`
}

// events is a stream of server-sent events: what became other of the target
// since the view that the reader has, named by Last-Event-ID or, at first, by
// the page.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	t := s.find(q.Get("target"))
	if t == nil && q.Get("target") != "" {
		http.Error(w, "there is no such target\n", http.StatusNotFound)
		return
	}
	select {
	case s.streams <- struct{}{}:
		defer func() { <-s.streams }()
	default:
		w.Header().Set("Retry-After", "10")
		http.Error(w, "too many pages are listening; close some\n", http.StatusServiceUnavailable)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("X-Accel-Buffering", "no")
	s.metrics.streams.Inc()
	defer s.metrics.streams.Dec()
	st := &stream{server: s, w: w, out: http.NewResponseController(w), target: t, words: wordsFor(r), table: q.Get("page") == "objects"}
	st.has = r.Header.Get("Last-Event-ID")
	if st.has == "" {
		st.has = q.Get("since")
	}
	st.run(r)
}

// stream is one page that listens.
type stream struct {
	server *Server
	w      http.ResponseWriter
	out    *http.ResponseController
	target *shown // nil for the list of targets
	words  words
	table  bool   // the page shows the rows
	has    string // the view that the page has
	beside string // what else of its head
}

// run sends updates until the reader goes, the server ends, or the reader is so
// slow that a write does not end in time.
func (st *stream) run(r *http.Request) {
	news, cancel := st.server.subscribe()
	defer cancel()
	alive := time.NewTicker(beat)
	defer alive.Stop()
	rest := calm
	if st.target == nil {
		rest = calmer
	}
	if st.write("retry: 2000\n\n") != nil || st.tell(r.Context()) != nil {
		return
	}
	for {
		select {
		case <-r.Context().Done():
			return
		case <-st.server.closing:
			return
		case <-alive.C:
			if st.write("event: beat\ndata: {}\n\n") != nil {
				return
			}
			continue
		case <-news:
		}
		if st.tell(r.Context()) != nil {
			return
		}
		select {
		case <-time.After(rest):
		case <-r.Context().Done():
			return
		}
	}
}

// subscribe hears of new snapshots; without a source of news it never does.
func (s *Server) subscribe() (<-chan struct{}, func()) {
	if s.opts.Subscribe == nil {
		return nil, func() {}
	}
	return s.opts.Subscribe()
}

// tell sends what the page does not have yet, if there is anything.
func (st *stream) tell(ctx context.Context) error {
	u := st.update(ctx)
	if u == nil {
		return nil
	}
	data, err := json.Marshal(u)
	if err != nil {
		return err
	}
	st.has = u.Seq
	return st.write(fmt.Sprintf("event: update\nid: %s\ndata: %s\n\n", u.Seq, data))
}

func (st *stream) write(text string) error {
	_ = st.out.SetWriteDeadline(time.Now().Add(st.server.laziest)) // a recorder of a test has none
	if _, err := st.w.Write([]byte(text)); err != nil {
		return err
	}
	return st.out.Flush()
}

// update is what the page does not have; nil for nothing.
func (st *stream) update(ctx context.Context) *update {
	s := st.server
	if st.target == nil {
		return st.overview()
	}
	if s.find(st.target.name) != st.target { // it is in the fleet no more
		if st.has == goneSeq {
			return nil
		}
		return &update{Seq: goneSeq, Reload: true}
	}
	v := s.look(ctx, st.target)
	seq, beside := s.seq(v), s.beside(st.target)
	news := beside != st.beside
	st.beside = beside
	if seq == st.has {
		if !news {
			return nil
		}
		return &update{Seq: seq, Head: fragment("head", s.headOf(st.words, st.target, v))}
	}
	n, ours := s.viewNumber(st.has)
	rows, gone, known := v.since(n)
	if !ours || !known || !st.table {
		return &update{Seq: seq, Reload: true}
	}
	h := s.headOf(st.words, st.target, v)
	u := &update{Seq: seq, Head: fragment("head", h), Counts: counts(h, "", ""), Gone: gone}
	say := st.words.sentences()
	for _, i := range rows {
		c := change{Key: v.rows[i].Key, HTML: fragment("row", newLine(&v.rows[i], h, say))}
		if i > 0 {
			c.After = v.rows[i-1].Key
		}
		u.Rows = append(u.Rows, c)
	}
	return u
}

// overview tells the list of targets to load itself again when one of them moved.
func (st *stream) overview() *update {
	seq := st.server.epoch + "-" + st.server.sum(time.Now())
	if seq == st.has {
		return nil
	}
	return &update{Seq: seq, Reload: true}
}

// beside is what the head shows that is not of the snapshot: it is another
// whenever that looks other.
func (s *Server) beside(t *shown) string {
	if s.opts.Fleet == nil {
		return ""
	}
	return fmt.Sprint(t.job(), s.away())
}
