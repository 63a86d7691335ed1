package remote

import (
	"bytes"
	"encoding/json"
	"errors"
	"hash/maphash"
	"io"
	"slices"
	"sync"
	"unicode/utf8"
)

// A pool is thousands of objects that have the same keys, and many values, in
// common. Here each of these is made once and not once an object, a mapping has
// no more room than it needs, and an answer is not copied before it is read.
// encoding/json says first whether an answer is JSON; what it takes, this reads
// as it would, with its numbers as they are written (FuzzDecodeJSON).

// decodeJSON reads exactly one JSON value with its numbers as they are written.
// v points to a tree, a []any or an any.
func decodeJSON(body []byte, v any) error {
	trimmed := bytes.TrimSpace(body)
	if len(trimmed) == 0 {
		return errEmpty
	}
	if trimmed[0] == '<' {
		return errHTML
	}
	if !json.Valid(trimmed) {
		return brokenJSON(trimmed)
	}
	r := jsonReaders.Get().(*jsonReader)
	defer jsonReaders.Put(r)
	read := r.read(trimmed)
	switch v := v.(type) {
	case *any:
		*v = read
		return nil
	case *tree:
		t, is := read.(tree)
		*v = t
		return garbageUnless(is || read == nil)
	case *[]any:
		l, is := read.([]any)
		*v = l
		return garbageUnless(is || read == nil)
	}
	return json.Unmarshal(trimmed, v)
}

func garbageUnless(ok bool) error {
	if ok {
		return nil
	}
	return errGarbage
}

// brokenJSON tells an answer that was cut short from one that is no JSON.
func brokenJSON(body []byte) error {
	var v any
	if err := json.NewDecoder(bytes.NewReader(body)).Decode(&v); errors.Is(err, io.ErrUnexpectedEOF) {
		return errCut
	}
	return errGarbage
}

// jsonReader makes values of JSON that is known to be well-formed.
type jsonReader struct {
	rest []byte
	keys map[string]string
	// recent are the texts met last, each with the interface value that holds it.
	recent [1024]struct {
		text  string
		value any
	}
	// lists are those of scalars met last, by their length, each with the interface
	// value that holds it: many objects have the same one.
	lists [32]struct {
		list  []any
		value any
	}
	// names and values are of the mappings that are being read, one upon another.
	names  []string
	values []any
}

var jsonReaders = sync.Pool{New: func() any { return &jsonReader{keys: map[string]string{}} }}

var jsonSeed = maphash.MakeSeed()

// The lengths up to which texts are worth looking for, and how many keys are kept.
const (
	maxKept = 64
	maxKeys = 4096
)

func (r *jsonReader) read(text []byte) any {
	r.rest = text
	v := r.value()
	r.rest = nil
	if cap(r.values) > maxKeys {
		r.names, r.values = nil, nil
	}
	clear(r.values[:cap(r.values)]) // what was read must not live as long as the reader
	return v
}

func (r *jsonReader) value() any {
	r.blank()
	switch r.rest[0] {
	case '{':
		return r.object()
	case '[':
		return r.array()
	case '"':
		return r.text()
	case 't':
		r.rest = r.rest[len("true"):]
		return true
	case 'f':
		r.rest = r.rest[len("false"):]
		return false
	case 'n':
		r.rest = r.rest[len("null"):]
		return nil
	}
	return r.number()
}

// blank passes white space and what stands between values.
func (r *jsonReader) blank() {
	for i, c := range r.rest {
		switch c {
		case ' ', '\t', '\r', '\n', ',', ':':
		default:
			r.rest = r.rest[i:]
			return
		}
	}
	r.rest = nil
}

func (r *jsonReader) ends(with byte) bool {
	r.blank()
	if r.rest[0] != with {
		return false
	}
	r.rest = r.rest[1:]
	return true
}

func (r *jsonReader) object() tree {
	r.rest = r.rest[1:]
	from := len(r.values)
	for !r.ends('}') {
		name := r.key(r.quoted())
		v := r.value()
		r.names, r.values = append(r.names, name), append(r.values, v)
	}
	t := make(tree, len(r.values)-from)
	for i := from; i < len(r.values); i++ {
		t[r.names[i]] = r.values[i]
	}
	r.names, r.values = r.names[:from], r.values[:from]
	return t
}

func (r *jsonReader) array() any {
	r.rest = r.rest[1:]
	from := len(r.values)
	for !r.ends(']') {
		v := r.value()
		r.names, r.values = append(r.names, ""), append(r.values, v)
	}
	l := r.list(r.values[from:])
	r.names, r.values = r.names[:from], r.values[:from]
	return l
}

// list is a copy of a list, or the one that was met last where it says the same.
// Only short ones of scalars are kept: a page of objects must not live as long as
// the reader.
func (r *jsonReader) list(read []any) any {
	keep := len(read) > 0 && len(read) < len(r.lists) && !slices.ContainsFunc(read, composed)
	if keep {
		if slot := &r.lists[len(read)]; slices.EqualFunc(read, slot.list, sameScalar) {
			return slot.value
		}
	}
	l := make([]any, len(read))
	copy(l, read)
	var v any = l
	if keep {
		r.lists[len(read)].list, r.lists[len(read)].value = l, v
	}
	return v
}

// composed tells that a value is a mapping or a list.
func composed(v any) bool {
	switch v.(type) {
	case tree, []any:
		return true
	}
	return false
}

// sameScalar tells that two values are the same and neither is composed.
func sameScalar(x, y any) bool { return !composed(x) && sameJSON(x, y) }

// quoted passes a string and gives what stands between its quotes.
func (r *jsonReader) quoted() (inner []byte, plain bool) {
	plain = true
	for i := 1; ; i++ {
		switch r.rest[i] {
		case '\\':
			plain = false
			i++
		case '"':
			inner, r.rest = r.rest[1:i], r.rest[i+1:]
			return inner, plain && utf8.Valid(inner)
		}
	}
}

// unquoted is a string that is not what stands between its quotes.
func unquoted(inner []byte) string {
	var s string
	quoted := append(append(make([]byte, 0, len(inner)+2), '"'), inner...)
	_ = json.Unmarshal(append(quoted, '"'), &s) // it is a part of what json.Valid has seen
	return s
}

func (r *jsonReader) key(inner []byte, plain bool) string {
	if !plain {
		return unquoted(inner)
	}
	if s, kept := r.keys[string(inner)]; kept {
		return s
	}
	s := string(inner)
	if len(s) <= maxKept && len(r.keys) < maxKeys {
		r.keys[s] = s
	}
	return s
}

func (r *jsonReader) text() any {
	inner, plain := r.quoted()
	switch {
	case !plain:
		return unquoted(inner)
	case len(inner) > maxKept:
		return string(inner)
	}
	slot := &r.recent[maphash.Bytes(jsonSeed, inner)%uint64(len(r.recent))]
	if slot.value == nil || slot.text != string(inner) {
		slot.text = string(inner)
		slot.value = slot.text
	}
	return slot.value
}

func (r *jsonReader) number() json.Number {
	i := bytes.IndexAny(r.rest, ",]} \t\r\n")
	if i < 0 {
		i = len(r.rest)
	}
	n := json.Number(r.rest[:i])
	r.rest = r.rest[i:]
	return n
}
