package secret

import (
	"strings"

	"filippo.io/age/armor"
)

// Undecrypted tells that a text still is what SOPS or age made of it: somebody
// forgot a step, and no server may get it for a value.
func Undecrypted(text string) bool {
	return strings.Contains(text, "ENC[AES256_GCM,") || strings.Contains(text, armor.Header) ||
		strings.HasPrefix(text, "age-encryption.org/v1")
}
