package ledger

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/idpsync/idpsync/internal/model"
)

// Fingerprint stands where a secret stood. The zero Fingerprint says that there
// was one, and nothing of its value.
type Fingerprint struct {
	// KeyID names the key that Sum was made with; Sum is the keyed digest.
	KeyID, Sum string
}

// Known tells whether anything is remembered of the value.
func (f Fingerprint) Known() bool { return f.Sum != "" }

// String shows which key it was made with, and no more.
func (f Fingerprint) String() string { return "(secret)" }

// Seal makes the fingerprint of a secret; empty strings when it cannot (no key,
// or a secret without a value). secret.Fingerprinter.Seal is one.
type Seal func(model.Secret) (keyID, sum string)

// Value is a plain JSON-shaped value in which fingerprints stand for secrets. It
// is made by Remember alone, so that no secret can slip into a ledger. The zero
// Value is null.
type Value struct {
	v any
	// read is set on a value that was read; it is decoded when somebody looks,
	// for of 10,000 objects few have anything that no server shows.
	read *undecoded
}

type undecoded struct {
	text string
	once sync.Once
	v    any
}

// Remember keeps a value of a resource (model.Resource: maps, slices, strings,
// bool, nil, json.Number, Secret) with a fingerprint in the place of each secret.
// What holds no secret is shared with v, which must not be changed any more. A
// nil seal knows nothing of any. Anything else in the tree is a mistake of the
// caller and is remembered as a secret of which nothing is known.
func Remember(v any, seal Seal) Value {
	kept, _ := remember(v, seal)
	return Value{v: kept}
}

// remember gives v itself, and same, where nothing has to be replaced.
func remember(v any, seal Seal) (kept any, same bool) {
	switch v := v.(type) {
	case nil, string, bool, json.Number, Fingerprint:
		return v, true
	case map[string]any:
		return replaced(v, func(e any) (any, bool) { return remember(e, seal) })
	case []any:
		return replacedIn(v, func(e any) (any, bool) { return remember(e, seal) })
	case model.Secret:
		return sealed(v, seal), false
	case Value:
		return v.Tree(), false
	}
	return Fingerprint{}, false
}

// replaced is the mapping with other values where by has one; the mapping itself
// where it has none.
func replaced(m map[string]any, by func(any) (v any, same bool)) (any, bool) {
	var out map[string]any
	for k, e := range m {
		v, same := by(e)
		if same {
			continue
		}
		if out == nil {
			out = maps.Clone(m)
		}
		out[k] = v
	}
	switch {
	case m == nil:
		return map[string]any{}, false
	case out == nil:
		return m, true
	}
	return out, false
}

// replacedIn is replaced for a list.
func replacedIn(l []any, by func(any) (v any, same bool)) (any, bool) {
	var out []any
	for i, e := range l {
		v, same := by(e)
		if same {
			continue
		}
		if out == nil {
			out = slices.Clone(l)
		}
		out[i] = v
	}
	switch {
	case l == nil:
		return []any{}, false
	case out == nil:
		return l, true
	}
	return out, false
}

func sealed(s model.Secret, seal Seal) Fingerprint {
	if seal == nil || !s.Resolved() {
		return Fingerprint{}
	}
	keyID, sum := seal(s)
	return Fingerprint{keyID, sum}
}

// Tree gives the value as plain maps and slices with a Fingerprint for each
// secret. It must not be changed.
func (v Value) Tree() any {
	if v.read == nil {
		return v.v
	}
	v.read.once.Do(func() { v.read.v = decodeTree(v.read.text) })
	return v.read.v
}

// At gives what lies at the path of a tree of mappings.
func (v Value) At(path ...string) (any, bool) {
	at := v.Tree()
	for _, e := range path {
		m, ok := at.(map[string]any)
		if !ok {
			return nil, false
		}
		if at, ok = m[e]; !ok {
			return nil, false
		}
	}
	return at, true
}

// mark is the key of the mapping that a fingerprint is written as. A key of the
// value's own that begins with "$" is written with one "$" more.
const mark = "$secret"

// MarshalJSON writes fingerprints as {"$secret": "keyid:sum"}.
func (v Value) MarshalJSON() ([]byte, error) {
	if v.read != nil {
		return []byte(v.read.text), nil
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v.written())
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// written is what encoding/json writes of the value as MarshalJSON does, without
// the detour that a Marshaler takes.
func (v Value) written() any {
	if v.read != nil {
		return json.RawMessage(v.read.text)
	}
	written, _ := outward(v.v)
	return written
}

// MarshalJSON writes the mapping that stands for a secret.
func (f Fingerprint) MarshalJSON() ([]byte, error) {
	text := ""
	if f.Known() {
		text = f.KeyID + ":" + f.Sum
	}
	return json.Marshal(map[string]string{mark: text})
}

// outward is a value with its keys as they are written; what is written as it
// stands is not copied.
func outward(v any) (written any, same bool) {
	switch v := v.(type) {
	case map[string]any:
		if escaped, has := escapeKeys(v); has {
			out, _ := replaced(escaped, outward)
			return out, false
		}
		return replaced(v, outward)
	case []any:
		return replacedIn(v, outward)
	}
	return v, true
}

// escapeKeys writes one "$" more before each key that begins with one.
func escapeKeys(m map[string]any) (out map[string]any, has bool) {
	for k := range m {
		has = has || strings.HasPrefix(k, "$")
	}
	if !has {
		return m, false
	}
	out = make(map[string]any, len(m))
	for k, e := range m {
		if strings.HasPrefix(k, "$") {
			k = "$" + k
		}
		out[k] = e
	}
	return out, true
}

// UnmarshalJSON keeps what MarshalJSON wrote until somebody looks.
func (v *Value) UnmarshalJSON(data []byte) error {
	*v = Value{read: &undecoded{text: string(data)}}
	return nil
}

// decodeTree cannot fail: the text is JSON, since it was a part of some, and the
// checksum of its line says that it is ours. Numbers stay as they are written.
func decodeTree(text string) any {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var raw any
	_ = d.Decode(&raw)
	return inward(raw)
}

func inward(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if s, ok := v[mark].(string); ok && len(v) == 1 {
			id, sum, _ := strings.Cut(s, ":")
			return Fingerprint{id, sum}
		}
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[strings.TrimPrefix(k, "$")] = inward(e)
		}
		return out
	case []any:
		for i, e := range v {
			v[i] = inward(e)
		}
	}
	return v
}
