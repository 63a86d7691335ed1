package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// written counts the files of an export. schema is the editor schema if it had
// to be made.
type written struct {
	written, same int
	schema        string
}

// exported is a file of an export.
type exported struct {
	name string // below the folder, slash-separated
	text []byte
}

// files writes one file an object. Nothing is written if a file is there that
// says something else, or if a document would be declared twice.
func (x *export) files() (written, error) {
	var n written
	all, err := x.content()
	if err != nil {
		return n, err
	}
	open, err := x.open(all)
	if err != nil {
		return n, err
	}
	n.same = len(all) - len(open)
	if n.schema, err = x.makeSchema(); err != nil {
		return n, err
	}
	for _, f := range open {
		if err := x.put(f); err != nil {
			return n, err
		}
		n.written++
	}
	return n, nil
}

// content is what the files shall say.
func (x *export) content() ([]exported, error) {
	if err := x.twice(); err != nil {
		return nil, err
	}
	line := modeline(x.schemaFrom())
	var all []exported
	for _, d := range x.found.Documents {
		all = append(all, exported{d.File, append([]byte(line), d.Text...)})
	}
	if env := x.envExample(); env != nil {
		all = append(all, exported{".env.example", env})
	}
	return all, nil
}

// open lists the files that have to be written; an error names those that are
// there and differ.
func (x *export) open(all []exported) ([]exported, error) {
	root := x.app.path(x.dir)
	if info, err := os.Stat(root); err == nil && !info.IsDir() {
		return nil, usage("", "--out: %s is no folder", x.dir)
	}
	var missing []exported
	var differ []string
	for _, f := range all {
		have, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(f.name)))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			missing = append(missing, f)
		case err != nil:
			return nil, fmt.Errorf("--out: %w", err)
		case !bytes.Equal(have, f.text):
			differ = append(differ, f.name)
		}
	}
	if len(differ) > 0 {
		return nil, &quit{
			code: Failure, hint: "name another folder, or move these files away",
			err: fmt.Errorf("%s in %s would change, so nothing is written: %s", plural(len(differ), "file"), x.dir, some(differ)),
		}
	}
	return missing, nil
}

// put writes one file, in a folder that is made if it is missing. No link leads
// out of the folder of the export.
func (x *export) put(f exported) error {
	base := x.app.path(x.dir)
	if err := os.MkdirAll(base, 0o755); err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	root, err := os.OpenRoot(base)
	if err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	defer root.Close()
	if dir := filepath.Dir(filepath.FromSlash(f.name)); dir != "." {
		if err := root.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("--out: %w", err)
		}
		if _, err := root.Stat(dir); err != nil {
			return fmt.Errorf("--out: %w", err)
		}
	}
	return x.app.write(filepath.Join(base, filepath.FromSlash(f.name)), func(w io.Writer) error {
		_, err := w.Write(f.text)
		return err
	})
}

// twice refuses to put a second document of an object into the project.
func (x *export) twice() error {
	var clash []string
	for _, d := range x.found.Documents {
		at, claimed := x.found.Claimed[d.Key]
		if !claimed {
			continue
		}
		if name, inside := x.inProject(d.File); inside && at.File != name {
			clash = append(clash, fmt.Sprintf("%s (%s:%d)", d.Key, at.File, at.Line))
		}
	}
	if len(clash) == 0 {
		return nil
	}
	slices.Sort(clash)
	return &quit{
		code: Failure, hint: "--unmanaged leaves them out; or name a folder outside of the project",
		err: fmt.Errorf("%s declared in the project already, so nothing is written: %s", plural(len(clash), "object"), some(clash)),
	}
}

// inProject is the name of a file of the export as the project calls it; false
// when the project does not read it.
func (x *export) inProject(file string) (string, bool) {
	rel, err := filepath.Rel(real(x.project.Dir), filepath.Join(real(x.app.path(x.dir)), filepath.FromSlash(file)))
	if err != nil || !filepath.IsLocal(rel) {
		return "", false
	}
	name := filepath.ToSlash(rel)
	return name, x.project.Reads(name)
}

// real follows the links of a path, as far as it is there.
func real(path string) string {
	for rest := ""; ; {
		if r, err := filepath.EvalSymlinks(path); err == nil {
			return filepath.Join(r, rest)
		}
		if filepath.Dir(path) == path {
			return filepath.Join(path, rest)
		}
		path, rest = filepath.Dir(path), filepath.Join(filepath.Base(path), rest)
	}
}
