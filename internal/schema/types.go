package schema

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/idpsync/idpsync/schemas"
)

// knownType is a row of connection-types.json.
type knownType struct {
	Type     string `json:"type"`
	Provider string `json:"provider"`
	// ProviderGuessed tells that nobody has confirmed Provider.
	ProviderGuessed bool            `json:"providerGuessed"`
	Category        string          `json:"category"`
	Keys            map[string]bool `json:"keys"`
}

// secret tells what the row says of a key, however its letters are cased.
func (k *knownType) secret(key string) (secret, known bool) {
	if secret, known = k.Keys[key]; known {
		return secret, true
	}
	for name, s := range k.Keys {
		if strings.EqualFold(name, key) {
			secret, known = secret || s, true
		}
	}
	return secret, known
}

// knownTypes gives connection-types.json by connection type.
var knownTypes = sync.OnceValue(func() map[string]*knownType {
	var file struct{ Types []*knownType }
	if err := json.Unmarshal(readEmbedded("connection-types.json"), &file); err != nil {
		panic(fmt.Sprintf("schemas/connection-types.json: %v", err))
	}
	byType := make(map[string]*knownType, len(file.Types))
	for _, t := range file.Types {
		byType[t.Type] = t
	}
	return byType
})

// readEmbedded reads a file that is part of the binary.
func readEmbedded(name string) []byte {
	data, err := schemas.FS.ReadFile(name)
	if err != nil {
		panic(fmt.Sprintf("schemas/%s: %v", name, err))
	}
	return data
}

// embedded decodes a file that is part of the binary into a new tree.
func embedded(name string) object {
	m, err := decodeObject(readEmbedded(name))
	if err != nil {
		panic(fmt.Sprintf("schemas/%s: %v", name, err))
	}
	return m
}
