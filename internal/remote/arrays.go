package remote

import (
	"strings"
	"sync/atomic"
)

// wording is how a server writes arrays. The documentation shows the JSON text
// of one where its schemas say array (contract 3.7). Where the contract says
// array either is read as one. In a tree whose keys no contract lists, text may
// also be what a person wrote there, so it is taken for an array only if the
// server is not seen to write arrays as such.
type wording int32

const (
	wordingUnknown wording = iota
	asArrays
	asText
)

// wordingOf judges by values that the contract calls arrays.
func wordingOf(values ...any) wording {
	w := wordingUnknown
	for _, v := range values {
		switch v := v.(type) {
		case []any:
			w = max(w, asArrays)
		case string:
			if _, ok := arrayIn(v); ok {
				return asText
			}
		}
	}
	return w
}

// wordings is the wording of the applications read so far, by which the fields
// of connections are judged too.
type wordings struct{ atomic.Int32 }

// note keeps the wording of one application.
func (s *wordings) note(w wording) {
	for old := s.Load(); int32(w) > old && !s.CompareAndSwap(old, int32(w)); old = s.Load() {
	}
}

// holdsArray tells whether an array stands in v as such. One named list says
// nothing: that is what pages are called, which are arrays on every server.
func holdsArray(v any) bool {
	switch v := v.(type) {
	case []any:
		return true
	case tree:
		for k, e := range v {
			if k != "list" && holdsArray(e) {
				return true
			}
		}
	}
	return false
}

// arrayIn reads the JSON text of an array.
func arrayIn(s string) ([]any, bool) {
	s = strings.TrimSpace(s)
	if !strings.HasPrefix(s, "[") || !strings.HasSuffix(s, "]") {
		return nil, false
	}
	var list []any
	if decodeJSON([]byte(s), &list) != nil {
		return nil, false
	}
	return list, true
}
