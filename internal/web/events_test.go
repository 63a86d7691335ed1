package web

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/reconcile"
)

type reconcileStatus = reconcile.Status

// message is one event of a stream.
type message struct{ event, id, data string }

// listening opens a stream; its messages come one by one from the function.
func listening(t *testing.T, srv *httptest.Server, params, lastID string) func() message {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL+"/events?"+params, nil)
	if err != nil {
		t.Fatal(err)
	}
	if lastID != "" {
		r.Header.Set("Last-Event-ID", lastID)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	if resp.StatusCode != http.StatusOK || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
		t.Fatal(resp.Status, resp.Header)
	}
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 16<<20)
	return func() message {
		var m message
		for lines.Scan() {
			name, value, _ := strings.Cut(lines.Text(), ": ")
			switch {
			case lines.Text() == "" && m.event != "":
				return m
			case name == "event":
				m.event = value
			case name == "id":
				m.id = value
			case name == "data":
				m.data = value
			}
		}
		t.Fatal("the stream ended:", lines.Err())
		return m
	}
}

func updateOf(t *testing.T, m message) update {
	t.Helper()
	var u update
	if err := json.Unmarshal([]byte(m.data), &u); err != nil || m.event != "update" || m.id != u.Seq {
		t.Fatal(m, err)
	}
	return u
}

func seqOf(t *testing.T, srv *httptest.Server) string {
	t.Helper()
	_, text := get(t, srv, "/t/local")
	_, rest, _ := strings.Cut(text, `data-seq="`)
	seq, _, _ := strings.Cut(rest, `"`)
	return seq
}

func keys(cs []change) string {
	var ks []string
	for _, c := range cs {
		ks = append(ks, c.Key+" after "+c.After)
	}
	return strings.Join(ks, "; ")
}

// TestOnlyWhatChangedIsSent: a row that turned, one that came and one that went.
func TestOnlyWhatChangedIsSent(t *testing.T) {
	f := sample()
	_, srv := serve(t, f)
	next := listening(t, srv, "page=objects&target=local&lang=zh&since="+seqOf(t, srv), "")
	f.publish(func(s *reconcile.Status) { s.Running = true })
	if u := updateOf(t, next()); u.Reload || len(u.Rows)+len(u.Gone) != 0 || !strings.Contains(u.Head, "已漂移") {
		t.Errorf("only the head changed: %+v", u)
	}
	f.publish(func(s *reconcile.Status) {
		s.Running, s.Verdict, s.Counts = false, reconcile.InSync, reconcile.Counts{InSync: 3}
		s.Objects[1].State, s.Objects[1].Why = reconcile.ObjectInSync, ""
	})
	u := updateOf(t, next())
	if keys(u.Rows) != "connection/corp-oidc after identityprovider/corp" || !strings.Contains(u.Rows[0].HTML, "一致") || len(u.Counts) != 6 || u.Counts[1].N != 3 {
		t.Errorf("one row turned: %+v", u)
	}
	f.publish(func(s *reconcile.Status) {
		s.Objects[0] = reconcile.ObjectStatus{Key: model.Key{Kind: model.IdentityProvider, Name: "a-first"}, State: reconcile.ObjectPending}
	})
	u = updateOf(t, next())
	if keys(u.Rows) != "identityprovider/a-first after " || fmt.Sprint(u.Gone) != "[identityprovider/corp]" {
		t.Errorf("one came and one went: %+v", u)
	}
}

// TestReconnect: who comes back is told what it missed; who comes from another
// process, or from too long ago, loads the page anew.
func TestReconnect(t *testing.T) {
	f := sample()
	s, srv := serve(t, f)
	old := seqOf(t, srv)
	for range 5 {
		f.publish(func(s *reconcile.Status) { s.Objects[0].LastChange = s.Objects[0].LastChange.Add(time.Second) })
		seqOf(t, srv)
	}
	f.publish(func(s *reconcile.Status) { s.Objects[2].State = reconcile.ObjectFailing })
	u := updateOf(t, listening(t, srv, "page=objects&target=local&since=ignored", old)())
	if keys(u.Rows) != "application/portal after ; identityprovider/corp after connection/corp-oidc" {
		t.Errorf("it missed %s", keys(u.Rows))
	}
	for _, id := range []string{"000000000000-3", s.epoch + "-99999", s.epoch, "x", s.epoch + "--1"} {
		if u := updateOf(t, listening(t, srv, "page=objects&target=local", id)()); !u.Reload {
			t.Errorf("from %q: %+v", id, u)
		}
	}
	if u := updateOf(t, listening(t, srv, "page=plan&target=local", old)()); !u.Reload || len(u.Rows) > 0 {
		t.Errorf("a page without rows: %+v", u)
	}
}

