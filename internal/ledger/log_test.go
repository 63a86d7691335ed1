package ledger

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/idpsync/idpsync/internal/model"
)

type line struct {
	Text string `json:"text"`
}

// TestParallelWritesShareAnFsync holds the first write back until all the others
// have queued: they then go to the disk together.
func TestParallelWritesShareAnFsync(t *testing.T) {
	const n = 64
	writes, first := 0, make(chan struct{})
	path := filepath.Join(t.TempDir(), "log")
	guard := func() error {
		if writes++; writes == 1 {
			<-first
		}
		return nil
	}
	l, err := openLog(path, logEnd{}, guard)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			if err := l.append(line{fmt.Sprint(i)}); err != nil {
				t.Error(err)
			}
		})
	}
	for queued := 0; queued < n; {
		_, queued = l.end()
	}
	close(first)
	wg.Wait()
	if writes != 2 {
		t.Errorf("%d writes for %d records, want 2", writes, n)
	}
	seen := map[string]bool{}
	end, err := readLog(path, func(_ int, text []byte) error {
		var r line
		err := json.Unmarshal(text, &r)
		seen[r.Text] = true
		return err
	})
	if err != nil || len(seen) != n || end.lines != n || end.torn {
		t.Errorf("%d of %d, %+v, %v", len(seen), n, end, err)
	}
}

// TestAFullDevice: everyone who waits is told, nothing more is written, and what
// was there before is whole.
func TestAFullDevice(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("no /dev/full here")
	}
	path := filepath.Join(t.TempDir(), "log")
	l, err := openLog(path, logEnd{}, func() error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	if err := l.append(line{"kept"}); err != nil {
		t.Fatal(err)
	}
	real := l.file
	l.file = full
	var e *Error
	if err := l.append(line{"lost"}); !errors.As(err, &e) || e.Problem != Unwritable || !strings.Contains(err.Error(), "no space left") {
		t.Errorf("err = %v", err)
	}
	l.file = real
	if err := l.append(line{"after"}); err == nil {
		t.Error("a log that failed once was written again")
	}
	end, err := readLog(path, func(int, []byte) error { return nil })
	if err != nil || end.lines != 1 || end.torn {
		t.Errorf("%+v, %v", end, err)
	}
}

// TestARecordThatCannotBeWrittenLeavesNoTrace: the chain goes on without it.
func TestARecordThatCannotBeWrittenLeavesNoTrace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	l, err := openLog(path, logEnd{}, func() error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	if err := l.append(line{"a"}, map[string]any{"bad": make(chan int)}); err == nil {
		t.Error("a channel was written")
	}
	if err := l.append(line{"b"}); err != nil {
		t.Fatal(err)
	}
	end, err := readLog(path, func(int, []byte) error { return nil })
	if err != nil || end.lines != 1 {
		t.Errorf("%+v, %v", end, err)
	}
}

