package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"gopkg.in/yaml.v3"
)

// checks holds the schemas that apply to the specs of a kind, each compiled
// once. They are the ones idpsync checks against.
type checks map[string][]*jsonschema.Schema

// document is what a later complaint would need: the tree with its positions,
// and the plain value.
type document struct {
	node  *yaml.Node
	value map[string]any
}

// validate gives how many documents the YAML files below dir hold. folder holds
// the schemas.
func validate(folder, dir string) (int, error) {
	schemas, err := compile(folder)
	if err != nil {
		return 0, err
	}
	files, err := yamlFiles(dir)
	if err != nil {
		return 0, err
	}
	perFile := make([][]document, len(files))
	err = each(len(files), func(i int) error {
		docs, err := schemas.read(files[i])
		perFile[i] = docs
		return err
	})
	n := 0
	for _, docs := range perFile {
		n += len(docs)
	}
	return n, err
}

// compile reads the schemas from the folder they are published in.
func compile(folder string) (checks, error) {
	c := jsonschema.NewCompiler()
	c.Draft = jsonschema.Draft2020
	schemas := checks{}
	for _, f := range []struct{ kind, file string }{
		{"Project", "project.schema.json"},
		{"IdentityProvider", "identity-provider.schema.json"},
		{"Connection", "connection.schema.json"},
		{"Connection", "connection/oidc.schema.json"},
	} {
		data, err := os.ReadFile(filepath.Join(folder, f.file))
		if err != nil {
			return nil, err
		}
		if err := c.AddResource(f.file, bytes.NewReader(data)); err != nil {
			return nil, err
		}
		s, err := c.Compile(f.file)
		if err != nil {
			return nil, err
		}
		schemas[f.kind] = append(schemas[f.kind], s)
	}
	return schemas, nil
}

func yamlFiles(dir string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && filepath.Ext(path) == ".yaml" {
			files = append(files, path)
		}
		return err
	})
	return files, err
}

// each calls f for 0 to n-1, on all processors.
func each(n int, f func(i int) error) error {
	var next atomic.Int64
	var group sync.WaitGroup
	errs := make([]error, runtime.GOMAXPROCS(0))
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

func (c checks) read(file string) ([]document, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var docs []document
	for d := yaml.NewDecoder(bytes.NewReader(data)); ; {
		doc := document{node: new(yaml.Node)}
		if err := d.Decode(doc.node); errors.Is(err, io.EOF) {
			return docs, nil
		} else if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if err := doc.node.Decode(&doc.value); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if err := c.check(doc.value); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		docs = append(docs, doc)
	}
}

func (c checks) check(doc map[string]any) error {
	kind, _ := doc["kind"].(string)
	var part any = doc
	if kind != "Project" {
		part = doc["spec"]
	}
	for _, s := range c[kind] {
		if err := s.Validate(part); err != nil {
			return err
		}
	}
	if len(c[kind]) == 0 {
		return fmt.Errorf("no schema for kind %q", kind)
	}
	return nil
}
