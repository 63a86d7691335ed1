package config

import (
	"bytes"
	"os"
	"path"
	"path/filepath"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/idpsync/idpsync/internal/model"
)

// Writer turns resources as a server shows them into documents that, read
// again, ask for nothing the server does not have already. What cannot be told
// of in a file is left out, and secrets stay where they are.
type Writer struct {
	Project *Project
	// Env writes {env: NAME} in the place of each text that is kept from the
	// files, instead of {server: true}.
	Env bool
	// Reveal names the texts under keys that no template knows, which may stand
	// in the files all the same.
	Reveal []Place

	envs map[string]Place // by name
}

// Place is one attribute of an object: a dotted path of model.Path.
type Place struct {
	Key  model.Key
	Path string
}

// String writes the place as "connection/corp/fields.foo".
func (p Place) String() string { return p.Key.String() + "/" + p.Path }

// Subject is what a document shall say.
type Subject struct {
	*model.Resource
	// Connections are the handles of an application's login buttons; with nil
	// the document leaves them alone.
	Connections []string
	// Targets limits the document; nil is every target.
	Targets []string
}

// Written is one document.
type Written struct {
	Key model.Key
	// File is where it belongs, slash-separated, one folder a kind.
	File string
	// Text is the document in YAML, without a modeline and without "---".
	Text []byte
	// Kept are the places whose value the document leaves to the server, or to
	// the environment, because it is a secret, and Unknown those because no
	// template knows their key. Both are sorted.
	Kept, Unknown []string
	// Revealed are the places that Reveal names.
	Revealed []string
	// Env names the variables that the document asks for, sorted.
	Env []string
	// Lenient tells that the server's own values do not fit the schema, and that
	// the document says so.
	Lenient bool
}

// folders are where the documents of a kind lie.
var folders = map[model.Kind]string{
	model.IdentityProvider: "identity-providers",
	model.Connection:       "connections",
	model.Application:      "applications",
}

// Document writes one document. Variables get a name that no earlier document
// of this writer uses, so the order of the calls counts.
func (w *Writer) Document(s Subject) (Written, error) {
	out := Written{Key: s.Key, File: path.Join(folders[s.Key.Kind], s.Key.Name+".yaml")}
	c := &cover{writer: w, key: s.Key, typ: s.Text("type"), out: &out}
	spec := c.spec(s.Attributes)
	if s.Connections != nil {
		spec["connections"] = anyTexts(s.Connections)
	}
	c.fit(spec)
	c.sort()
	meta := []*yaml.Node{keyYAML("name"), textYAML(s.Key.Name)}
	if len(s.Targets) > 0 {
		meta = append(meta, keyYAML("targets"), c.node(anyTexts(s.Targets)))
	}
	if out.Lenient {
		meta = append(meta, keyYAML("schema"), textYAML("warn"))
	}
	doc := mapYAML(
		keyYAML("apiVersion"), textYAML(apiVersion),
		keyYAML("kind"), textYAML(string(s.Key.Kind)),
		keyYAML("metadata"), mapYAML(meta...),
		keyYAML("spec"), c.ordered(spec, specOrder[s.Key.Kind]))
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(doc); err != nil {
		return out, err
	}
	out.Text = b.Bytes()
	return out, e.Close()
}

func anyTexts(texts []string) []any {
	out := make([]any, len(texts))
	for i, t := range texts {
		out[i] = t
	}
	return out
}

// Reads tells whether a file of that name, slash-separated and relative to the
// project folder, is one whose documents count.
func (p *Project) Reads(name string) bool {
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if strings.HasPrefix(path.Base(dir), ".") || dir == "schemas" {
			return false
		}
		if _, err := os.Stat(filepath.Join(p.Dir, filepath.FromSlash(dir), ProjectFile)); err == nil {
			return false // a project of its own
		}
	}
	f := &finder{include: p.Include, exclude: p.Exclude}
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if f.leftOut(dir) {
			return false
		}
	}
	f.add(name)
	return len(f.names) > 0 && name != ProjectFile && !strings.HasPrefix(path.Base(name), ".")
}
