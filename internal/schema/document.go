package schema

import (
	"bytes"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// document is one schema: its bytes, its tree and its compiled form, each made
// when it is first needed.
type document struct {
	url     string
	load    func() ([]byte, error)
	types   func() []string // see offered
	tree    func() object
	swift   func() *swift // see there
	compile func() (*jsonschema.Schema, error)
	// compilations counts them; one is right.
	compilations atomic.Int32
}

func newDocument(url string, read func() ([]byte, error)) *document {
	d := &document{url: url, load: sync.OnceValues(read)}
	d.tree = sync.OnceValue(func() object {
		data, err := d.load()
		if err != nil {
			return nil
		}
		m, _ := decodeObject(data)
		return m
	})
	d.swift = sync.OnceValue(func() *swift { return newSwift(d.tree()) })
	d.types = sync.OnceValue(func() []string { return offered(d.tree()) })
	d.compile = sync.OnceValues(func() (*jsonschema.Schema, error) {
		d.compilations.Add(1)
		data, err := d.load()
		if err != nil {
			return nil, err
		}
		return compile(url, data)
	})
	return d
}

// compile makes a schema ready. Nothing is loaded from elsewhere: a reference
// out of the document is an error.
func compile(url string, data []byte) (*jsonschema.Schema, error) {
	c := jsonschema.NewCompiler()
	c.Draft = jsonschema.Draft2020
	c.LoadURL = func(s string) (io.ReadCloser, error) { return nil, fmt.Errorf("%s is not loaded", s) }
	if err := c.AddResource(url, bytes.NewReader(data)); err != nil {
		return nil, fmt.Errorf("schema %s: %w", url, err)
	}
	s, err := c.Compile(url)
	if err != nil {
		return nil, fmt.Errorf("schema %s: %w", url, err)
	}
	return s, nil
}

// at finds what stands in the schema at a location of jsonschema/v5, for
// example "https://idpsync.dev/schemas/x.schema.json#/properties/a/type".
func (d *document) at(location string) any {
	_, pointer, _ := strings.Cut(location, "#")
	return walk(d.tree(), splitPointer(pointer))
}

// offered lists the types that the schema offers without insisting on them. It
// is shared: nobody may change it.
func offered(tree object) []string {
	enum, _ := walk(tree, []string{"properties", "type", "anyOf", "0", "enum"}).([]any)
	return texts(enum)
}

// texts keeps the strings of a list.
func texts(values []any) []string {
	all := make([]string, 0, len(values))
	for _, v := range values {
		if s, ok := v.(string); ok {
			all = append(all, s)
		}
	}
	return all
}

// walk follows tokens down a tree; nil when they lead nowhere.
func walk(v any, tokens []string) any {
	for _, t := range tokens {
		switch n := v.(type) {
		case object:
			v = n[t]
		case []any:
			i, err := strconv.Atoi(t)
			if err != nil || i < 0 || i >= len(n) {
				return nil
			}
			v = n[i]
		default:
			return nil
		}
	}
	return v
}

// splitPointer takes apart a pointer as jsonschema/v5 writes it: a JSON pointer
// whose tokens are percent-encoded besides.
func splitPointer(p string) []string {
	if p == "" {
		return nil
	}
	tokens := strings.Split(strings.TrimPrefix(p, "/"), "/")
	for i, t := range tokens {
		if u, err := url.PathUnescape(t); err == nil {
			t = u
		}
		tokens[i] = pointerUnescaper.Replace(t)
	}
	return tokens
}

// joinPointer writes tokens as a JSON pointer (RFC 6901).
func joinPointer(tokens []string) string {
	var b strings.Builder
	for _, t := range tokens {
		b.WriteByte('/')
		_, _ = pointerEscaper.WriteString(&b, t)
	}
	return b.String()
}

var (
	pointerEscaper   = strings.NewReplacer("~", "~0", "/", "~1")
	pointerUnescaper = strings.NewReplacer("~1", "/", "~0", "~")
)
