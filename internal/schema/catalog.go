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
	// Source names the documents a bundled template was made from.
	Source string
	// Fields counts the settings that a document may give.
	Fields int
	// AllowMultiple: several providers of ProviderType in one pool;
	// AllowMultipleConn: several connections in one provider. nil: not known.
	AllowMultiple, AllowMultipleConn *bool
}

// Bundled is the catalogue of what is part of the binary.
func Bundled() *Catalog { return bundled() }

var bundled = sync.OnceValue(func() *Catalog {
	c := &Catalog{kinds: make(map[string]*document), types: make(map[string]*connType)}
	for _, name := range []string{"application", "connection", "identity-provider", "metadata", "patch", "project"} {
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
	n := &Catalog{kinds: c.kinds, types: maps.Clone(c.types)}
	return n, n.addTemplates(fsys, "schemas/templates", func(t *template) {
		if t.provenance != Pulled {
			t.provenance = Local
		}
	})
}

// addTemplates reads every *.json of the folder in the order of names; a folder
// that does not exist is empty.
func (c *Catalog) addTemplates(fsys fs.FS, dir string, adjust func(*template)) error {
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
			adjust(t)
		}
		c.add(t)
	}
	return nil
}

func (c *Catalog) add(t *template) {
	for i := range t.connections {
		conn := &t.connections[i]
		c.types[conn.typ] = &connType{
			info: TypeInfo{
				Type: conn.typ, ProviderType: t.provider,
				Provenance: t.provenance, Source: t.source,
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

// ProviderTypes lists the provider types the API documents (contract 4.1).
func (c *Catalog) ProviderTypes() []string {
	return c.kinds["identity-provider"].choices("type")
}

// ConnectionTypes lists the connection types the API documents (contract 4.3).
func (c *Catalog) ConnectionTypes() []string {
	return c.kinds["connection"].choices("type")
}

// ProviderTypeOf gives the provider type a connection type belongs to: what its
// template says, else the overview of connection-types.md. It is false where
// neither knows, and for ad-kerberos, whose provider type is but a guess there:
// nobody should be refused for it.
func (c *Catalog) ProviderTypeOf(connType string) (string, bool) {
	if t, ok := c.types[connType]; ok {
		return t.info.ProviderType, true
	}
	t, ok := knownTypes()[connType]
	if !ok || t.ProviderGuessed {
		return "", false
	}
	return t.Provider, true
}

// OneProvider tells that a user pool takes one provider of the type
// (allowMultiple is false); certain when the server itself says so, and not a
// bundled template.
func (c *Catalog) OneProvider(providerType string) (one, certain bool) {
	for _, t := range c.types {
		if t.info.ProviderType != providerType || t.info.AllowMultiple == nil || certain && !t.strict() {
			continue
		}
		no := !*t.info.AllowMultiple
		if t.strict() && !certain {
			one, certain = no, true
		} else {
			one = one || no
		}
	}
	return one, one && certain
}

// OneConnection tells that a provider takes one connection of the type
// (allowMultipleConn is false); certain as for OneProvider.
func (c *Catalog) OneConnection(connType string) (one, certain bool) {
	t, ok := c.types[connType]
	if !ok || t.info.AllowMultipleConn == nil {
		return false, false
	}
	one = !*t.info.AllowMultipleConn
	return one, one && t.strict()
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
