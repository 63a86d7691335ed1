package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idpsync/idpsync/internal/config"
	"github.com/idpsync/idpsync/internal/diagnostic"
)

// seen is what a project says of itself on one target.
type seen struct {
	Digest, Places string
	Found          []diagnostic.Diagnostic
}

func look(t *testing.T, p *config.Project, found []diagnostic.Diagnostic) seen {
	t.Helper()
	d, more := p.Desired("local")
	var places strings.Builder
	for r := range d.State.All() {
		file, rng, pointer := d.Locate(r.Key, "")
		fmt.Fprintln(&places, r.Key, file, rng, pointer, r.Source)
	}
	return seen{d.Digest(), places.String(), append(found, more...)}
}

// loadTwice loads with the cache and without, which must agree, and returns how
// many files the cache parsed.
func loadTwice(t *testing.T, c *config.Cache, dir string) (*config.Project, config.Stats) {
	t.Helper()
	p, found, stats, err := c.Load(dir, config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	fresh, freshFound, err := config.Load(dir, config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(look(t, fresh, freshFound), look(t, p, found)); diff != "" {
		t.Errorf("the cache makes a difference (-without +with):\n%s", diff)
	}
	return p, stats
}

// TestCache leads a project through what happens to files: each step says how
// many of them are parsed anew.
func TestCache(t *testing.T) {
	dir := project(t,
		"p.yaml", provider("p")+"---\n"+provider("limited")+"",
		"c.yaml", "apiVersion: idpsync/v1\nkind: Connection\nmetadata: {name: c, targets: [local]}\nspec: {provider: p, type: oidc, fields: {issuerUrl: \"https://${var.domain}\", clientID: {fileFrom: id.txt}, nonsense: 1}}\n",
		"broken.yaml", "a: [\n", "patch.yaml", "apiVersion: idpsync/v1\nkind: Patch\nmetadata: {name: x}\nspec: {target: local, match: connection/c, merge: {displayName: Patched}}\n",
		"id.txt", "one")
	at := func(name string) string { return filepath.Join(dir, name) }
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	steps := []struct {
		name   string
		do     func()
		parsed int
	}{
		{"first", func() {}, 5},
		{"nothing happened", func() {}, 0},
		{"same length, old time", func() {
			info, err := os.Stat(at("p.yaml"))
			must(err)
			text, err := os.ReadFile(at("p.yaml"))
			must(err)
			writeFile(t, at("p.yaml"), strings.Replace(string(text), "name: p}", "name: q}", 1))
			must(os.Chtimes(at("p.yaml"), info.ModTime(), info.ModTime()))
		}, 1},
		{"renamed", func() { must(os.Rename(at("c.yaml"), at("d.yaml"))) }, 1},
		{"mended", func() { writeFile(t, at("broken.yaml"), provider("p")) }, 1},
		{"gone", func() { must(os.Remove(at("broken.yaml"))) }, 0},
		{"back with the same bytes", func() { writeFile(t, at("broken.yaml"), provider("p")) }, 1},
		{"a text that a document takes in", func() { writeFile(t, at("id.txt"), "two") }, 0},
		{"a file is left out", func() { writeFile(t, at(config.ProjectFile), standardProject+"exclude: [p.yaml]\n") }, 1},
		{"a schema of our own", func() {
			must(os.MkdirAll(at("schemas/templates"), 0o755))
			writeFile(t, at("schemas/templates/oidc.json"), `{"type": "oidc", "connectionTmpls": [{"type": "oidc", "fields": [{"key": "other", "type": "input", "required": true}]}]}`)
		}, 0},
		{"other targets", func() {
			writeFile(t, at(config.ProjectFile), "apiVersion: idpsync/v1\nkind: Project\ntargets: {elsewhere: {sandbox: {}}}\n")
		}, 2}, // p.yaml is back as well
	}
	c := config.NewCache()
	for _, s := range steps {
		t.Run(s.name, func(t *testing.T) {
			s.do()
			if _, stats := loadTwice(t, c, dir); stats.Parsed != s.parsed {
				t.Errorf("%d of %d files parsed, want %d", stats.Parsed, stats.Files, s.parsed)
			}
		})
	}
}

// TestCacheKeepsEarlierProjects: the last good state runs on while newer files
// are looked at.
func TestCacheKeepsEarlierProjects(t *testing.T) {
	dir := project(t, "p.yaml", provider("p"))
	c := config.NewCache()
	p, _ := loadTwice(t, c, dir)
	before := look(t, p, nil)
	writeFile(t, filepath.Join(dir, config.ProjectFile), "apiVersion: idpsync/v1\nkind: Project\ntargets: {prod: {sandbox: {}}}\n")
	loadTwice(t, c, dir)
	if diff := cmp.Diff(before, look(t, p, nil)); diff != "" {
		t.Errorf("an earlier project changed:\n%s", diff)
	}
}

// TestCacheParsesOneOfTenThousand is row 12 of docs/performance.md.
func TestCacheParsesOneOfTenThousand(t *testing.T) {
	const n = 10_000
	dir := project(t)
	for i := range n {
		writeFile(t, filepath.Join(dir, fmt.Sprintf("%02d/%05d.yaml", i%100, i)), provider(fmt.Sprintf("p%d", i)))
	}
	c := config.NewCache()
	for i, want := range []int{n + 1, 1, 0} {
		if i == 1 {
			writeFile(t, filepath.Join(dir, "07", "00007.yaml"), provider("changed"))
		}
		_, _, stats, err := c.Load(dir, config.Options{})
		if err != nil || stats != (config.Stats{Files: n + 1, Parsed: want}) {
			t.Errorf("load %d: %+v, %v, want %d of %d parsed", i+1, stats, err, want, n+1)
		}
	}
}
