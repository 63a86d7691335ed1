package schema

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// markKey is the key of our own remarks in a template. No server sends it.
const markKey = "x-idpsync"

// origin tells where a template comes from.
type origin struct {
	provenance, source string
	// pulledAt and digest are what Stamp wrote; edited tells that the template
	// is not the one that was stamped.
	pulledAt, digest string
	edited           bool
}

func readOrigin(m object) origin {
	mark, _ := m[markKey].(object)
	o := origin{
		provenance: text(mark, "provenance"), source: text(mark, "source"),
		pulledAt: text(mark, "pulledAt"), digest: text(mark, "digest"),
	}
	o.edited = o.provenance == Pulled && o.digest != "" && o.digest != digestOf(m)
	return o
}

// narrowed is the origin of a row that may name its own. Rows of a template that
// a server sent have none.
func (o origin) narrowed(row origin) origin {
	if row.provenance == "" || o.provenance == Pulled || o.provenance == Local {
		return o
	}
	return origin{provenance: row.provenance, source: cmp.Or(row.source, o.source)}
}

// Stamp makes the file of a template that a server sent, bare or inside the
// whole V2 answer: the template with what the server sent in its order, and
// where and when it was fetched, with a digest by which an edit is noticed. The
// error tells why the answer is no template of the provider type.
func Stamp(answer []byte, providerType, source string, at time.Time) ([]byte, error) {
	if _, err := readTemplateOf(answer, providerType); err != nil {
		return nil, err
	}
	body, m, err := bare(answer)
	if err != nil {
		return nil, fmt.Errorf("connection template of %s: %w", providerType, err)
	}
	mark, err := json.Marshal(object{
		"provenance": Pulled, "source": source,
		"pulledAt": at.UTC().Format(time.RFC3339), "digest": digestOf(m),
	})
	if err != nil {
		return nil, err
	}
	marked := fmt.Appendf(nil, `{%q:%s,`, markKey, mark)
	marked = append(marked, bytes.TrimSpace(body)[1:]...)
	var file bytes.Buffer
	if err := json.Indent(&file, marked, "", "  "); err != nil {
		return nil, err
	}
	file.WriteByte('\n')
	return file.Bytes(), nil
}

// readTemplateOf reads what a server sent when it was asked for a provider type.
func readTemplateOf(answer []byte, providerType string) (*template, error) {
	t, err := readTemplate(answer)
	if err == nil && t.provider != providerType {
		err = fmt.Errorf("connection template of %s: the server sent the one of %s", providerType, t.provider)
	}
	return t, err
}

// bare gives the template's own bytes, and the object they hold. What a server
// sends under our own key would be taken for ours, so it is dropped.
func bare(answer []byte) ([]byte, object, error) {
	m, err := decodeObject(answer)
	if err != nil {
		return nil, nil, err
	}
	if _, direct := m["connectionTmpls"]; !direct {
		var whole struct{ Data json.RawMessage }
		if err := json.Unmarshal(answer, &whole); err != nil {
			return nil, nil, errors.New("not valid JSON")
		}
		answer = whole.Data
		m, _ = m["data"].(object)
	}
	if _, ours := m[markKey]; ours {
		delete(m, markKey)
		answer, err = json.Marshal(m)
	}
	return answer, m, err
}

// Stamped tells that a file is what Stamp made, or would make, of what the same
// source sends now, but for the time.
func Stamped(file, answer []byte, source string) bool {
	m, err := decodeObject(file)
	if err != nil {
		return false
	}
	_, now, err := bare(answer)
	o := readOrigin(m)
	return err == nil && o.provenance == Pulled && !o.edited && o.source == source && o.digest == digestOf(now)
}

// digestOf names what a template says: layout, and the mark at its top, do not
// count.
func digestOf(m object) string {
	plain := make(object, len(m))
	for key, v := range m {
		if key != markKey {
			plain[key] = v
		}
	}
	sum := sha256.Sum256([]byte(canonical(plain)))
	return "sha256:" + hex.EncodeToString(sum[:])
}
