package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"gopkg.in/yaml.v3"
)

// document is what a later complaint would need: the tree with its positions,
// and the plain value.
type document struct {
	node  *yaml.Node
	value map[string]any
}

// validate gives how many documents the YAML files below dir hold. folder holds
// the schemas.
func validate(folder, dir string) (int, error) {
	schemas := newChecks(folder)
	docs, err := readAll(dir, func(doc map[string]any) error { return schemas.document(doc) }, keepPositions)
	return len(docs), err
}

// specs is validate for documents that have no kind.
func specs(file, dir string) (int, error) {
	s, err := compile(file)
	if err != nil {
		return 0, err
	}
	docs, err := readAll(dir, func(doc map[string]any) error { return s.Validate(doc) }, keepPositions)
	return len(docs), err
}

// readAll reads, parses and checks every document below dir, on all processors.
func readAll(dir string, check func(map[string]any) error, parse func(*yaml.Decoder) (document, error)) ([]document, error) {
	files, err := yamlFiles(dir)
	if err != nil {
		return nil, err
	}
	perFile := make([][]document, len(files))
	err = each(len(files), runtime.GOMAXPROCS(0), func(i int) error {
		data, err := os.ReadFile(files[i])
		if err != nil {
			return err
		}
		for d := yaml.NewDecoder(bytes.NewReader(data)); ; {
			doc, err := parse(d)
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err == nil {
				err = check(doc.value)
			}
			if err != nil {
				return fmt.Errorf("%s: %w", files[i], err)
			}
			perFile[i] = append(perFile[i], doc)
		}
	})
	var all []document
	for _, docs := range perFile {
		all = append(all, docs...)
	}
	return all, err
}

func keepPositions(d *yaml.Decoder) (document, error) {
	doc := document{node: new(yaml.Node)}
	if err := d.Decode(doc.node); err != nil {
		return doc, err
	}
	return doc, doc.node.Decode(&doc.value)
}

// plainly parses without positions: who only compares needs none.
func plainly(d *yaml.Decoder) (doc document, err error) {
	return doc, d.Decode(&doc.value)
}

func yamlFiles(dir string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.IsDir() && strings.HasPrefix(d.Name(), ".") && path != dir {
			return filepath.SkipDir
		}
		if err == nil && !d.IsDir() && filepath.Ext(path) == ".yaml" {
			files = append(files, path)
		}
		return err
	})
	return files, err
}

// each calls f for 0 to n-1, so many at a time.
func each(n, atOnce int, f func(i int) error) error {
	var next atomic.Int64
	var group sync.WaitGroup
	errs := make([]error, atOnce)
	for w := range errs {
		group.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && errs[w] == nil; i = int(next.Add(1)) - 1 {
				errs[w] = f(i)
			}
		})
	}
	group.Wait()
	return errors.Join(errs...)
}
