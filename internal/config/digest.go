package config

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"hash"

	"github.com/idpsync/idpsync/internal/model"
)

// digest names a state. Its canonical form is a sequence of JSON texts, one a
// resource in the order of keys, with sorted members and secrets as their
// references; a secret that stands in the file itself is only said to be one.
func digest(s *model.State) string {
	h := sha256.New()
	for r := range s.All() {
		writeJSON(h, []any{
			r.Key.String(), string(r.Lifecycle), r.RenamedFrom, r.Protect, r.Whole,
			r.DependsOn, r.Refs, canonical(r.Attributes),
		})
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

func writeJSON(h hash.Hash, v any) {
	// Nothing in v can fail to encode; a new line keeps the texts apart.
	_ = json.NewEncoder(h).Encode(v)
}

// canonical is a copy of the tree with secrets as {"secretFrom": reference}.
func canonical(v any) any {
	switch v := v.(type) {
	case model.Secret:
		return map[string]any{"secretFrom": reference(v)}
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = canonical(e)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = canonical(e)
		}
		return out
	}
	return v
}

func reference(s model.Secret) string {
	switch {
	case s.Server():
		return "server"
	case s.Ref() == "":
		return "literal"
	}
	return s.Ref()
}
