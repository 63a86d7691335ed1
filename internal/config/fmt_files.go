package config

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/idpsync/idpsync/internal/diagnostic"
)

// FormatFile is what became of one file.
type FormatFile struct {
	Name string // slash-separated, below the project folder
	// Changed tells that its layout is, or was, another one; Left that some of
	// it stays as it is.
	Changed, Left bool
	// Found are the complaints about a file that cannot be read.
	Found []diagnostic.Diagnostic

	before, after []byte
}

// Formatter lays out the files of one project.
type Formatter struct {
	root  *os.Root
	names []string
}

// OpenFormatter lists the files of the project in a folder: idpsync.yaml and
// whatever it reads. Complaints are about files that are not among them. Close
// it.
func OpenFormatter(dir string) (*Formatter, []diagnostic.Diagnostic, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("project folder: %w", err)
	}
	f := &Formatter{root: root}
	found, err := f.list(dir)
	if err != nil {
		return nil, nil, errors.Join(err, root.Close())
	}
	return f, found, nil
}

func (f *Formatter) list(dir string) ([]diagnostic.Diagnostic, error) {
	data, err := readCapped(f.root, ProjectFile, maxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("no %s in %s", ProjectFile, dir)
	}
	if err != nil {
		return []diagnostic.Diagnostic{unreadable(ProjectFile, err)}, nil
	}
	f.names = []string{ProjectFile}
	docs, found := parseFile(&file{path: ProjectFile, data: string(data)})
	if len(found) > 0 || len(docs) == 0 {
		return nil, nil // nobody knows which files it reads; it says itself what is wrong
	}
	d := &decoder{}
	walk := &finder{root: f.root, seen: map[string]bool{}, include: d.globs(docs[0].root, "include"), exclude: d.globs(docs[0].root, "exclude")}
	if len(d.found) > 0 {
		return d.found, nil
	}
	walk.list(".")
	slices.Sort(walk.names)
	f.names = append(f.names, walk.names...)
	return walk.found, nil
}

// Names are the files that can be laid out, slash-separated.
func (f *Formatter) Names() []string { return slices.Clone(f.names) }

// Close lets the folder go.
func (f *Formatter) Close() error { return f.root.Close() }

// Check lays out the named files without writing them.
func (f *Formatter) Check(names []string) []FormatFile {
	files := make([]FormatFile, len(names))
	parallel(len(names), func(i int) {
		r := &files[i]
		r.Name = names[i]
		text, err := readCapped(f.root, filepath.FromSlash(r.Name), maxFile)
		if err != nil {
			r.Found = []diagnostic.Diagnostic{unreadable(r.Name, err)}
			return
		}
		done, found := Format(r.Name, text)
		r.Found, r.Left = found, done.Left
		if !bytes.Equal(done.Text, text) {
			r.Changed, r.before, r.after = true, text, done.Text
		}
	})
	return files
}

// Write keeps the new layout of a file that Check says is changed. The file has
// the one text or the other at every moment; its mode stays, and a link stays a
// link.
func (f *Formatter) Write(r FormatFile) error {
	name, err := f.behindLinks(r.Name)
	if err != nil {
		return err
	}
	info, err := f.root.Stat(name)
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o200 == 0 {
		return &fs.PathError{Op: "write", Path: r.Name, Err: fs.ErrPermission}
	}
	temp := path.Join(path.Dir(name), ".idpsync-"+rand.Text())
	if err := f.fill(temp, r.after, info.Mode().Perm()); err != nil {
		return errors.Join(err, f.drop(temp))
	}
	// Somebody may have saved it since it was read.
	now, err := readCapped(f.root, name, maxFile)
	switch {
	case err != nil:
	case !bytes.Equal(now, r.before):
		err = errors.New("it was changed by somebody else a moment ago")
	default:
		err = f.root.Rename(temp, name)
	}
	if err != nil {
		return errors.Join(err, f.drop(temp))
	}
	return nil
}

func (f *Formatter) drop(temp string) error {
	if err := f.root.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (f *Formatter) fill(name string, text []byte, mode fs.FileMode) error {
	out, err := f.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = out.Write(text)
	return errors.Join(err, out.Chmod(mode), out.Sync(), out.Close())
}

// behindLinks is the file that a name stands for, which must lie in the project.
func (f *Formatter) behindLinks(name string) (string, error) {
	walk := &finder{root: f.root}
	real := walk.resolve(name)
	if real == "" || !filepath.IsLocal(filepath.FromSlash(real)) {
		return "", errors.New("it is a link that leads out of the project")
	}
	return real, nil
}
