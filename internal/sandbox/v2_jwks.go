package sandbox

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
)

// jwksOf has the shape of the key set that V2 shows, private parts included, and
// harms nobody: its numbers are hashes of a public id and no key. It is the same
// at every read.
func jwksOf(applicationID string) map[string]any {
	key := map[string]any{"kty": "RSA", "use": "sig", "alg": "RS256", "e": "AQAB", "kid": noise(applicationID+" kid", 32)}
	for part, size := range jwkParts {
		key[part] = noise(applicationID+" "+part, size)
	}
	return map[string]any{"keys": []any{key}}
}

// jwkParts are the sizes, in bytes, of the numbers of a 2048-bit RSA key.
var jwkParts = map[string]int{"n": 256, "d": 256, "p": 128, "q": 128, "dp": 128, "dq": 128, "qi": 128}

func noise(seed string, size int) string {
	var out []byte
	for i := uint32(0); len(out) < size; i++ {
		block := sha256.Sum256(binary.BigEndian.AppendUint32([]byte(seed), i))
		out = append(out, block[:]...)
	}
	return base64.RawURLEncoding.EncodeToString(out[:size])
}
