package plan

import (
	"sync"

	"github.com/idpsync/idpsync/internal/model"
)

// Fields lists what the change changes, by path: what was found to differ, or
// every value that a create declares. Those are listed anew at each call: among
// 10,000 creates the lists would be a sixth of what an apply holds, for the one
// who prints them.
func (c *Change) Fields() []FieldDiff {
	if c.Action != Create || c.declared == nil || c.To == nil {
		return c.Found
	}
	return c.declared.of(c.To)
}

// lister lists the declared values of resources. It serves all creates of a plan.
type lister struct {
	sem Semantics
	mu  sync.Mutex
	// names are the texts of paths, the same ones for all resources.
	names map[string]string
}

func (l *lister) of(r *model.Resource) []FieldDiff {
	l.mu.Lock()
	defer l.mu.Unlock()
	typ := ""
	if r.Key.Kind == model.Connection {
		typ = r.Text("type")
	}
	var fields []FieldDiff
	var walk func(path model.Path, v any)
	walk = func(path model.Path, v any) {
		if m, ok := v.(map[string]any); ok && len(m) > 0 {
			for k, e := range m {
				walk(path.Child(k), e)
			}
			return
		}
		if v != nil {
			fields = append(fields, field(l.sem, r.Key.Kind, typ, l.name(path), path, r, nil))
		}
	}
	for k, v := range r.Attributes {
		walk(model.Path{k}, v)
	}
	sortFields(fields)
	return fields
}

func (l *lister) name(p model.Path) string {
	var room [64]byte
	text := p.Append(room[:0])
	if name, known := l.names[string(text)]; known {
		return name
	}
	name := string(text)
	l.names[name] = name
	return name
}
