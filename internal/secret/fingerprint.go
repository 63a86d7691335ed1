package secret

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/hex"
	"sync"

	"github.com/idpsync/idpsync/internal/model"
)

// LedgerKeyVariable names the environment variable that holds the key.
const LedgerKeyVariable = "IDPSYNC_LEDGER_KEY"

// Fingerprinter makes keyed digests, which say whether two secrets are equal
// and, without the key, nothing else. A nil one has no key and makes none.
type Fingerprinter struct {
	made func() keys
}

type keys struct {
	id  string
	key []byte
}

// NewFingerprinter takes the content of IDPSYNC_LEDGER_KEY; nil for none.
func NewFingerprinter(key string) *Fingerprinter {
	if key == "" {
		return nil
	}
	return &Fingerprinter{sync.OnceValue(func() keys {
		k := stretch(key)
		return keys{hex.EncodeToString(mac(k, "key id", nil)[:4]), k}
	})}
}

// stretch makes 32 bytes of the key. A short one may be a word that somebody
// can guess: each guess then costs work, and so does the first use of a run.
func stretch(key string) []byte {
	rounds := 1
	if len(key) < 32 {
		rounds = 200_000
	}
	k, err := pbkdf2.Key(sha256.New, key, []byte("idpsync ledger key 1"), rounds, sha256.Size)
	if err != nil { // only for lengths that no one asks for
		sum := sha256.Sum256([]byte(key))
		return sum[:]
	}
	return k
}

// mac is a digest for one purpose; those of two purposes are never equal.
func mac(key []byte, purpose string, data []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(purpose))
	h.Write([]byte{0})
	h.Write(data)
	return h.Sum(nil)
}

// KeyID names the key without telling it; "" without one.
func (f *Fingerprinter) KeyID() string {
	if f == nil {
		return ""
	}
	return f.made().id
}

// Seal gives the id of the key and the digest of a secret's value; both are
// empty without a key, or when the value is not known.
func (f *Fingerprinter) Seal(s model.Secret) (keyID, sum string) {
	if f == nil || !s.Resolved() {
		return "", ""
	}
	k := f.made()
	return k.id, hex.EncodeToString(mac(k.key, "secret", []byte(s.Reveal()))[:16])
}

// Authenticate gives the digest of a document for a purpose, such as "plan"; ""
// without a key.
func (f *Fingerprinter) Authenticate(purpose string, document []byte) string {
	if f == nil {
		return ""
	}
	return hex.EncodeToString(mac(f.made().key, "document "+purpose, document))
}