// TestHistoryIsDropped: a memory that was mostly written over is short after the
// release, says the same, and is found cut when it is.
func TestHistoryIsDropped(t *testing.T) {
	dir := t.TempDir()
	l, err := Open("file:.", dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	p := l.Pool("p")
	w, err := p.Lock(t.Context(), Holder{PID: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.UsePlan(t.Context(), "sha256:a", "r1"); err != nil {
		t.Fatal(err)
	}
	for i := range 30 {
		if err := w.Save(t.Context(), hundred(fmt.Sprint("run ", i))...); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, "p", memoryFile)
	before, _ := os.Stat(path)
	older, _ := os.ReadFile(filepath.Join(dir, "p", stateName))
	if err := w.Release(); err != nil {
		t.Fatal(err)
	}
	after, _ := os.Stat(path)
	if after.Size() > before.Size()/20 {
		t.Errorf("%d bytes, %d before", after.Size(), before.Size())
	}
	got, err := p.Objects(t.Context())
	if err != nil || len(got) != 100 || got[model.Key{Kind: model.Application, Name: "a7"}].Run != "run 29" {
		t.Errorf("%d objects, %v", len(got), err)
	}
	if run, used, err := p.UsedPlan(t.Context(), "sha256:a"); run != "r1" || !used || err != nil {
		t.Errorf("%q %v %v", run, used, err)
	}
	whole, _ := os.ReadFile(path)
	lines := strings.SplitAfter(string(whole), "\n")
	cut := strings.Join(lines[:50], "")
	if err := os.WriteFile(path, []byte(cut), 0o600); err != nil {
		t.Fatal(err)
	}
	var e *Error
	if _, err := p.Objects(t.Context()); !errors.As(err, &e) || e.Problem != Damaged {
		t.Errorf("cut between two lines: %v", err)
	}
	// The same if the process died before it could write down the new length.
	newer, _ := os.ReadFile(filepath.Join(dir, "p", stateName))
	writeState(t, dir, older)
	if _, err := p.Objects(t.Context()); !errors.As(err, &e) || e.Cause != Cut {
		t.Errorf("cut after a death: %v", err)
	}
	writeState(t, dir, newer)
	writeAgain(t, p, path, whole)
}

// TestFirstLinesAreNoHistory: a memory that nothing was written over in is not
// written anew, however much one run put into it.
func TestFirstLinesAreNoHistory(t *testing.T) {
	dir := t.TempDir()
	l, err := Open("file:.", dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	p := l.Pool("p")
	path := filepath.Join(dir, "p", memoryFile)
	run := func(ops func(w Writer) error) (same bool) {
		w, err := p.Lock(t.Context(), Holder{PID: 1})
		if err != nil {
			t.Fatal(err)
		}
		if err := ops(w); err != nil {
			t.Fatal(err)
		}
		before, _ := os.ReadFile(path)
		if err := w.Release(); err != nil {
			t.Fatal(err)
		}
		after, _ := os.ReadFile(path)
		return bytes.Equal(before, after)
	}
	save := func(from, to int) func(w Writer) error {
		return func(w Writer) error {
			for i := from; i < to; i++ {
				objects := hundred("r")
				for j := range objects {
					objects[j].Key.Name = fmt.Sprint("a", 100*i+j)
				}
				if err := w.Save(t.Context(), objects...); err != nil {
					return err
				}
			}
			return nil
		}
	}
	if !run(save(0, 20)) || !run(save(20, 25)) {
		t.Error("a memory without history was written anew")
	}
	if !run(save(0, 25)) { // as much history as there are objects, and no more
		t.Error("a memory of which half is history was written anew")
	}
	if run(save(0, 15)) {
		t.Error("a memory that is mostly history was left as it is")
	}
	got, err := p.Objects(t.Context())
	if err != nil || len(got) != 2500 {
		t.Errorf("%d objects, %v", len(got), err)
	}
}

func writeState(t *testing.T, dir string, content []byte) {
	if err := os.WriteFile(filepath.Join(dir, "p", stateName), content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// writeAgain goes on after a memory was made short.
func writeAgain(t *testing.T, p Pool, path string, whole []byte) {
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	w, err := p.Lock(t.Context(), Holder{PID: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Forget(t.Context(), model.Key{Kind: model.Application, Name: "a7"}); err != nil {
		t.Fatal(err)
	}
	if err := w.Release(); err != nil {
		t.Fatal(err)
	}
	if got, err := p.Objects(t.Context()); len(got) != 99 || err != nil {
		t.Errorf("%d objects, %v", len(got), err)
	}
}

func hundred(run string) []Object {
	objects := make([]Object, 100)
	for i := range objects {
		objects[i] = Object{Key: model.Key{Kind: model.Application, Name: fmt.Sprint("a", i)}, Run: run, At: time.Unix(0, 0)}
	}
	return objects
}

// BenchmarkObjects reads a memory of 10,000 applications of about 1 KiB.
func BenchmarkObjects(b *testing.B) {
	p := big(b)
	for b.Loop() {
		if got, err := p.Objects(b.Context()); len(got) != 10000 || err != nil {
			b.Fatal(len(got), err)
		}
	}
}

// BenchmarkSaveOne writes one object beside 10,000 others.
func BenchmarkSaveOne(b *testing.B) {
	p := big(b)
	w, err := p.Lock(b.Context(), Holder{PID: 1})
	if err != nil {
		b.Fatal(err)
	}
	defer w.Release()
	for b.Loop() {
		if err := w.Save(b.Context(), Object{Key: model.Key{Kind: model.Application, Name: "one"}}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLock takes the lock of that memory and gives it back.
func BenchmarkLock(b *testing.B) {
	p := big(b)
	for b.Loop() {
		w, err := p.Lock(b.Context(), Holder{PID: 1})
		if err != nil {
			b.Fatal(err)
		}
		_ = w.Release()
	}
}

// BenchmarkThousandCreates journals what an apply of 1,000 creates in 8 lanes does.
func BenchmarkThousandCreates(b *testing.B) {
	p := big(b)
	w, err := p.Lock(b.Context(), Holder{PID: 1})
	if err != nil {
		b.Fatal(err)
	}
	defer w.Release()
	run := 0
	for b.Loop() {
		run++
		j, err := w.Begin(b.Context(), RunHead{ID: fmt.Sprint("r", run)})
		if err != nil {
			b.Fatal(err)
		}
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range 125 {
					n, err := j.Intent(b.Context(), Entry{Key: model.Key{Kind: model.Application, Name: "a"}, Action: "create"})
					if err == nil {
						err = j.Outcome(b.Context(), n, Outcome{Fate: Done, ID: "x"})
					}
					if err != nil {
						b.Error(err)
					}
				}
			})
		}
		wg.Wait()
		_ = j.Close(b.Context(), Summary{})
	}
}

func big(b *testing.B) Pool {
	l, err := Open("file:.", b.TempDir(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	p := l.Pool("p")
	w, err := p.Lock(b.Context(), Holder{PID: 1})
	if err != nil {
		b.Fatal(err)
	}
	objects := make([]Object, 10000)
	for i := range objects {
		tree := map[string]any{
			"appName": fmt.Sprint("App ", i), "redirectUris": []any{"https://a.example/x", "https://b.example/y"},
			"oidcConfig":  map[string]any{"grant_types": []any{"authorization_code", "refresh_token"}, "client_secret": model.SecretRef("env:X")},
			"description": strings.Repeat("some words ", 60),
		}
		objects[i] = Object{
			Key: model.Key{Kind: model.Application, Name: fmt.Sprint("app-", i)}, ID: fmt.Sprint("id", i),
			Applied: Remember(tree, nil), Run: "r1", At: time.Unix(1, 0),
		}
	}
	if err := w.Save(b.Context(), objects...); err != nil {
		b.Fatal(err)
	}
	if err := w.Release(); err != nil {
		b.Fatal(err)
	}
	return p
}
