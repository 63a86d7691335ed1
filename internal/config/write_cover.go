package config

import (
	"encoding/json"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/secret"
)

// cover makes the spec of one document out of attributes: it keeps secrets, and
// texts of which nobody knows what they are, from the file.
type cover struct {
	writer *Writer
	key    model.Key
	typ    string
	out    *Written
}

// covered stands in a spec for a text that is kept from the file.
type covered struct{ env string }

func (c *cover) spec(attributes map[string]any) map[string]any {
	out, _ := c.mapping(nil, c.settable(attributes)).(map[string]any)
	if out == nil {
		out = map[string]any{}
	}
	return out
}

// left stands for a value that the document does not speak of.
type left struct{}

func gone(v any) bool { _, is := v.(left); return is }

// value is v as the document says it.
func (c *cover) value(path model.Path, v any) any {
	switch v := v.(type) {
	case model.Secret:
		return c.keep(path, &c.out.Kept, true)
	case string:
		return c.text(path, v)
	case []any:
		return c.list(path, v)
	case map[string]any:
		return c.mapping(path, v)
	case json.Number:
		if readsBack(v) {
			return v
		}
		return left{}
	case bool:
		return v
	}
	return left{} // null: nothing to manage
}

func (c *cover) text(path model.Path, s string) any {
	switch {
	case s != "" && !c.known(path):
		return c.keep(path, &c.out.Unknown, true)
	case len(s) > maxScalar/2 || secret.Undecrypted(s): // no document could be read with it
		return c.keep(path, &c.out.Kept, true)
	}
	return s
}

// list keeps a list as a whole: its elements have no names, and of one that is
// not told nothing can be compared.
func (c *cover) list(path model.Path, l []any) any {
	if c.holds(l, func(v any) bool { _, is := v.(model.Secret); return is }) {
		return c.keep(path, &c.out.Kept, false)
	}
	text := func(v any) bool { s, is := v.(string); return is && s != "" }
	if !c.known(path) && c.holds(l, text) || c.known(path) && c.foreignText(path, l) {
		return c.keep(path, &c.out.Unknown, false)
	}
	out := make([]any, 0, len(l))
	for _, e := range l {
		w := c.element(e)
		if gone(w) {
			return left{}
		}
		out = append(out, w)
	}
	return out
}

// element is an element of a list, in which nothing is kept from the file.
func (c *cover) element(v any) any {
	switch v := v.(type) {
	case json.Number:
		if !readsBack(v) {
			return left{}
		}
	case string:
		if len(v) > maxScalar/2 || secret.Undecrypted(v) {
			return left{}
		}
	case []any:
		for _, e := range v {
			if gone(c.element(e)) {
				return left{}
			}
		}
	case map[string]any:
		for k, e := range v {
			if misread(k) || gone(c.element(e)) {
				return left{}
			}
		}
	}
	return v
}

// foreignText tells that an object in a list has a text under a key that no
// template knows.
func (c *cover) foreignText(path model.Path, l []any) bool {
	return slices.ContainsFunc(l, func(v any) bool {
		m, ok := v.(map[string]any)
		if !ok {
			return false
		}
		for k, e := range m {
			s, isText := e.(string)
			if isText && s != "" && !c.known(path.Child(k)) {
				return true
			}
			if c.foreignText(path.Child(k), []any{e}) {
				return true
			}
			if inner, isList := e.([]any); isList && (c.foreignText(path.Child(k), inner) || !c.known(path.Child(k)) && c.holds(inner, isString)) {
				return true
			}
		}
		return false
	})
}

func isString(v any) bool { _, is := v.(string); return is }

func (c *cover) holds(v any, is func(any) bool) bool {
	switch v := v.(type) {
	case []any:
		return slices.ContainsFunc(v, func(e any) bool { return c.holds(e, is) })
	case map[string]any:
		for _, e := range v {
			if c.holds(e, is) {
				return true
			}
		}
		return false
	}
	return is(v)
}

// mapping leaves out keys that mean something else in a document. An object of
// which nothing is left is left out too; one that was empty is empty.
func (c *cover) mapping(path model.Path, m map[string]any) any {
	out := make(map[string]any, len(m))
	for k, v := range m {
		if misread(k) || k == "tenantId" && c.key.Kind == model.Application {
			continue
		}
		w := c.value(path.Child(k), v)
		if !gone(w) {
			out[k] = w
		}
	}
	if len(out) == 0 && len(m) > 0 {
		return left{}
	}
	return out
}

// misread tells that a mapping with the key reads as something else.
func misread(key string) bool { return key == "secretFrom" || key == "fileFrom" }

// known tells that the text at the path may be shown.
func (c *cover) known(path model.Path) bool {
	if c.writer.Project.catalog.Known(c.key.Kind, c.typ, path) {
		return true
	}
	name := path.String()
	for _, r := range c.writer.Reveal {
		if r.Key == c.key && (r.Path == name || strings.HasPrefix(name, r.Path+".")) {
			c.out.Revealed = append(c.out.Revealed, r.String())
			return true
		}
	}
	return false
}

// keep leaves the value at the path to the server, or to the environment where
// one text can stand for it.
func (c *cover) keep(path model.Path, in *[]string, single bool) any {
	p := Place{c.key, path.String()}
	*in = append(*in, p.String())
	if !c.writer.Env || !single {
		return covered{}
	}
	h := covered{env: c.writer.variable(p, path)}
	c.out.Env = append(c.out.Env, h.env)
	return h
}

// variable gives the place a name of its own: "CORP_OIDC_CLIENT_SECRET".
func (w *Writer) variable(p Place, path model.Path) string {
	if w.envs == nil {
		w.envs = map[string]Place{}
	}
	if path[0] == "fields" && len(path) > 1 {
		path = path[1:]
	}
	name := p.Key.Name
	for _, e := range path {
		name += "_" + e
	}
	name = wordEnd().ReplaceAllString(name, "${1}_${2}")
	name = strings.ToUpper(strings.Trim(notWord().ReplaceAllString(name, "_"), "_"))
	if name == "" || name[0] >= '0' && name[0] <= '9' || strings.HasPrefix(name, "IDPSYNC_") {
		name = "POOL_" + name
	}
	unique := name
	for i := 2; w.envs[unique] != (Place{}) && w.envs[unique] != p; i++ {
		unique = name + "_" + strconv.Itoa(i)
	}
	w.envs[unique] = p
	return unique
}

var (
	wordEnd = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`([a-z0-9])([A-Z])`) })
	notWord = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[^A-Za-z0-9]+`) })
)

// sort puts what was noted in order, each once.
func (c *cover) sort() {
	for _, l := range []*[]string{&c.out.Kept, &c.out.Unknown, &c.out.Revealed, &c.out.Env} {
		slices.Sort(*l)
		*l = slices.Compact(*l)
	}
}

// readsBack tells that a document with the number says just that number.
func readsBack(n json.Number) bool {
	text, fault := canonicalNumber(n.String())
	if fault != wellFormed || len(n) > 400 {
		return false
	}
	x, okX := new(big.Rat).SetString(n.String())
	y, okY := new(big.Rat).SetString(text)
	return okX && okY && x.Cmp(y) == 0
}
