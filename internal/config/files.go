package config

import (
	"cmp"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/idpsync/idpsync/internal/diagnostic"
)

// ProjectFile marks the folder of a project.
const ProjectFile = "idpsync.yaml"

const (
	maxFile = 32 << 20 // bytes of one YAML file
	maxText = 1 << 20  // bytes of one {fileFrom}
)

var (
	errTooLarge  = errors.New("too large")
	errIrregular = errors.New("not a regular file")
)

// readCapped reads a regular file of the project. It opens without waiting,
// since opening a pipe would wait for a writer, and looks at what it has opened:
// one way through the folders instead of two. os.Root keeps links inside.
func readCapped(root *os.Root, name string, limit int64) ([]byte, error) {
	return readInto(nil, root, name, limit)
}

// buffers are what files are read into, one after the other.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// readText is readCapped for a YAML file, as the text that is kept.
func readText(root *os.Root, name string) (string, error) {
	buffer := buffers.Get().(*[]byte)
	defer buffers.Put(buffer)
	data, err := readInto((*buffer)[:0], root, name, maxFile)
	if cap(data) <= 1<<20 {
		*buffer = data
	}
	return string(data), err
}

// readInto is readCapped with a buffer, which may be too small.
func readInto(buffer []byte, root *os.Root, name string, limit int64) ([]byte, error) {
	if !opensAtOnce {
		if info, err := root.Stat(name); err != nil || !info.Mode().IsRegular() {
			return nil, cmp.Or(err, errIrregular)
		}
	}
	f, err := root.OpenFile(name, os.O_RDONLY|openFlags, 0)
	if err != nil {
		if info, statErr := root.Stat(name); statErr == nil && !info.Mode().IsRegular() {
			return nil, errIrregular // a socket cannot be opened at all
		}
		return nil, err
	}
	defer f.Close()
	size, err := sizeOf(f, limit)
	if err != nil {
		return nil, err
	}
	return fill(slices.Grow(buffer, int(size)+1), f, limit)
}

// sizeOf refuses what is no regular file, or larger than the limit.
func sizeOf(f *os.File, limit int64) (int64, error) {
	info, err := f.Stat()
	switch {
	case err != nil:
		return 0, err
	case !info.Mode().IsRegular():
		return 0, errIrregular
	case info.Size() > limit:
		return 0, errTooLarge
	}
	return info.Size(), nil
}

// readAll reads up to the limit; size is what the file had a moment ago.
func readAll(r io.Reader, size, limit int64) ([]byte, error) {
	return fill(make([]byte, 0, size+1), r, limit)
}

// fill is readAll with a buffer.
func fill(data []byte, r io.Reader, limit int64) ([]byte, error) {
	for {
		if len(data) == cap(data) {
			data = append(data, 0)[:len(data)]
		}
		n, err := r.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		if int64(len(data)) > limit {
			return nil, errTooLarge
		}
		if err == io.EOF {
			return data, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// fileFault says why a file cannot be read, without its path.
func fileFault(err error, limit int64) (reason, hint diagnostic.Text) {
	var pathError *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return diagnostic.T("file.missing"), hint
	case errors.Is(err, fs.ErrPermission):
		return diagnostic.T("file.permission"), hint
	case errors.Is(err, errIrregular):
		return diagnostic.T("file.irregular"), hint
	case errors.Is(err, errTooLarge):
		return diagnostic.T("file.large", limit>>20), hint
	case errors.As(err, &pathError) && strings.Contains(pathError.Err.Error(), "escapes"):
		// os.Root has no exported error for it
		return diagnostic.T("file.outside"), diagnostic.T("file.outside.hint")
	}
	return diagnostic.T("file.failed"), hint
}

func unreadable(name string, err error) diagnostic.Diagnostic {
	reason, hint := fileFault(err, maxFile)
	return diagnostic.Diagnostic{
		Code: "IDP0111", Severity: diagnostic.Error, File: name,
		Message: diagnostic.T("file.unreadable", reason), Hint: hint,
	}
}

// finder lists the files of a project.
type finder struct {
	root             *os.Root
	include, exclude []string
	names            []string
	seen             map[string]bool // folders reached through links, resolved
	found            []diagnostic.Diagnostic
}

// list walks a folder ("." for the project's own) in the order of names.
func (f *finder) list(dir string) {
	entries, err := f.entries(dir)
	if err != nil {
		f.fail(dir, err)
		return
	}
	if dir != "." && slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == ProjectFile }) {
		return // a project of its own
	}
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		switch {
		case strings.HasPrefix(e.Name(), "."), name == ProjectFile, name == "schemas":
		case e.IsDir():
			if !f.leftOut(name) {
				f.list(name)
			}
		case e.Type()&fs.ModeSymlink != 0:
			f.link(name)
		default:
			f.add(name)
		}
	}
}

