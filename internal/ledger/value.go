package ledger

import (
	"bytes"
	"encoding/json"
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
	text []byte
	once sync.Once
	v    any
}

// Remember copies a value of a resource (model.Resource: maps, slices, strings,
// bool, nil, json.Number, Secret) and puts a fingerprint in the place of each
// secret. A nil seal knows nothing of any. Anything else in the tree is a
// mistake of the caller and is remembered as a secret of which nothing is known.
func Remember(v any, seal Seal) Value { return Value{v: remember(v, seal)} }

func remember(v any, seal Seal) any {
	switch v := v.(type) {
	case nil, string, bool, json.Number, Fingerprint:
		return v
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = remember(e, seal)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = remember(e, seal)
		}
		return out
	case model.Secret:
		return sealed(v, seal)
	case Value:
		return v.Tree()
	}
	return Fingerprint{}
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
		return v.read.text, nil
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(outward(v.v))
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

func outward(v any) any {
	switch v := v.(type) {
	case Fingerprint:
		if !v.Known() {
			return map[string]any{mark: ""}
		}
		return map[string]any{mark: v.KeyID + ":" + v.Sum}
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			if strings.HasPrefix(k, "$") {
				k = "$" + k
			}
			out[k] = outward(e)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = outward(e)
		}
		return out
	}
	return v
}

// UnmarshalJSON keeps what MarshalJSON wrote until somebody looks.
func (v *Value) UnmarshalJSON(data []byte) error {
	*v = Value{read: &undecoded{text: bytes.Clone(data)}}
	return nil
}

// decodeTree cannot fail: the text is JSON, since it was a part of some, and the
// checksum of its line says that it is ours. Numbers stay as they are written.
func decodeTree(text []byte) any {
	d := json.NewDecoder(bytes.NewReader(text))
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
