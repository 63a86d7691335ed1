package sandbox

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Request signatures of contract 2.2, as NODE4 and GANODE make them.

// signatureScheme tells a signed request by its authorization header, and the
// prefix of the headers that its scheme signs.
func signatureScheme(header string) (prefix string, ok bool) {
	name, _, two := strings.Cut(strings.TrimSpace(header), " ")
	switch {
	case !two:
		return "", false
	case strings.EqualFold(name, "authing"):
		return "x-authing-", true
	case strings.EqualFold(name, "GenAuth"):
		return "x-genauth-", true
	}
	return "", false
}

// maxSkew is how far a client's clock may be off. Code 1305 is published and its
// bound is not: INFERRED.
const maxSkew = 15 * time.Minute

// verifySignature looks at the parts in the order of the codes 1301 to 1304,
// then at the signature itself, and last at what only a true signature makes
// worth remembering: the time and the nonce.
func (c *call) verifySignature(prefix, header string) *failure {
	h := c.request.Header
	if method := h.Get(prefix + "signature-method"); !strings.EqualFold(method, "HMAC-SHA1") {
		return refuse(badSignatureMethod, "%ssignature-method: want HMAC-SHA1", prefix)
	}
	if h.Get(prefix+"signature-version") != "1.0" {
		return refuse(badSignatureVersion, "%ssignature-version: want 1.0", prefix)
	}
	date, f := signedAt(h, prefix)
	if f != nil {
		return f
	}
	if !c.isSigned(prefix, header) {
		return refuse(badSignature, "authorization: the signature is not the one of this request and of a key of this pool")
	}
	now := c.server.options.Now()
	if now.Sub(date).Abs() > maxSkew {
		return refuse(clockSkew, "date: more than %s from the server's clock", maxSkew)
	}
	nonce := h.Get(prefix + "signature-nonce")
	if nonce == "" {
		return refuse(badSignature, "%ssignature-nonce: missing", prefix)
	}
	if !c.server.nonces.use(nonce, now) {
		return refuse(nonceUsed, "%ssignature-nonce: used before", prefix)
	}
	return nil
}

// signedAt is the time of a request: an HTTP date (NODE4) or milliseconds (CS,
// and what code 1303 asks for).
func signedAt(h http.Header, prefix string) (time.Time, *failure) {
	text := h.Get("Date")
	if text == "" {
		text = h.Get(prefix + "date")
	}
	if text == "" {
		return time.Time{}, refuse(noDate, "date: missing")
	}
	if ms, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.UnixMilli(ms), nil
	}
	date, err := http.ParseTime(text)
	if err != nil {
		return date, refuse(badDate, "date: want an HTTP date or milliseconds since 1970")
	}
	return date, nil
}

func (c *call) isSigned(prefix, header string) bool {
	_, credential, _ := strings.Cut(strings.TrimSpace(header), " ")
	id, signature, _ := strings.Cut(strings.TrimSpace(credential), ":")
	got, err := base64.StdEncoding.DecodeString(signature)
	if err != nil || id != c.server.keys.PoolID {
		return false
	}
	for _, text := range c.textsToSign(prefix) {
		mac := hmac.New(sha1.New, []byte(c.server.keys.Secret))
		mac.Write([]byte(text))
		if hmac.Equal(mac.Sum(nil), got) {
			return true
		}
	}
	return false
}

// textsToSign is what a client may have signed. Without parameters there are two
// forms: the path, and the path with a bare "?", which the SDK signs where every
// parameter is undefined (spec 8).
func (c *call) textsToSign(prefix string) []string {
	head := c.request.Method + "\n" + signedHeaders(c.request.Header, prefix) + c.request.URL.Path
	params := c.signedParams()
	if len(params) == 0 {
		return []string{head, head + "?"}
	}
	return []string{head + "?" + strings.Join(params, "&")}
}

func signedHeaders(h http.Header, prefix string) string {
	var names []string
	for name := range h {
		if name = strings.ToLower(name); name == "date" || strings.HasPrefix(name, prefix) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var text strings.Builder
	for _, name := range names {
		text.WriteString(name + ":" + strings.TrimSpace(blanks.Replace(h.Get(name))) + "\n")
	}
	return text.String()
}

var blanks = strings.NewReplacer("\t", " ", "\n", " ", "\r", " ", "\f", " ")

// signedParams are "key=value", sorted by key: the query of a GET, the top-level
// keys of any other body.
func (c *call) signedParams() []string {
	values := map[string]string{}
	if c.request.Method == http.MethodGet {
		values = signedQuery(c.request.URL.Query())
	} else {
		var body map[string]json.RawMessage
		_ = json.Unmarshal(c.raw, &body) // what is no object has no keys, and is refused later
		for key, raw := range body {
			values[key] = signedValue(raw)
		}
	}
	params := make([]string, 0, len(values))
	for _, key := range slices.Sorted(maps.Keys(values)) {
		params = append(params, key+"="+values[key])
	}
	return params
}

// signedQuery reads an array the way axios writes one, "key[]", and the SDK signs
// it: JSON text.
func signedQuery(query url.Values) map[string]string {
	out := make(map[string]string, len(query))
	for name, list := range query {
		if key, isArray := strings.CutSuffix(name, "[]"); isArray {
			text, _ := json.Marshal(list) // strings only
			out[key] = string(text)
			continue
		}
		out[name] = list[0]
	}
	return out
}

// signedValue is a string as it is, and anything else as its JSON text. The
// client wrote the body with the same serialiser that it signed with, so the
// text of the body is the text that was signed.
func signedValue(raw json.RawMessage) string {
	var s string
	if bytes.HasPrefix(raw, []byte(`"`)) && json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

// nonceMemory knows the nonces of the last minutes: two sets that take turns, so
// that forgetting costs nothing. The zero value is empty; safe for concurrent use.
type nonceMemory struct {
	mu       sync.Mutex
	since    time.Time
	new, old map[string]bool
}

// use is false for a nonce that was used within the time in which the date of
// its request is still good.
func (m *nonceMemory) use(nonce string, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.new == nil || now.Sub(m.since) > 2*maxSkew {
		m.old, m.new, m.since = m.new, map[string]bool{}, now
	}
	if m.new[nonce] || m.old[nonce] {
		return false
	}
	m.new[nonce] = true
	return true
}
