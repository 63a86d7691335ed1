// Command gendocs writes the pages that are made from something else:
//
//   - docs/reference: a page for each kind of document and for each connection
//     type, made from the schemas and the templates, and an index;
//
//   - docs/cli: a page for each verb, and man: the same for the program man, both
//     made from the command itself.
//
//     go run ./cmd/gendocs docs/reference docs/cli man
//
// What it writes depends on nothing else, so that a test can make it again and
// compare. The sentences that stand in the schemas are shown as they are, in
// both languages.
package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// folder is one of the folders that are written: how its pages end, and what
// makes them, by their name in it.
type folder struct {
	ext   string
	pages func() (map[string]string, error)
}

// folders are in the order of the arguments.
var folders = []folder{{".md", pages}, {".md", verbPages}, {".1", manPages}}

func main() {
	if len(os.Args) != 1+len(folders) {
		fmt.Fprintln(os.Stderr, "usage: gendocs REFERENCE CLI MAN")
		os.Exit(2)
	}
	for i, f := range folders {
		if err := f.write(os.Args[1+i]); err != nil {
			fmt.Fprintln(os.Stderr, "gendocs:", err)
			os.Exit(1)
		}
	}
}

// write makes the folder hold the pages and no other page.
func (f folder) write(dir string) error {
	all, err := f.pages()
	if err != nil {
		return err
	}
	old, err := written(dir, f.ext)
	if err != nil {
		return err
	}
	for _, name := range old {
		if _, ok := all[name]; !ok {
			if err := os.Remove(filepath.Join(dir, name)); err != nil {
				return err
			}
		}
	}
	for name, text := range all {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// written lists the pages below a folder, with slashes; a folder that is not
// there has none.
func written(dir, ext string) ([]string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	var names []string
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(path, ext) {
			names = append(names, path)
		}
		return err
	})
	return names, err
}

// pages makes every page, by its name below docs/reference.
func pages() (map[string]string, error) {
	all := make(map[string]string)
	for i := range kinds {
		p, err := kinds[i].page()
		if err != nil {
			return nil, err
		}
		all[kinds[i].file()] = p.markdown()
	}
	types, err := connectionTypes()
	if err != nil {
		return nil, err
	}
	for i := range types {
		all[types[i].file()] = types[i].page().markdown()
	}
	all["README.md"] = index(types)
	return all, nil
}
