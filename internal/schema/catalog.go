package schema

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"sync"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/schemas"
)

// Catalog knows which schema governs what. It is safe for concurrent use; each
// schema is compiled at most once, when it is first needed.
type Catalog struct {
	kinds map[string]*document // hand-written, by the first part of the file name
	types map[string]*connType // those with a template, by connection type
	// pulled names the provider types whose template is the server's own word,
	// and edited the files of those that somebody changed afterwards.
	pulled map[string]bool
	edited []Edited
}

// Edited is a pulled template that is no longer what the server sent.
type Edited struct {
	File     string // below the project folder, with slashes
	Source   string
	PulledAt string // RFC 3339; "" when the file does not say
}

// connType is a connection type with a template.
type connType struct {
	info   TypeInfo
	fields []field
	schema *document
}

// strict tells that the template is the server's own word.
func (t *connType) strict() bool {
	return t.info.Provenance == Pulled || t.info.Provenance == Local
}

// TypeInfo tells what is known of a connection type that has a template.
type TypeInfo struct {
	Type, ProviderType string
	// Provenance is verbatim, documented, inferred, pulled or local.
	Provenance string
	// Source names the documents a bundled template was made from, or the host
	// it was pulled from.
	Source string
	// PulledAt is when it was pulled (RFC 3339); "" for other templates.
	PulledAt string
	// Fields counts the settings that a document may give.
	Fields int
	// AllowMultiple: several providers of ProviderType in one pool;
	// AllowMultipleConn: several connections in one provider. nil: not known.
	AllowMultiple, AllowMultipleConn *bool
}

// Bundled is the catalogue of what is part of the binary.
func Bundled() *Catalog { return bundled() }

var bundled = sync.OnceValue(func() *Catalog {
	c := &Catalog{kinds: make(map[string]*document), types: make(map[string]*connType), pulled: make(map[string]bool)}
	for _, name := range []string{"application", "connection", "fleet", "identity-provider", "metadata", "patch", "project"} {
		file := name + ".schema.json"
		c.kinds[name] = newDocument(base+file, func() ([]byte, error) { return readEmbedded(file), nil })
	}
	if err := c.addTemplates(schemas.FS, "templates", nil); err != nil {
		panic(fmt.Sprintf("schemas: %v", err))
	}
	return c
})

// WithTemplates is a catalogue in which the templates below schemas/templates
// of fsys, the project folder, take the place of the bundled ones, connection
// type by connection type. A template that does not say it was pulled is taken
// as Local. The error names the file that holds no template.
func (c *Catalog) WithTemplates(fsys fs.FS) (*Catalog, error) {
	n := c.clone()
	return n, n.addTemplates(fsys, "schemas/templates", n.own)
}

// WithPulled is a catalogue in which templates that a server has just sent,
// bare or inside whole V2 answers, take the place of all others.
func (c *Catalog) WithPulled(answers ...[]byte) (*Catalog, error) {
	n := c.clone()
	for _, a := range answers {
		t, err := readTemplate(a)
		if err != nil {
			return nil, err
		}
		t.comeFrom(origin{provenance: Pulled})
		n.add(t)
	}
	return n, nil
}

func (c *Catalog) clone() *Catalog {
	return &Catalog{kinds: c.kinds, types: maps.Clone(c.types), pulled: maps.Clone(c.pulled), edited: slices.Clone(c.edited)}
}

// own takes a template as the project's: pulled, if it says so and nobody has
// changed it since, else local.
func (c *Catalog) own(file string, t *template) {
	from := t.origin
	if from.edited {
		c.edited = append(c.edited, Edited{File: file, Source: from.source, PulledAt: from.pulledAt})
	}
	if from.provenance != Pulled || from.edited {
		from.provenance = Local
	}
	t.comeFrom(from)
}

// comeFrom gives a template and all its rows one origin.
func (t *template) comeFrom(o origin) {
	t.origin = o
	for i := range t.connections {
		t.connections[i].origin = o
	}
}

// addTemplates reads every *.json of the folder in the order of names; a folder
// that does not exist is empty.
func (c *Catalog) addTemplates(fsys fs.FS, dir string, adjust func(file string, t *template)) error {
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read the connection templates: %w", err)
	}
	for _, e := range entries {
		if e.IsDir() || path.Ext(e.Name()) != ".json" {
			continue
		}
		file := path.Join(dir, e.Name())
		data, err := fs.ReadFile(fsys, file)
		if err != nil {
			return fmt.Errorf("read the connection templates: %w", err)
		}
		t, err := readTemplate(data)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if adjust != nil {
			adjust(file, t)
		}
		c.add(t)
	}
	return nil
}

func (c *Catalog) add(t *template) {
	c.pulled[t.provider] = t.origin.provenance == Pulled
	for i := range t.connections {
		conn := &t.connections[i]
		c.types[conn.typ] = &connType{
			info: TypeInfo{
				Type: conn.typ, ProviderType: t.provider,
				Provenance: conn.origin.provenance, Source: conn.origin.source, PulledAt: conn.origin.pulledAt,
				Fields:        countSettings(conn.fields),
				AllowMultiple: t.allowMultiple, AllowMultipleConn: t.allowMultipleConn,
			},
			fields: conn.fields,
			schema: newDocument(base+"connection/"+FileName(conn.typ)+".schema.json", func() ([]byte, error) {
				return marshal(deriveConnection(t, conn))
			}),
		}
	}
}

func countSettings(fields []field) int {
	n := 0
	for i := range fields {
		if !fields[i].displayOnly() {
			n++
		}
	}
	return n
}

// Types lists the connection types that have a template, sorted by type.
func (c *Catalog) Types() []TypeInfo {
	infos := make([]TypeInfo, 0, len(c.types))
	for _, typ := range slices.Sorted(maps.Keys(c.types)) {
		infos = append(infos, c.types[typ].info)
	}
	return infos
}

// Type tells about a connection type; false without a template.
func (c *Catalog) Type(connType string) (TypeInfo, bool) {
	t, ok := c.types[connType]
	if !ok {
		return TypeInfo{}, false
	}
	return t.info, true
}

// Schema gives the schema derived for a connection type; false without a template.
func (c *Catalog) Schema(connType string) ([]byte, bool) {
	t, ok := c.types[connType]
	if !ok {
		return nil, false
	}
	data, err := t.schema.load()
	return data, err == nil
}

// Compilations tells how often the schema of each connection type was compiled,
// by type; what was never needed is left out. Compiling costs more than checking
// a hundred documents.
func (c *Catalog) Compilations() map[string]int {
	times := make(map[string]int)
	for typ, t := range c.types {
		if n := int(t.schema.compilations.Load()); n > 0 {
			times[typ] = n
		}
	}
	return times
}

// field finds a field of a type's template; nil when nothing is known of it.
func (c *Catalog) field(typ string, path model.Path) *field {
	t, ok := c.types[typ]
	if !ok {
		return nil
	}
	var found *field
	fields := t.fields
	for _, key := range path {
		i := slices.IndexFunc(fields, func(f field) bool { return f.key == key })
		if i < 0 {
			return nil
		}
		found, fields = &fields[i], fields[i].children
	}
	return found
}
