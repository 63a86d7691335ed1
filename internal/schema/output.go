package schema

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/idpsync/idpsync/schemas"
)

const outputFolder = "output/"

// OutputViolation is one place where a document of ours is not as published.
type OutputViolation struct {
	// Pointer is the JSON pointer of the place.
	Pointer string
	// Keyword is the keyword of JSON Schema that is not met.
	Keyword string
	Message string
}

// Outputs lists the kinds of documents whose schema is published.
func Outputs() []string {
	files, _ := fs.Glob(schemas.FS, outputFolder+"*.schema.json") // the pattern is well formed
	kinds := make([]string, len(files))
	for i, f := range files {
		kinds[i] = strings.TrimSuffix(strings.TrimPrefix(f, outputFolder), ".schema.json")
	}
	return kinds
}

// OutputSchema is the published schema of a kind, such as "plan".
func OutputSchema(kind string) ([]byte, bool) {
	text, err := schemas.FS.ReadFile(outputFolder + kind + ".schema.json")
	return text, err == nil
}

var compiledOutputs sync.Map // kind -> func() (*jsonschema.Schema, error)

// VerifyOutput checks a document against the published schema of a kind. An
// error says that there is no such schema, or that the text is no JSON value.
func VerifyOutput(kind string, document []byte) ([]OutputViolation, error) {
	text, known := OutputSchema(kind)
	if !known {
		return nil, fmt.Errorf("no schema is published for documents of kind %q", kind)
	}
	value, err := oneValue(document)
	if err != nil {
		return nil, err
	}
	compile, _ := compiledOutputs.LoadOrStore(kind, sync.OnceValues(func() (*jsonschema.Schema, error) { return compileOutput(kind, text) }))
	s, err := compile.(func() (*jsonschema.Schema, error))()
	if err != nil {
		return nil, err
	}
	var broken *jsonschema.ValidationError
	if err := s.Validate(value); !errors.As(err, &broken) {
		return nil, err
	}
	return outputViolations(broken), nil
}

func compileOutput(kind string, text []byte) (*jsonschema.Schema, error) {
	c := jsonschema.NewCompiler()
	c.Draft = jsonschema.Draft2020
	c.AssertFormat = true
	c.LoadURL = func(url string) (io.ReadCloser, error) {
		return nil, fmt.Errorf("a published schema refers to %s; it must stand alone", url)
	}
	url := "output:" + kind
	if err := c.AddResource(url, bytes.NewReader(text)); err != nil {
		return nil, err
	}
	return c.Compile(url)
}

// oneValue reads a JSON text that holds one value and nothing else.
func oneValue(text []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("not JSON: more than one value")
	}
	return v, nil
}

// outputViolations keeps the complaints that have no cause of their own.
func outputViolations(e *jsonschema.ValidationError) []OutputViolation {
	var all []OutputViolation
	var walk func(e *jsonschema.ValidationError)
	walk = func(e *jsonschema.ValidationError) {
		if len(e.Causes) == 0 {
			keyword := e.KeywordLocation[strings.LastIndexByte(e.KeywordLocation, '/')+1:]
			all = append(all, OutputViolation{e.InstanceLocation, keyword, e.Message})
		}
		for _, c := range e.Causes {
			walk(c)
		}
	}
	walk(e)
	sort.Slice(all, func(i, j int) bool {
		a, b := all[i], all[j]
		return cmp.Or(strings.Compare(a.Pointer, b.Pointer), strings.Compare(a.Keyword, b.Keyword), strings.Compare(a.Message, b.Message)) < 0
	})
	return slices.Compact(all)
}
