package ledger_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idpsync/idpsync/internal/ledger"
	"github.com/idpsync/idpsync/internal/model"
)

const poolID = "62eaa95fe0a1b29a5295bf7c"

// opened gives the pool of a ledger in dir, and what was told of it.
func opened(t *testing.T, dir string) (ledger.Pool, *[]*ledger.Error) {
	t.Helper()
	var told []*ledger.Error
	l, err := ledger.Open("file:.", dir, ledger.Options{Tell: func(e *ledger.Error) { told = append(told, e) }})
	must(t, err)
	return l.Pool(poolID), &told
}

// lived is a ledger that has seen two runs, the second of which was cut off.
func lived(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	p, _ := opened(t, dir)
	must(t, p.LearnTraits(t.Context(), map[string]string{"secrets": "clear"}, noon))
	w := lock(t, p)
	must(t, w.Save(t.Context(), example(corp), example(portal)))
	must(t, w.UsePlan(t.Context(), "sha256:a", "r1"))
	one := run(t, w, "r1")
	must(t, one.Close(t.Context(), ledger.Summary{Time: noon, Done: 1}))
	must(t, w.Release())
	w = lock(t, p)
	run(t, w, "r2")
	must(t, w.Release())
	return dir
}

// run begins one and does a step of it.
func run(t *testing.T, w ledger.Writer, id string) ledger.Journal {
	t.Helper()
	j, err := w.Begin(t.Context(), head(id))
	must(t, err)
	n, err := j.Intent(t.Context(), ledger.Entry{Time: noon, Key: corp, Action: "create"})
	must(t, err)
	must(t, j.Outcome(t.Context(), n, ledger.Outcome{Time: noon, Fate: ledger.Done, ID: "x"}))
	return j
}

// files lists what a pool keeps, less its locks.
func files(t *testing.T, dir string) []string {
	t.Helper()
	var paths []string
	must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !strings.Contains(d.Name(), "lock") {
			paths = append(paths, path)
		}
		return err
	}))
	return paths
}

// everything reads all there is; an answer is right when it equals that of the
// ledger before the damage.
type everything struct {
	Objects    map[model.Key]ledger.Object
	Traits     map[string]string
	Used       bool
	Unfinished []string
	Steps      map[string]int
}

func readAll(t *testing.T, p ledger.Pool) (all everything, errs []error) {
	ctx := t.Context()
	note := func(err error) {
		if err != nil {
			errs = append(errs, err)
		}
	}
	var err error
	all.Objects, err = p.Objects(ctx)
	note(err)
	all.Traits, err = p.Traits(ctx)
	note(err)
	_, all.Used, err = p.UsedPlan(ctx, "sha256:a")
	note(err)
	unfinished, err := p.Unfinished(ctx)
	note(err)
	for _, r := range unfinished {
		all.Unfinished = append(all.Unfinished, r.ID)
	}
	all.Steps = map[string]int{}
	for _, id := range []string{"r1", "r2"} {
		r, err := p.Run(ctx, id)
		note(err)
		if err == nil {
			all.Steps[id] = len(r.Steps)
		}
	}
	return all, errs
}

var valueTrees = cmp.Transformer("tree", func(v ledger.Value) map[string]any { return map[string]any{"tree": v.Tree()} })

// TestEveryByteIsGuarded changes every third byte of each file, and cuts each
// file there. Either everything reads as before, or an *Error names the file.
// The one exception is the journal of a run that was cut off: its last line may
// be missing, since a process that is killed leaves it so.
func TestEveryByteIsGuarded(t *testing.T) {
	dir := lived(t)
	pool, _ := opened(t, dir)
	sound, errs := readAll(t, pool)
	if len(errs) > 0 || len(sound.Objects) != 2 || !sound.Used || len(sound.Unfinished) != 1 || sound.Steps["r1"] != 1 {
		t.Fatalf("%+v, %v", sound, errs)
	}
	tries := 0
	for _, path := range files(t, dir) {
		whole, err := os.ReadFile(path)
		must(t, err)
		judge := func(what string, at int, content []byte) {
			must(t, os.WriteFile(path, content, 0o600))
			tries++
			got, errs := readAll(t, pool)
			if len(errs) == 0 {
				if strings.HasSuffix(path, ".open.jsonl") {
					got.Steps["r2"] = sound.Steps["r2"]
				}
				if diff := cmp.Diff(sound, got, valueTrees); diff != "" {
					t.Errorf("%s, byte %d %s: nothing was said, and this was read: %s", filepath.Base(path), at, what, diff)
				}
			}
			for _, err := range errs {
				var e *ledger.Error
				if !errors.As(err, &e) || e.Path != path || e.Hint() == "" {
					t.Errorf("%s, byte %d %s: %v", filepath.Base(path), at, what, err)
				}
			}
		}
		for i := 0; i < len(whole); i += 3 {
			changed := bytes.Clone(whole)
			changed[i] ^= 1
			judge("changed", i, changed)
			judge("cut", i, whole[:i])
		}
		lines := bytes.SplitAfter(bytes.TrimSuffix(whole, []byte("\n")), []byte("\n"))
		for i := 1; i < len(lines)-1; i++ {
			judge("and line lost", i, bytes.Join(slices.Concat(lines[:i], lines[i+1:], [][]byte{[]byte("\n")}), nil))
			judge("and line doubled", i, bytes.Join(slices.Concat(lines[:i+1], lines[i:], [][]byte{[]byte("\n")}), nil))
		}
		must(t, os.Remove(path))
		if _, errs := readAll(t, pool); len(errs) == 0 && (strings.Contains(path, "memory") || strings.HasSuffix(path, "pool.json")) {
			t.Errorf("%s is gone and nobody says so", filepath.Base(path))
		}
		must(t, os.WriteFile(path, whole, 0o600))
	}
	t.Logf("%d damages", tries)
}