func (f *finder) entries(dir string) ([]fs.DirEntry, error) {
	d, err := f.root.Open(filepath.FromSlash(dir))
	if err != nil {
		return nil, err
	}
	defer d.Close()
	entries, err := d.ReadDir(-1)
	sort.Slice(entries, func(i, j int) bool { return entries[i].Name() < entries[j].Name() })
	return entries, err
}

// leftOut tells whether the whole folder is excluded.
func (f *finder) leftOut(dir string) bool {
	return matchAny(f.exclude, func(p string) bool { return matchPath(p, dir) })
}

func (f *finder) add(name string) {
	ext := path.Ext(name)
	if ext != ".yaml" && ext != ".yml" || f.leftOut(name) {
		return
	}
	if len(f.include) > 0 && !matchAny(f.include, func(p string) bool { return matchPath(p, name) }) {
		return
	}
	f.names = append(f.names, name)
}

// link follows a link to a file, and one to a folder that the walk would not
// see by itself, as Kubernetes mounts them: "conf -> ..data/conf".
func (f *finder) link(name string) {
	info, err := f.root.Stat(filepath.FromSlash(name))
	if err != nil {
		f.brokenLink(name, err)
		return
	}
	if !info.IsDir() {
		f.add(name)
		return
	}
	if real := f.resolve(name); hidden(real) && !f.seen[real] && !f.leftOut(name) {
		f.seen[real] = true
		f.list(name)
	}
}

// brokenLink complains about a link that cannot be followed, if what it stands
// for would have been read.
func (f *finder) brokenLink(name string, err error) {
	ext := path.Ext(name)
	isYAML := ext == ".yaml" || ext == ".yml"
	if f.leftOut(name) || errors.Is(err, fs.ErrNotExist) && !isYAML {
		return
	}
	if !isYAML && !f.leadsToFolder(name) {
		return
	}
	f.found = append(f.found, unreadable(name, err))
}

// leadsToFolder looks where a link leads without reading what is there.
func (f *finder) leadsToFolder(name string) bool {
	info, err := os.Stat(filepath.Join(f.root.Name(), filepath.FromSlash(name)))
	return err == nil && info.IsDir()
}

// resolve is the folder a link leads to, relative to the project, with every
// link in it followed; "" when it cannot be told.
func (f *finder) resolve(name string) string {
	base, err := filepath.EvalSymlinks(f.root.Name())
	if err != nil {
		return ""
	}
	full, err := filepath.EvalSymlinks(filepath.Join(base, filepath.FromSlash(name)))
	if err != nil {
		return ""
	}
	rel, err := filepath.Rel(base, full)
	if err != nil {
		return ""
	}
	return filepath.ToSlash(rel)
}

func hidden(name string) bool {
	return strings.HasPrefix(name, ".") && name != "." || strings.Contains(name, "/.")
}

func (f *finder) fail(dir string, err error) {
	d := unreadable(dir, err)
	d.Message.ID = "folder.unreadable"
	f.found = append(f.found, d)
}