// TestManyGone: the memory of what went is bounded, and says so by a reload.
func TestManyGone(t *testing.T) {
	status := func(from, n int) *reconcile.Status {
		s := &reconcile.Status{}
		for i := range n {
			s.Objects = append(s.Objects, reconcile.ObjectStatus{Key: model.Key{Kind: model.Application, Name: fmt.Sprintf("a%06d", from+i)}})
		}
		return s
	}
	newView := func(st *reconcile.Status, before *view) *view {
		v := &view{status: st, n: 1, floor: 1}
		if before != nil {
			v.n = before.n + 1
		}
		v.lay(before)
		return v
	}
	v := newView(status(0, 6000), nil)
	v = newView(status(6000, 6000), v)
	if _, gone, ok := v.since(1); !ok || len(gone) != 6000 {
		t.Errorf("%d gone, %t", len(gone), ok)
	}
	v = newView(status(12000, 6000), v)
	if len(v.gone) != remembered {
		t.Errorf("%d are remembered", len(v.gone))
	}
	if _, _, ok := v.since(1); ok {
		t.Error("not all of what went since the first view is known")
	}
	if _, gone, ok := v.since(2); !ok || len(gone) != 6000 {
		t.Errorf("since the second: %d gone, %t", len(gone), ok)
	}
}

// TestStreamsAreBounded: one more than the most is sent away, and finds a place
// when another goes.
func TestStreamsAreBounded(t *testing.T) {
	f := sample()
	s, srv := serve(t, f)
	for range maxStreams {
		s.streams <- struct{}{}
	}
	if resp, _ := get(t, srv, "/events?target=local"); resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" {
		t.Errorf("%s", resp.Status)
	}
	<-s.streams
	updateOf(t, listening(t, srv, "target=local", "")())
}

func TestOverviewOfMany(t *testing.T) {
	f, g := sample(), sample()
	g.publish(func(s *reconcile.Status) { s.Verdict, s.Counts = reconcile.InSync, reconcile.Counts{InSync: 3} })
	_, srv := serve(t, f, func(o *Options) { o.Targets = append(o.Targets, Target{Name: "eu/west 1", Status: g.status}) })
	_, text := get(t, srv, "/")
	for _, want := range []string{`href="/t/local"`, `href="/t/eu~west%201"`, "3 objects, 1 drifted", `class="state in-sync"`} {
		if !strings.Contains(text, want) {
			t.Errorf("the overview does not say %q", want)
		}
	}
	if resp, text := get(t, srv, "/t/eu~west%201/plan"); resp.StatusCode != http.StatusOK || !strings.Contains(text, "all targets") {
		t.Errorf("drill down: %s", resp.Status)
	}
	next := listening(t, srv, "page=overview", "")
	first := updateOf(t, next())
	f.publish(func(s *reconcile.Status) { s.Verdict = reconcile.Failing })
	if u := updateOf(t, next()); !u.Reload || u.Seq == first.Seq {
		t.Errorf("a target moved: %+v", u)
	}
	_, text = get(t, srv, "/api/v1/status")
	if strings.Contains(text, `"details"`) || strings.Count(text, `"verdict"`) != 2 {
		t.Errorf("many targets come without details: %s", text)
	}
	if _, text = get(t, srv, "/api/v1/status?target=eu%2Fwest+1"); !strings.Contains(text, `"details"`) {
		t.Error("one target comes with details")
	}
}

// TestALazyReaderIsDropped: who does not read what is sent loses the stream, and
// nobody waits for it for ever.
func TestALazyReaderIsDropped(t *testing.T) {
	f := sample()
	f.publish(func(s *reconcile.Status) {
		for i := range 2000 {
			s.Objects = append(s.Objects, reconcile.ObjectStatus{Key: model.Key{Kind: model.Application, Name: fmt.Sprintf("zz%05d", i)}, Why: strings.Repeat("x", 500)})
		}
	})
	s, srv := serve(t, f)
	s.laziest = 50 * time.Millisecond
	c, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "GET /events?page=objects&target=local&since=%s HTTP/1.1\r\nHost: localhost\r\n\r\n", seqOf(t, srv))
	eventually(t, func() bool { return f.listeners() == 1 })
	eventually(t, func() bool {
		f.publish(func(s *reconcile.Status) {
			for i := range s.Objects {
				s.Objects[i].LastChange = s.Objects[i].LastChange.Add(time.Second)
			}
		})
		return f.listeners() == 0
	})
}

// eventually repeats a look until it is so.
func eventually(t *testing.T, look func() bool) {
	t.Helper()
	end := time.NewTimer(time.Minute)
	defer end.Stop()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for !look() {
		select {
		case <-end.C:
			t.Fatal("after a minute still not so")
		case <-again.C:
		}
	}
}
