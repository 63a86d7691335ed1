package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// checks holds the schemas that apply to documents, each compiled once, when it
// is first needed. They are the ones idpsync checks against.
type checks struct {
	folder string
	mu     sync.Mutex
	made   map[string]func() (*jsonschema.Schema, error)
}

func newChecks(folder string) *checks {
	return &checks{folder: folder, made: map[string]func() (*jsonschema.Schema, error){}}
}

func (c *checks) get(name string) (*jsonschema.Schema, error) {
	c.mu.Lock()
	s := c.made[name]
	if s == nil {
		s = sync.OnceValues(func() (*jsonschema.Schema, error) { return compile(filepath.Join(c.folder, name)) })
		c.made[name] = s
	}
	c.mu.Unlock()
	return s()
}

func compile(file string) (*jsonschema.Schema, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.Draft = jsonschema.Draft2020
	if err := c.AddResource(file, bytes.NewReader(data)); err != nil {
		return nil, err
	}
	return c.Compile(file)
}

// document checks a document by its kind, a connection by its type as well.
func (c *checks) document(doc map[string]any) error {
	kind, _ := doc["kind"].(string)
	var part any = doc["spec"]
	var names []string
	switch kind {
	case "Project":
		part, names = doc, []string{"project"}
	case "IdentityProvider":
		names = []string{"identity-provider"}
	case "Application":
		names = []string{"application"}
	case "Connection":
		spec, _ := part.(map[string]any)
		typ, _ := spec["type"].(string)
		names = []string{"connection", "connection/" + strings.ReplaceAll(typ, ":", "_")}
	default:
		return fmt.Errorf("no schema for kind %q", kind)
	}
	for _, name := range names {
		s, err := c.get(name + ".schema.json")
		if err != nil {
			return err
		}
		if err := s.Validate(part); err != nil {
			return err
		}
	}
	return nil
}
