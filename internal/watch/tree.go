package watch

import (
	"encoding/binary"
	"errors"
	"hash/maphash"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"github.com/fsnotify/fsnotify"
)

// system is what tells of changes in folders.
type system interface {
	// Add watches a folder; one that is watched already stays so, and one that was
	// made anew under its name is watched from now on.
	Add(dir string) error
	Remove(dir string) error
	Events() <-chan fsnotify.Event
	Errors() <-chan error
	Close() error
}

// notifier is fsnotify as a system.
type notifier struct{ *fsnotify.Watcher }

func (n notifier) Events() <-chan fsnotify.Event { return n.Watcher.Events }
func (n notifier) Errors() <-chan error          { return n.Watcher.Errors }

func openSystem() (system, error) {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, err
	}
	return notifier{w}, nil
}

// tree is the set of folders that are watched.
type tree struct {
	system system // nil where the system cannot watch
	skip   func(name string) bool
	// folders holds real paths: no link is part of them.
	folders map[string]bool
	// root is the folder as it was when it was walked last; nil when it was not there.
	root os.FileInfo
}

func (t *tree) watched(dir string) bool { return t.folders[dir] }

// moved tells that the name stands for another folder now, or for none.
func (t *tree) moved(dir string) bool {
	info, err := os.Stat(dir)
	if err != nil || t.root == nil {
		return (err == nil) != (t.root != nil)
	}
	return !os.SameFile(info, t.root)
}

// add watches one folder. One that has gone, or may not be read, is no error:
// whoever reads the files will say so.
func (t *tree) add(dir string) error {
	err := t.system.Add(dir)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return nil
	}
	if err == nil {
		t.folders[dir] = true
	}
	return err
}

// forget lets go of a folder and of all below it: what was moved is watched
// under its old name otherwise.
func (t *tree) forget(dir string) {
	below := dir + string(filepath.Separator)
	for f := range t.folders {
		if f == dir || strings.HasPrefix(f, below) {
			_ = t.system.Remove(f) // mostly gone already
			delete(t.folders, f)
		}
	}
}

// walk watches every folder below dir, and none besides. Each is watched before
// it is listed, so that nothing falls between the two.
func (t *tree) walk(dir string) error {
	before := t.folders
	t.folders = map[string]bool{}
	t.root = nil
	if info, err := os.Stat(dir); err == nil {
		t.root = info
	}
	err := t.each(dir, func(folder string) error { return t.add(folder) }, nil)
	maps.DeleteFunc(before, func(f string, _ bool) bool { return t.folders[f] })
	for f := range before {
		_ = t.system.Remove(f)
	}
	return err
}

// each calls folder for every folder below dir before it is listed, and entry,
// if there is one, for all else. Links are followed as far as they stay inside.
func (t *tree) each(dir string, folder func(dir string) error, entry func(path string, info os.FileInfo)) error {
	base, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil //nolint:nilerr // it is not there; the look for its name finds it when it comes
	}
	seen := map[string]bool{}
	var visit func(dir string) error
	visit = func(dir string) error {
		if seen[dir] {
			return nil
		}
		seen[dir] = true
		if err := folder(dir); err != nil {
			return err
		}
		entries, _ := os.ReadDir(dir) // what cannot be listed, whoever reads the files says
		for _, e := range entries {
			if t.skip(e.Name()) {
				continue
			}
			path := filepath.Join(dir, e.Name())
			switch {
			case e.IsDir() && !strings.HasPrefix(e.Name(), ".."): // those are reached by links
				if err := visit(path); err != nil {
					return err
				}
			case e.Type()&fs.ModeSymlink != 0:
				real, err := filepath.EvalSymlinks(path)
				if err != nil || !within(base, real) {
					continue
				}
				if info, err := os.Stat(real); err == nil && info.IsDir() {
					if err := visit(real); err != nil {
						return err
					}
				} else if err == nil && entry != nil {
					entry(path, info)
				}
			case entry != nil:
				if info, err := e.Info(); err == nil {
					entry(path, info)
				}
			}
		}
		return nil
	}
	return visit(base)
}

func within(base, path string) bool {
	return path == base || strings.HasPrefix(path, strings.TrimSuffix(base, string(filepath.Separator))+string(filepath.Separator))
}

var seed = maphash.MakeSeed()

// fingerprint is a number that is another one when a file or folder below dir is.
func (t *tree) fingerprint(dir string) uint64 {
	var sum uint64
	var h maphash.Hash
	h.SetSeed(seed)
	put := func(path string, info os.FileInfo) {
		h.Reset()
		_, _ = h.WriteString(path)
		if info != nil {
			var b [20]byte
			binary.LittleEndian.PutUint64(b[0:], uint64(info.Size()))
			binary.LittleEndian.PutUint64(b[8:], uint64(info.ModTime().UnixNano()))
			binary.LittleEndian.PutUint32(b[16:], uint32(info.Mode()))
			_, _ = h.Write(b[:])
		}
		sum += h.Sum64() // the order does not matter
	}
	_ = t.each(dir, func(folder string) error { put(folder, nil); return nil }, put)
	return sum
}
