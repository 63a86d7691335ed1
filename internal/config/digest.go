package config

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/idpsync/idpsync/internal/model"
)

// digest names a state. Its canonical form is a sequence of texts, one a
// resource in the order of keys, with sorted members and secrets as their
// references; a secret that stands in the file itself is only said to be one.
func digest(s *model.State) string {
	h := sha256.New()
	var w stateWriter
	for r := range s.All() {
		w.text = w.text[:0]
		w.resource(r)
		_, _ = h.Write(w.text) // a hash never fails
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

// stateWriter writes the canonical form.
type stateWriter struct {
	text []byte
	// names are the keys of the mappings on the way to the value at hand.
	names []string
}

func (w *stateWriter) resource(r *model.Resource) {
	w.text = fmt.Appendf(w.text, "%q %s %q protect=%t whole=%t needs=%q refers=", r.Key, r.Lifecycle, r.RenamedFrom, r.Protect, r.Whole, r.DependsOn)
	for _, path := range slices.Sorted(maps.Keys(r.Refs)) {
		w.text = fmt.Appendf(w.text, "%q:%q,", path, r.Refs[path])
	}
	w.text = append(w.text, ' ')
	w.value(r.Attributes)
	w.text = append(w.text, '\n')
}

// value writes a tree so that different trees have different texts.
func (w *stateWriter) value(v any) {
	switch v := v.(type) {
	case nil:
		w.text = append(w.text, "null"...)
	case bool:
		w.text = strconv.AppendBool(w.text, v)
	case string:
		w.text = strconv.AppendQuote(w.text, v)
	case json.Number:
		w.text = append(w.text, v...)
	case model.Secret:
		w.text = append(append(append(w.text, '<'), reference(v)...), '>')
	case []any:
		w.text = append(w.text, '[')
		for _, e := range v {
			w.value(e)
			w.text = append(w.text, ',')
		}
		w.text = append(w.text, ']')
	case map[string]any:
		w.mapping(v)
	default:
		w.text = fmt.Appendf(w.text, "%T", v) // no tree holds anything else
	}
}

func (w *stateWriter) mapping(m map[string]any) {
	from := len(w.names)
	for k := range m {
		w.names = append(w.names, k)
	}
	slices.Sort(w.names[from:])
	w.text = append(w.text, '{')
	for i := from; i < from+len(m); i++ {
		k := w.names[i]
		w.text = append(strconv.AppendQuote(w.text, k), ':')
		w.value(m[k])
		w.text = append(w.text, ',')
	}
	w.text = append(w.text, '}')
	w.names = w.names[:from]
}

func reference(s model.Secret) string {
	switch {
	case s.Server():
		return "server"
	case s.Ref() == "":
		return "literal"
	}
	return strconv.Quote(s.Ref())
}
