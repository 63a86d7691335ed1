package watch

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// real watches a folder by the system alone: nothing is found by looking.
func real(t *testing.T, dir string) *Watcher {
	t.Helper()
	if s, err := openSystem(); err != nil {
		t.Skip("the system cannot watch:", err)
	} else if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	w := Start(dir, Options{Quiet: 10 * time.Millisecond, Look: time.Hour, Warn: func(err error) { t.Error(err) }})
	t.Cleanup(w.Close)
	return w
}

// await waits for a signal; what was told before does not count.
func await(t *testing.T, w *Watcher, what string) {
	t.Helper()
	select {
	case <-w.Changes():
	case <-time.After(time.Minute):
		t.Fatalf("%s: not told", what)
	}
}

// settle takes the signals that are on their way, so that the next one is about
// what comes next.
func settle(t *testing.T, w *Watcher) {
	t.Helper()
	for {
		select {
		case <-w.Changes():
		case <-time.After(100 * time.Millisecond):
			return
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	must(t, os.WriteFile(path, []byte(text), 0o644))
}

// TestWhatEditorsAndToolsDo: each is told of by the system.
func TestWhatEditorsAndToolsDo(t *testing.T) {
	dir := folder(t)
	at := func(names ...string) string { return filepath.Join(append([]string{dir}, names...)...) }
	must(t, os.MkdirAll(at("sub", "deep"), 0o755))
	write(t, at("a.yaml"), "1")
	w := real(t, dir)
	for _, step := range []struct {
		what string
		do   func()
	}{
		{"written in place", func() { write(t, at("a.yaml"), "2") }},
		{"renamed over, as editors do", func() { write(t, at(".a.tmp"), "3"); must(t, os.Rename(at(".a.tmp"), at("a.yaml"))) }},
		{"a backup, then a new file, as vim does", func() { must(t, os.Rename(at("a.yaml"), at("a.yaml~"))); write(t, at("a.yaml"), "4") }},
		{"removed", func() { must(t, os.Remove(at("a.yaml~"))) }},
		{"in a folder", func() { write(t, at("sub", "deep", "b.yaml"), "1") }},
		{"a new folder with a file", func() { must(t, os.MkdirAll(at("new", "deeper"), 0o755)); write(t, at("new", "deeper", "c.yaml"), "1") }},
		{"in the new folder", func() { write(t, at("new", "deeper", "c.yaml"), "2") }},
		{"a folder moved inside", func() { must(t, os.Rename(at("sub"), at("moved"))) }},
		{"below the moved folder", func() { write(t, at("moved", "deep", "b.yaml"), "2") }},
		{"a folder below the moved one", func() { must(t, os.Mkdir(at("moved", "deep", "newer"), 0o755)) }},
		{"in that folder", func() { write(t, at("moved", "deep", "newer", "d.yaml"), "1") }},
		{"a folder moved away and made again", func() {
			must(t, os.Rename(at("moved"), at(".away")), os.MkdirAll(at("moved", "deep"), 0o755))
		}},
		{"below the one made again", func() { write(t, at("moved", "deep", "b.yaml"), "3") }},
		{"a folder removed with all in it", func() { must(t, os.RemoveAll(at("moved"))) }},
		{"no right to read it any more", func() { must(t, os.Chmod(at("a.yaml"), 0o000)) }},
	} {
		settle(t, w)
		step.do()
		await(t, w, step.what)
	}
}

// TestKubernetesSwap: the mounted folder holds links through ..data, which is
// swapped as a whole; a folder inside is a link too.
func TestKubernetesSwap(t *testing.T) {
	dir := folder(t)
	at := func(names ...string) string { return filepath.Join(append([]string{dir}, names...)...) }
	version := func(name, text string) {
		must(t, os.MkdirAll(at(name, "sub"), 0o755))
		write(t, at(name, "a.yaml"), text)
		write(t, at(name, "sub", "b.yaml"), text)
		must(t, os.Symlink(name, at("..data_tmp")), os.Rename(at("..data_tmp"), at("..data")))
	}
	version("..2026_1", "1")
	must(t, os.Symlink(filepath.Join("..data", "a.yaml"), at("a.yaml")), os.Symlink(filepath.Join("..data", "sub"), at("sub")))
	w := real(t, dir)
	settle(t, w)
	version("..2026_2", "2")
	await(t, w, "the swap")
	settle(t, w)
	must(t, os.RemoveAll(at("..2026_1")))
	settle(t, w)
	write(t, at("..2026_2", "sub", "b.yaml"), "3")
	await(t, w, "below the link that leads elsewhere now")
}

// TestTheFolderIsMadeAgain: deleted and made anew, and only later filled.
func TestTheFolderIsMadeAgain(t *testing.T) {
	dir := filepath.Join(folder(t), "config")
	w := Start(dir, Options{Quiet: 10 * time.Millisecond, Look: 20 * time.Millisecond, Warn: func(err error) { t.Error(err) }})
	defer w.Close()
	settle(t, w)
	must(t, os.Mkdir(dir, 0o755))
	await(t, w, "made")
	settle(t, w)
	must(t, os.RemoveAll(dir))
	await(t, w, "removed")
	settle(t, w)
	must(t, os.MkdirAll(filepath.Join(dir, "sub"), 0o755))
	await(t, w, "made again")
	settle(t, w)
	write(t, filepath.Join(dir, "sub", "a.yaml"), "1")
	await(t, w, "filled")
}

// TestLinksInACircle end the walk all the same, and links out are not followed.
func TestLinksInACircle(t *testing.T) {
	dir, outside := folder(t), folder(t)
	must(t, os.Mkdir(filepath.Join(dir, "sub"), 0o755), os.Symlink(dir, filepath.Join(dir, "sub", "up")), os.Symlink(outside, filepath.Join(dir, "out")))
	w := Start(dir, Options{Look: time.Hour})
	w.Close()
	if w.tree.watched(outside) || !w.tree.watched(filepath.Join(dir, "sub")) || len(w.tree.folders) != 2 {
		t.Errorf("watched: %v", w.tree.folders)
	}
}
