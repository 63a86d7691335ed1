package config

import (
	"sync"

	"github.com/idpsync/idpsync/internal/diagnostic"
)

// Cache remembers what the files of a project said, for those who load the same
// project again and again. A file counts as unchanged when its bytes are the
// same: size, time and inode would save the reading, and miss an edit within
// the clock's grain or by a tool that puts old times back. Reading is cheap
// beside parsing. It is safe for concurrent use.
type Cache struct {
	mu    sync.Mutex
	files map[string]remembered
}

// remembered is a file as it was read and what it holds.
type remembered struct {
	data   string
	parsed parsedFile
}

// Stats tells what a Load had to do.
type Stats struct {
	Files  int // of the project, idpsync.yaml among them
	Parsed int // of these: were parsed anew
}

// NewCache returns an empty cache.
func NewCache() *Cache { return &Cache{} }

// Load does what the function Load does, and parses only the files whose bytes
// are not those of the last Load. Everything that depends on more than one file
// is made anew: includes, references, schemas, targets. Projects that earlier
// Loads returned stay as they are.
func (c *Cache) Load(dir string, o Options) (*Project, []diagnostic.Diagnostic, Stats, error) {
	r := &reader{before: c.snapshot(), now: map[string]remembered{}}
	p, found, err := load(dir, o, r)
	if err != nil {
		return nil, nil, Stats{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.files = r.now // a file that is gone is forgotten
	return p, found, Stats{Files: len(r.now), Parsed: r.parsed}, nil
}

func (c *Cache) snapshot() map[string]remembered {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.files
}

// reader parses files, or remembers what they held. Without a now it remembers
// nothing.
type reader struct {
	before map[string]remembered // never written to

	mu     sync.Mutex
	now    map[string]remembered
	parsed int
}

// parse gives the documents of a file.
func (r *reader) parse(f *file, how func(*file) parsedFile) parsedFile {
	if r.now == nil {
		pf := how(f)
		f.foldable(pf.docs)
		return pf
	}
	old, known := r.before[f.path]
	known = known && old.data == f.data
	if !known {
		old = remembered{f.data, how(f)}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now[f.path] = old
	if !known {
		r.parsed++
	}
	return old.parsed.copied()
}

// copied gives the documents anew: what a project finds out about a document
// stands in it, and depends on the other files.
func (pf parsedFile) copied() parsedFile {
	docs := make([]*document, len(pf.docs))
	for i, d := range pf.docs {
		docs[i] = &document{file: d.file, root: d.root}
	}
	pf.docs = docs
	return pf
}
