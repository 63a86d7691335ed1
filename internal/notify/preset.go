package notify

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"text/template"
	"time"
)

//go:embed presets/*.json
var files embed.FS

// Generic is the preset of an endpoint that names none.
const Generic = "json"

// preset is how one chat wants to be told: a file of presets.
type preset struct {
	// Title says where the facts are from.
	Title string
	// Body is the JSON to send; the texts in it are templates. Without one the
	// whole message is sent.
	Body map[string]any
	Sign *signature
	// Replace lists pairs of signs: what could mention people or make markup, and
	// what is written for it.
	Replace [][2]string
	// MostBytes bounds the text.
	MostBytes int
	Answer    *answer
}

// signature is how a message is signed with a secret. Key and Message are
// templates of Secret, Time and Body.
type signature struct {
	Time         string // seconds, milliseconds or ""
	Key, Message string
	Encoding     string // base64 or hex
	Prefix       string
	In           string // body, query or header
	SignAs       string
	TimeAs       string
}

// answer tells a yes from a no where the HTTP status says yes to all.
type answer struct {
	Field string
	OK    int
	// Later lists the numbers that mean to try again.
	Later []int
}

// presets are all that are built in, by name.
var presets = sync.OnceValue(readPresets)

func readPresets() map[string]*preset {
	out := map[string]*preset{}
	entries, err := files.ReadDir("presets")
	if err != nil {
		panic(err) // it is in the binary
	}
	for _, e := range entries {
		data, err := files.ReadFile(path.Join("presets", e.Name()))
		if err != nil {
			panic(err)
		}
		p := &preset{}
		d := json.NewDecoder(bytes.NewReader(data))
		d.DisallowUnknownFields()
		if err := d.Decode(p); err != nil {
			panic(fmt.Sprintf("%s: %v", e.Name(), err))
		}
		out[strings.TrimSuffix(e.Name(), ".json")] = p
	}
	return out
}

// Presets lists their names.
func Presets() []string { return slices.Sorted(maps.Keys(presets())) }

// clean takes out of a text what would be more than text in this chat.
func (p *preset) clean(s string) string {
	pairs := make([]string, 0, 2*len(p.Replace))
	for _, r := range p.Replace {
		pairs = append(pairs, r[0], r[1])
	}
	return strings.NewReplacer(pairs...).Replace(s)
}

// words are what the templates of a preset may name.
type words struct{ Text, Secret, Time, Body string }

func (w words) fill(text string) (string, error) {
	t, err := template.New("").Option("missingkey=error").Parse(text)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	err = t.Execute(&b, w)
	return b.String(), err
}

// tree fills in the texts of a JSON tree.
func (w words) tree(v any) (any, error) {
	switch v := v.(type) {
	case string:
		return w.fill(v)
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			filled, err := w.tree(e)
			if err != nil {
				return nil, err
			}
			out[k] = filled
		}
		return out, nil
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			filled, err := w.tree(e)
			if err != nil {
				return nil, err
			}
			out[i] = filled
		}
		return out, nil
	}
	return v, nil
}

// body is the message as the preset writes it.
func (p *preset) body(m *Message) ([]byte, error) {
	if p.Body == nil {
		return encode(m)
	}
	filled, err := words{Text: m.text(p.MostBytes, p.clean)}.tree(p.Body)
	if err != nil {
		return nil, err
	}
	return encode(filled)
}

func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// mark is a signature and the time it was made for.
type mark struct{ sign, time string }

func (s *signature) mark(secret string, body []byte, now time.Time) (mark, error) {
	w := words{Secret: secret, Body: string(body)}
	switch s.Time {
	case "seconds":
		w.Time = strconv.FormatInt(now.Unix(), 10)
	case "milliseconds":
		w.Time = strconv.FormatInt(now.UnixMilli(), 10)
	}
	key, err := w.fill(s.Key)
	if err != nil {
		return mark{}, err
	}
	text, err := w.fill(s.Message)
	if err != nil {
		return mark{}, err
	}
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(text))
	sum := mac.Sum(nil)
	sign := hex.EncodeToString(sum)
	if s.Encoding == "base64" {
		sign = base64.StdEncoding.EncodeToString(sum)
	}
	return mark{s.Prefix + sign, w.Time}, nil
}

// into puts a signature into a body that is a JSON object.
func (s *signature) into(body []byte, m mark) ([]byte, error) {
	var tree map[string]any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&tree); err != nil {
		return nil, fmt.Errorf("the signature belongs into a JSON object: %w", err)
	}
	tree[s.SignAs], tree[s.TimeAs] = m.sign, m.time
	return encode(tree)
}
