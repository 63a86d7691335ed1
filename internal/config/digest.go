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
	var b []byte
	for r := range s.All() {
		b = appendResource(b[:0], r)
		_, _ = h.Write(b) // a hash never fails
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

func appendResource(b []byte, r *model.Resource) []byte {
	b = fmt.Appendf(b, "%q %s %q protect=%t whole=%t needs=%q refers=", r.Key, r.Lifecycle, r.RenamedFrom, r.Protect, r.Whole, r.DependsOn)
	for _, path := range slices.Sorted(maps.Keys(r.Refs)) {
		b = fmt.Appendf(b, "%q:%q,", path, r.Refs[path])
	}
	return append(appendValue(append(b, ' '), r.Attributes), '\n')
}

// appendValue writes a tree so that different trees have different texts.
func appendValue(b []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...)
	case bool:
		return strconv.AppendBool(b, v)
	case string:
		return strconv.AppendQuote(b, v)
	case json.Number:
		return append(b, v...)
	case model.Secret:
		return append(append(append(b, '<'), reference(v)...), '>')
	case []any:
		b = append(b, '[')
		for _, e := range v {
			b = append(appendValue(b, e), ',')
		}
		return append(b, ']')
	case map[string]any:
		b = append(b, '{')
		for _, k := range slices.Sorted(maps.Keys(v)) {
			b = append(strconv.AppendQuote(b, k), ':')
			b = append(appendValue(b, v[k]), ',')
		}
		return append(b, '}')
	}
	return fmt.Appendf(b, "%T", v) // no tree holds anything else
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
