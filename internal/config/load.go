package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/schema"
)

// Options are what Load needs beside the files.
type Options struct {
	// Catalog holds the schemas; nil means the bundled ones.
	Catalog *schema.Catalog
	// Complete tells that Catalog needs none of the project's own templates.
	Complete bool
	// Listed is told how many files the project has before they are read; nil is
	// told nothing.
	Listed func(files int)
}

// Find returns the nearest folder that holds idpsync.yaml, from start upwards.
func Find(start string) (string, error) {
	dir, err := filepath.Abs(start)
	if err != nil {
		return "", err
	}
	for at := dir; ; at = filepath.Dir(at) {
		info, err := os.Stat(filepath.Join(at, ProjectFile))
		if err == nil && info.Mode().IsRegular() {
			return at, nil
		}
		if at == filepath.Dir(at) {
			return "", fmt.Errorf("no %s in %s or any folder above it", ProjectFile, dir)
		}
	}
}

// Load reads and parses every file of the project once. It fails only when
// there is no project at all; what is wrong with its files is told as
// diagnostics, sorted, and the rest is still there.
func Load(dir string, o Options) (*Project, []diagnostic.Diagnostic, error) {
	return load(dir, o, &reader{})
}

func load(dir string, o Options, r *reader) (*Project, []diagnostic.Diagnostic, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("project folder: %w", err)
	}
	defer root.Close()
	data, err := readCapped(root, ProjectFile, maxFile)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil, fmt.Errorf("no %s in %s", ProjectFile, dir)
	}
	if err != nil {
		reason, _ := fileFault(err, maxFile)
		return nil, nil, fmt.Errorf("%s: %s", filepath.Join(dir, ProjectFile), reason.In(diagnostic.English))
	}
	if o.Catalog == nil {
		o.Catalog = schema.Bundled()
	}
	p := &Project{Dir: dir, catalog: o.Catalog}
	var found []diagnostic.Diagnostic
	if !o.Complete {
		found = p.ownTemplates(root)
	}
	found = append(found, p.decode(&file{path: ProjectFile, data: string(data)}, r)...)
	found = append(found, p.readDocuments(root, r, o.Listed)...)
	found = append(found, p.mentions()...)
	found = p.Levels(found)
	diagnostic.Sort(found)
	return p, found, nil
}

// ownTemplates puts the project's own schemas/templates over the catalogue's.
func (p *Project) ownTemplates(root *os.Root) []diagnostic.Diagnostic {
	c, err := p.catalog.WithTemplates(root.FS())
	if err != nil {
		return []diagnostic.Diagnostic{{
			Code: "IDP0111", Severity: diagnostic.Error, File: "schemas/templates",
			Message: diagnostic.T("file.template", err.Error()),
		}}
	}
	p.catalog = c
	var found []diagnostic.Diagnostic
	for _, e := range c.Edited() {
		found = append(found, diagnostic.Diagnostic{
			Code: "IDP0105", Severity: diagnostic.Warning, File: e.File, Range: firstCharacter,
			Message: diagnostic.T("template.edited", e.Source, e.PulledAt), Hint: diagnostic.T("template.pull"),
		})
	}
	return found
}

// firstCharacter is the place of what is wrong with a whole file.
var firstCharacter = diagnostic.Range{
	Start: diagnostic.Position{Line: 1, Column: 1}, End: diagnostic.Position{Line: 1, Column: 2},
}

// readDocuments reads the files beside idpsync.yaml, as many at once as there
// are processors.
func (p *Project) readDocuments(root *os.Root, r *reader, listed func(files int)) []diagnostic.Diagnostic {
	f := &finder{root: root, include: p.Include, exclude: p.Exclude, seen: map[string]bool{}}
	f.list(".")
	slices.Sort(f.names)
	if listed != nil {
		listed(len(f.names))
	}
	parsed := make([]parsedFile, len(f.names))
	parallel(len(f.names), func(i int) { parsed[i] = p.look(r.parseNamed(root, f.names[i])) })
	found := f.found
	for _, pf := range parsed {
		found = append(found, pf.found...)
		p.admit(pf)
	}
	return found
}

// parsedFile is one file with its documents and what is wrong with it so far.
type parsedFile struct {
	docs []*document
	// unread are the parts of the file that could not be parsed, or lost tells
	// that there are none because it could not be read.
	unread []string
	lost   bool
	found  []diagnostic.Diagnostic
	// ours tells of each document that it is one of idpsync's, see envelope.
	ours []bool
}

// look reads the envelopes of the documents of a file. What is the same on every
// target is made and folded at once, so that the nodes of all files are never
// there together.
func (p *Project) look(pf parsedFile) parsedFile {
	pf.found = slices.Clip(pf.found) // a cache keeps them
	pf.ours = make([]bool, len(pf.docs))
	for i, d := range pf.docs {
		ours, complaints := d.envelope(p.targetNames)
		pf.ours[i], pf.found = ours, append(pf.found, complaints...)
		if ours && d.foldable() {
			p.ordinary(d)
		}
	}
	return pf
}

func (r *reader) parseNamed(root *os.Root, name string) parsedFile {
	text, err := readText(root, filepath.FromSlash(name))
	if err != nil {
		return parsedFile{lost: true, found: []diagnostic.Diagnostic{unreadable(name, err)}}
	}
	return r.parse(&file{path: name, data: text}, parseDocuments)
}

// admit takes the documents of a file into the project.
func (p *Project) admit(pf parsedFile) {
	for i, d := range pf.docs {
		ours := pf.ours[i]
		switch {
		case !ours:
			p.doubts.document(d)
		case d.kind == patchKind:
			p.patches = append(p.patches, newPatch(d))
		case d.name == "":
			p.nameless = append(p.nameless, d)
			p.doubts.document(d)
		default:
			p.documents = append(p.documents, d)
		}
	}
	for _, text := range pf.unread {
		p.doubts.text("", text)
	}
	p.doubts.anything = p.doubts.anything || pf.lost
}

// parallel calls do for 0..n-1, on as many processors as there are, and waits.
func parallel(n int, do func(i int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	wg.Wait()
}
