package sandbox

import (
	"io/fs"
	"strings"
	"sync"

	"github.com/idpsync/idpsync/schemas"
)

func bundledTemplates() fs.FS { return schemas.FS }

// templates are the connection templates of V2 extIdpTmpl, read when first asked for.
type templates struct {
	root fs.FS

	mu     sync.Mutex
	loaded map[string]*template
}

func newTemplates(root fs.FS) *templates {
	return &templates{root: root, loaded: map[string]*template{}}
}

// template is what one provider type's template says. A type without one sets no
// limit and has a logo by pattern.
type template struct {
	tree             map[string]any // as it is answered; nil without a template
	single           bool           // allowMultiple is false: one provider of the type in a pool (INFERRED)
	singleConnection bool           // allowMultipleConn is false: one connection of a type in a provider (INFERRED)
	logo             string
	connections      map[string]map[string]any // raw connectionTmpls by connection type
}

func (t *templates) provider(kind string) *template {
	t.mu.Lock()
	defer t.mu.Unlock()
	if known, ok := t.loaded[kind]; ok {
		return known
	}
	loaded := t.load(kind)
	t.loaded[kind] = loaded
	return loaded
}

func (t *templates) load(kind string) *template {
	loaded := &template{logo: patternLogo(kind), connections: map[string]map[string]any{}}
	data, err := fs.ReadFile(t.root, "templates/"+strings.ReplaceAll(kind, ":", "_")+".json")
	var raw map[string]any
	if err != nil || decodeJSON(data, &raw) != nil {
		return loaded
	}
	loaded.tree, _ = withoutExtensions(raw).(map[string]any)
	loaded.single, loaded.singleConnection = raw["allowMultiple"] == false, raw["allowMultipleConn"] == false
	if logo, _ := raw["logo"].(string); logo != "" {
		loaded.logo = logo
	}
	list, _ := raw["connectionTmpls"].([]any)
	for _, item := range list {
		tree, _ := item.(map[string]any)
		if name, _ := tree["type"].(string); name != "" {
			loaded.connections[name] = tree
		}
	}
	return loaded
}

// patternLogo follows the address of the one published template's logo.
func patternLogo(kind string) string {
	return "https://files.authing.co/authing-console/social-connections/icon_" + strings.ReplaceAll(kind, ":", "_") + ".png"
}

func (t *template) connectionLogo(kind string) string {
	if logo, _ := t.connections[kind]["logo"].(string); logo != "" {
		return logo
	}
	return t.logo
}

// withoutExtensions drops the keys that only our bundled templates have.
func withoutExtensions(value any) any {
	switch v := value.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, member := range v {
			if !strings.HasPrefix(key, "x-") {
				out[key] = withoutExtensions(member)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = withoutExtensions(v[i])
		}
		return out
	}
	return value
}

// getTemplate is V2 GET extIdpTmpl/{type} (contract 6.1).
func getTemplate(c *call) (any, *failure) {
	if _, known := providerTypes[c.segment()]; !known {
		return nil, refuse(noTemplate, "no template for type %q", c.segment())
	}
	t := c.server.templates.provider(c.segment())
	if t.tree == nil {
		return nil, refuse(noTemplate, "no template for type %q", c.segment())
	}
	c.verbatim = true
	return t.tree, nil
}
