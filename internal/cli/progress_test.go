package cli

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vbauerster/mpb/v8"
)

// screen is a terminal as far as bytes go.
type fakeScreen struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *fakeScreen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *fakeScreen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// TestProgressAndLines writes lines while a bar moves: every line arrives once
// and whole, the bar shows its rate, and in the end nothing of it is left.
func TestProgressAndLines(t *testing.T) {
	screen := &fakeScreen{}
	err := &lockedWriter{w: screen}
	p := newProgress(err, screen, mpb.WithAutoRefresh())
	const lines = 300
	var wg sync.WaitGroup
	for w := range 3 {
		wg.Go(func() {
			for i := range lines / 3 {
				fmt.Fprintf(err, "done    step %d-%d\n", w, i)
				p.tell("applying", i, lines)
			}
		})
	}
	wg.Wait()
	for late := time.Now().Add(time.Minute); !strings.Contains(screen.String(), "/s "); { // drawn at least once
		if time.Now().After(late) {
			t.Fatalf("no bar within a minute: %q", screen.String())
		}
		p.tell("applying", lines-1, lines)
		fmt.Fprint(err, "")
	}
	p.end()
	p.tell("applying", lines, lines) // too late, and no matter
	p.end()
	fmt.Fprintln(err, "the end")
	got := screen.String()
	if !strings.Contains(got, "applying ") {
		t.Error("no bar was drawn")
	}
	for w := range 3 {
		for i := range lines / 3 {
			if line := fmt.Sprintf("done    step %d-%d\n", w, i); strings.Count(got, line) != 1 {
				t.Errorf("%q stands there %d times", line, strings.Count(got, line))
			}
		}
	}
	last := got[strings.LastIndex(got, "\x1b[J")+1:]
	if strings.Contains(last, "applying") || !strings.HasSuffix(got, "the end\n") {
		t.Errorf("something of the bar is left: %q", last)
	}
}

// TestNoProgressOffTerminals: a pipe and a file get no bar, and a nil progress
// does nothing.
func TestNoProgressOffTerminals(t *testing.T) {
	var out, errs bytes.Buffer
	for _, terminal := range []bool{false, true} { // true: said to be one, and no file
		a := newApp(Env{Terminal: func(any) bool { return terminal }}, nil, &out, &errs)
		p := a.progress()
		if p != nil {
			t.Errorf("terminal=%t: a bar", terminal)
		}
		p.tell("reading", 1, 2)
		p.end()
	}
	if errs.Len() > 0 {
		t.Errorf("stderr has %q", errs.String())
	}
}
