package config_test

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idpsync/idpsync/internal/config"
	"github.com/idpsync/idpsync/internal/diagnostic"
)

// TestFoldedIsTheSame: what was let go to spare memory is never missed. A cache
// keeps every node, so it says what must come out.
func TestFoldedIsTheSame(t *testing.T) {
	for _, fixture := range append(list(t, "ok"), list(t, "err")...) {
		t.Run(filepath.Base(fixture), func(t *testing.T) {
			dir := unpack(t, fixture)
			folded, found, err := config.Load(dir, config.Options{})
			if err != nil {
				t.Fatal(err)
			}
			kept, same, _, err := config.NewCache().Load(dir, config.Options{})
			if err != nil {
				t.Fatal(err)
			}
			compareFound(t, "the files", found, same)
			for _, target := range folded.TargetNames() {
				want, wanted := kept.Desired(target)
				first := compareDesired(t, target, folded, want, wanted)
				folded.Release(first)
				compareDesired(t, target+", released", folded, want, wanted)
			}
		})
	}
}

// compareDesired makes the state of a target and compares it.
func compareDesired(t *testing.T, of string, p *config.Project, want *config.Desired, wanted []diagnostic.Diagnostic) *config.Desired {
	t.Helper()
	got, found := p.Desired(want.Target.Name)
	compareFound(t, of, found, wanted)
	if got.Digest() != want.Digest() {
		t.Errorf("%s: the state differs", of)
	}
	for r := range want.State.All() {
		if g := got.State.Get(r.Key); g == nil || g.Source != r.Source {
			t.Errorf("%s: %s stands elsewhere", of, r.Key)
		}
	}
	return got
}

func compareFound(t *testing.T, of string, got, want []diagnostic.Diagnostic) {
	t.Helper()
	if diff := cmp.Diff(render(want, diagnostic.English), render(got, diagnostic.English)); diff != "" {
		t.Errorf("%s: %s", of, diff)
	}
}

// TestFoldedKnowsItsPlaces: a place that is asked for after the nodes were let go
// is the one that they had.
func TestFoldedKnowsItsPlaces(t *testing.T) {
	for _, fixture := range list(t, "ok") {
		dir := unpack(t, fixture)
		folded, _, err := config.Load(dir, config.Options{})
		if err != nil {
			t.Fatal(err)
		}
		kept, _, _, err := config.NewCache().Load(dir, config.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, target := range folded.TargetNames() {
			want, _ := kept.Desired(target)
			got, _ := folded.Desired(target)
			folded.Release(got)
			for r := range want.State.All() {
				for _, path := range []string{"", "type", "appName", "fields", "connections", "loginConfig.defaultLoginMethod"} {
					file, place, pointer := got.Locate(r.Key, path)
					f, pl, po := want.Locate(r.Key, path)
					if file != f || place != pl || pointer != po {
						t.Errorf("%s: %s %q: %s %v %s, want %s %v %s", filepath.Base(fixture), r.Key, path, file, place, pointer, f, pl, po)
					}
				}
			}
		}
	}
}
