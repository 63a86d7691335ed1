package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Saved is a plan that is kept in a file, to be carried out later or not at
// all. The file has two lines, each a JSON value: a head with the digest of all
// the rest, and the plan:
//
//	{"formatVersion":"1.0","kind":"idpsync.savedplan","digest":"sha256:...","keyId":"...","seal":"..."}
//	{"id":"...","options":{...},"notEvaluated":[...],"plan":{"kind":"idpsync.plan",...}}
//
// The digest finds damage. The seal is a keyed digest of the second line: only
// who has the key can make one.
type Saved struct {
	// ID is random, so that no two saved plans have one digest.
	ID      string       `json:"id"`
	Options SavedOptions `json:"options"`
	// NotEvaluated lists what the plan's own document has no place for.
	NotEvaluated []Place `json:"notEvaluated"`
	Plan         *Plan   `json:"plan"`

	// Digest names the file, and Proof says whether its seal was checked; both
	// are filled in by EncodeSaved and DecodeSaved.
	Digest string `json:"-"`
	Proof  Proof  `json:"-"`
}

// SavedOptions are what the plan was made with; nil and "" are the project's
// own choice.
type SavedOptions struct {
	Select       []string          `json:"select,omitempty"`
	Exclude      []string          `json:"exclude,omitempty"`
	Prune        string            `json:"prune,omitempty"`
	MaxDeletes   *int              `json:"maxDeletes,omitempty"`
	AllowReplace bool              `json:"allowReplace,omitempty"`
	NoSecrets    bool              `json:"noSecrets,omitempty"`
	Push         string            `json:"push,omitempty"`
	Override     map[string]string `json:"override,omitempty"` // guard -> reason
	Parallelism  int               `json:"parallelism,omitempty"`
	MaxRPS       *float64          `json:"maxRps,omitempty"`
}

// Proof says what is known of who made the file.
type Proof string

// The proofs. A seal that is wrong is no proof but a SavedError.
const (
	Proven   Proof = "proven"   // sealed with the key at hand
	Unsealed Proof = "unsealed" // made without a key
	OtherKey Proof = "otherKey" // sealed with another key, or there is none at hand
)

// Sealer makes keyed digests; secret.Fingerprinter is one. Without a key both
// methods give "".
type Sealer interface {
	KeyID() string
	Authenticate(purpose string, document []byte) string
}

// SavedProblem is what is wrong with a file.
type SavedProblem string

// The problems.
const (
	SavedDamaged SavedProblem = "damaged"
	SavedForeign SavedProblem = "foreign" // another document
	SavedNewer   SavedProblem = "newer"
	SavedForged  SavedProblem = "forged"
)

// SavedError tells why a file cannot be trusted to be a saved plan.
type SavedError struct {
	Problem SavedProblem
	// Reason is a kind, a version or what does not fit.
	Reason string
}

func (e *SavedError) Error() string { return fmt.Sprintf("saved plan: %s: %s", e.Problem, e.Reason) }

const savedKind = "idpsync.savedplan"

type savedHead struct {
	Header
	Digest string `json:"digest"`
	KeyID  string `json:"keyId"`
	Seal   string `json:"seal"`
}

// EncodeSaved writes the file and fills in s.Digest. The same value gives the
// same bytes.
func EncodeSaved(w io.Writer, s *Saved, key Sealer) error {
	s.NotEvaluated = list(s.Plan.notEvaluated)
	body, err := line(s)
	if err != nil {
		return err
	}
	h := savedHead{Header: Header{formatVersion, savedKind}, KeyID: key.KeyID(), Seal: key.Authenticate("plan", body)}
	h.Digest = savedDigest(h, body)
	head, err := line(h)
	if err != nil {
		return err
	}
	s.Digest, s.Proof = h.Digest, Unsealed
	if h.Seal != "" {
		s.Proof = Proven
	}
	_, err = w.Write(append(head, body...))
	return err
}

// line is a value as one line of JSON.
func line(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return b.Bytes(), err
}

// savedDigest covers all of the file but itself.
func savedDigest(h savedHead, body []byte) string {
	sum := sha256.New()
	for _, s := range []string{h.FormatVersion, h.Kind, h.KeyID, h.Seal} {
		_, _ = io.WriteString(sum, s+"\n")
	}
	_, _ = sum.Write(body)
	return "sha256:" + hex.EncodeToString(sum.Sum(nil))
}

// DecodeSaved reads what EncodeSaved wrote. The error is a *SavedError; no
// input makes it panic.
func DecodeSaved(data []byte, key Sealer) (*Saved, error) {
	head, body, _ := bytes.Cut(data, []byte("\n"))
	h, err := readHead(head, body)
	if err != nil {
		return nil, err
	}
	s := &Saved{Digest: h.Digest, Proof: OtherKey}
	switch own := key.KeyID(); {
	case h.Seal == "" && h.KeyID == "":
		s.Proof = Unsealed
	case own != "" && own == h.KeyID:
		if key.Authenticate("plan", body) != h.Seal {
			return nil, &SavedError{SavedForged, h.KeyID}
		}
		s.Proof = Proven
	}
	if err := strictly(body, s); err != nil {
		return nil, &SavedError{SavedDamaged, "its second line is no plan"}
	}
	if s.Plan == nil || s.Plan.Kind != "idpsync.plan" {
		return nil, &SavedError{SavedDamaged, "it holds no plan"}
	}
	if major, _, _ := strings.Cut(s.Plan.FormatVersion, "."); major != "1" {
		return nil, &SavedError{SavedNewer, s.Plan.FormatVersion}
	}
	s.Plan.notEvaluated = s.NotEvaluated
	return s, nil
}

func readHead(head, body []byte) (savedHead, error) {
	var h savedHead
	if err := json.Unmarshal(head, &h); err != nil {
		return h, notSaved(head, body)
	}
	if h.Kind != savedKind {
		return h, &SavedError{SavedForeign, h.Kind}
	}
	if h.FormatVersion != formatVersion { // a plan is carried out by the version that made it
		return h, &SavedError{SavedNewer, h.FormatVersion}
	}
	written, err := line(h)
	switch {
	case err != nil, !bytes.Equal(written, append(bytes.Clone(head), '\n')):
		return h, &SavedError{SavedDamaged, "its first line was changed"}
	case h.Digest != savedDigest(h, body):
		return h, &SavedError{SavedDamaged, "its checksum does not fit"}
	}
	return h, nil
}

// notSaved tells another document of idpsync from anything else.
func notSaved(head, body []byte) error {
	var h Header
	whole := append(append(bytes.Clone(head), '\n'), body...)
	if json.Unmarshal(whole, &h) == nil && strings.HasPrefix(h.Kind, "idpsync.") && h.Kind != savedKind {
		return &SavedError{SavedForeign, h.Kind}
	}
	return &SavedError{SavedDamaged, "its first line is not that of a saved plan"}
}

// strictly decodes one value that is all of the text; numbers stay as they are
// written.
func strictly(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one value")
	}
	return nil
}
