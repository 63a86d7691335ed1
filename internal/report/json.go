package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// formatVersion is the version of every document; a new minor number adds keys.
const formatVersion = "1.0"

// Header begins every document.
type Header struct {
	FormatVersion string `json:"formatVersion"`
	Kind          string `json:"kind"`
}

// NewHeader begins a document of the kind, such as "plan".
func NewHeader(kind string) Header { return Header{formatVersion, "idpsync." + kind} }

// Target names the user pool a document is about.
type Target struct {
	Name       string `json:"name"`
	Host       string `json:"host"`
	UserPoolID string `json:"userPoolId"`
}

// Place is a dotted path of a resource.
type Place struct {
	Key  string `json:"key"`
	Path string `json:"path"`
}

// JSON writes a document. The same document gives the same bytes.
func JSON(w io.Writer, document any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(document)
}

// read decodes a document of the kind; numbers stay as they are written.
func read(r io.Reader, kind string, into any, h *Header) error {
	d := json.NewDecoder(r)
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("not a document of idpsync: %w", err)
	}
	if h.Kind != "idpsync."+kind {
		return fmt.Errorf("want a document of kind idpsync.%s, got %q", kind, h.Kind)
	}
	if major, _, _ := strings.Cut(h.FormatVersion, "."); major != "1" {
		return fmt.Errorf("format version %q of the document is not known; this program reads version 1", h.FormatVersion)
	}
	return nil
}

// list makes an array of a slice that may be nil.
func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