// TestDamageStopsTheWriter: a run that would write to a damaged memory does not
// begin, and the lock is free again.
func TestDamageStopsTheWriter(t *testing.T) {
	for _, name := range []string{"memory.jsonl", "pool.json"} {
		dir := lived(t)
		path := filepath.Join(dir, poolID, name)
		whole, err := os.ReadFile(path)
		must(t, err)
		must(t, os.WriteFile(path, whole[:len(whole)/2], 0o600))
		p, _ := opened(t, dir)
		for range 2 {
			_, err = p.Lock(t.Context(), ledger.Holder{PID: 1})
			var e *ledger.Error
			if !errors.As(err, &e) || e.Problem != ledger.Damaged || e.Code() != "IDP0410" {
				t.Errorf("%s: %v", name, err)
			}
		}
		must(t, os.WriteFile(path, whole, 0o600))
		lock(t, p)
	}
}

func TestATornMemoryIsToldAndMended(t *testing.T) {
	dir := lived(t)
	path := filepath.Join(dir, poolID, "memory.jsonl")
	whole, err := os.ReadFile(path)
	must(t, err)
	must(t, os.WriteFile(path, append(whole, strings.Repeat(`{"sum":"0123`, 200)...), 0o600))
	p, told := opened(t, dir)
	sameObjects(t, p, example(corp), example(portal))
	if len(*told) > 0 {
		t.Errorf("a reader cannot know it from a line that is being written: %v", *told)
	}
	w := lock(t, p)
	if len(*told) != 1 || (*told)[0].Problem != ledger.Torn || (*told)[0].Path != path || (*told)[0].Code() != "IDP0414" {
		t.Errorf("told: %v", *told)
	}
	o := example(corp)
	o.ID = "6500bb"
	must(t, w.Save(t.Context(), o))
	must(t, w.Release())
	p, told = opened(t, dir)
	lock(t, p)
	sameObjects(t, p, o, example(portal))
	if len(*told) > 0 {
		t.Errorf("told again: %v", *told)
	}
}

func TestATornJournalIsToldAndMended(t *testing.T) {
	dir := lived(t)
	paths, err := filepath.Glob(filepath.Join(dir, poolID, "journal", "*.open.jsonl"))
	if err != nil || len(paths) != 1 {
		t.Fatal(paths, err)
	}
	whole, err := os.ReadFile(paths[0])
	must(t, err)
	must(t, os.WriteFile(paths[0], whole[:len(whole)-5], 0o600))
	p, told := opened(t, dir)
	runs, err := p.Unfinished(t.Context())
	if err != nil || len(runs) != 1 || !runs[0].Torn || len(runs[0].Open()) != 1 {
		t.Fatalf("%+v, %v", runs, err)
	}
	w := lock(t, p)
	must(t, w.Settle(t.Context(), "r2", map[int]ledger.Outcome{1: {Time: noon, Fate: ledger.Done, ID: "x"}}))
	if len(*told) != 1 || (*told)[0].Problem != ledger.Torn {
		t.Errorf("told: %v", *told)
	}
	r, err := p.Run(t.Context(), "r2")
	if err != nil || r.Torn || r.Steps[0].Outcome.ID != "x" || r.SettledBy == "" {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestNewerVersionsAreRefused plays a later program: it may make its checksums
// otherwise, so the version counts before them.
func TestNewerVersionsAreRefused(t *testing.T) {
	for _, name := range []string{"memory.jsonl", "pool.json", "traits.json", "journal/*-r1.jsonl", "journal/*.open.jsonl"} {
		dir := lived(t)
		p, _ := opened(t, dir)
		if strings.HasSuffix(name, "r1.jsonl") { // a writer looks at the newest journal
			paths, _ := filepath.Glob(filepath.Join(dir, poolID, "journal/*.open.jsonl"))
			must(t, os.Remove(paths[0]))
		}
		paths, err := filepath.Glob(filepath.Join(dir, poolID, name))
		if err != nil || len(paths) != 1 {
			t.Fatal(name, paths, err)
		}
		whole, err := os.ReadFile(paths[0])
		must(t, err)
		newer := bytes.Replace(whole, []byte(`"version":1`), []byte(`"version":2`), 1)
		must(t, os.WriteFile(paths[0], newer, 0o600))
		_, errs := readAll(t, p)
		if name != "traits.json" { // doctor's file: a run reads it before it locks
			_, err := p.Lock(t.Context(), ledger.Holder{PID: 1})
			errs = append(errs, err)
		}
		var e *ledger.Error
		for _, err := range errs {
			var gone *ledger.NoRunError
			if !errors.As(err, &gone) && (!errors.As(err, &e) || e.Problem != ledger.Newer || e.Code() != "IDP0411") {
				t.Errorf("%s: %v", name, err)
			}
		}
		if len(errs) == 0 || errs[len(errs)-1] == nil {
			t.Errorf("%s: nobody said that it is newer", name)
		}
	}
}

func TestACopyOfAnotherPoolIsRefused(t *testing.T) {
	dir := lived(t)
	must(t, os.Rename(filepath.Join(dir, poolID), filepath.Join(dir, "another")))
	l, err := ledger.Open("file:.", dir, ledger.Options{})
	must(t, err)
	var e *ledger.Error
	if _, err := l.Pool("another").Objects(t.Context()); !errors.As(err, &e) || !strings.Contains(err.Error(), poolID) {
		t.Errorf("err = %v", err)
	}
}
