package sandbox

import (
	"encoding/json"
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"unicode"
)

// A record shows what was asked without the secrets in it. It errs on the side
// of too much: what cannot be read, or has no key to judge by, is a length.

// hidden stands for a secret in a record.
const hidden = "(secret)"

// maskedBody is a request body for the record; null without one.
func maskedBody(body []byte) json.RawMessage {
	if len(body) == 0 {
		return json.RawMessage("null")
	}
	var tree any
	if err := decodeJSON(body, &tree); err != nil {
		return json.RawMessage(fmt.Sprintf(`"(not JSON, %d bytes)"`, len(body)))
	}
	text, err := json.Marshal(maskedTop(tree))
	if err != nil {
		return json.RawMessage(`"(not JSON)"`)
	}
	return text
}

// maskedTop masks a whole body. Outside of an object no key says what a value is.
func maskedTop(value any) any {
	switch v := value.(type) {
	case map[string]any:
		_, hasQuery := v["query"].(string)
		if _, hasVariables := v["variables"]; hasQuery || hasVariables {
			return maskedGraphQL(v)
		}
		return masked(v)
	case []any:
		return each(v, maskedTop)
	case string:
		return length(v)
	case json.Number:
		return "(a number)"
	}
	return value
}

// graphQLKeys are where a GraphQL call carries values: in the text of the query
// under any name, and in variables that are named by whoever wrote it.
var graphQLKeys = []string{"query", "variables", "extensions"}

func maskedGraphQL(body map[string]any) any {
	out := masked(body).(map[string]any)
	for _, key := range graphQLKeys {
		switch v := body[key].(type) {
		case nil:
		case string:
			out[key] = length(v)
		default:
			out[key] = withoutLeaves(v)
		}
	}
	return out
}

// masked masks any value but null at a secret key, every leaf of templateData,
// and the same inside of texts that are JSON themselves.
func masked(value any) any {
	switch v := value.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, member := range v {
			switch {
			case key == "templateData":
				out[key] = withoutLeaves(member)
			case member != nil && hidesValue(key):
				out[key] = hidden
			default:
				out[key] = masked(member)
			}
		}
		return out
	case []any:
		return each(v, masked)
	case string:
		return maskedText(v)
	}
	return value
}

// maskedText keeps a text as it is unless it is JSON with a secret in it, and then
// it stays a text. One that only begins as JSON does may be torn: it is a length.
func maskedText(s string) string {
	begin := strings.TrimLeftFunc(s, func(r rune) bool { return !unicode.IsGraphic(r) || unicode.IsSpace(r) })
	if begin == "" || !strings.ContainsRune(`{["`, rune(begin[0])) {
		return s
	}
	var tree any
	if decodeJSON([]byte(s), &tree) != nil {
		return length(s)
	}
	mask := maskedTop
	if _, isList := tree.([]any); isList {
		mask = masked // a list of plain texts is how arrays=string says a list
	}
	shown := mask(tree)
	if reflect.DeepEqual(shown, tree) {
		return s
	}
	text, err := json.Marshal(shown)
	if err != nil {
		return length(s)
	}
	return string(text)
}

func withoutLeaves(value any) any {
	switch v := value.(type) {
	case nil:
		return nil
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, member := range v {
			out[key] = withoutLeaves(member)
		}
		return out
	case []any:
		return each(v, withoutLeaves)
	}
	return hidden
}

func each(list []any, change func(any) any) []any {
	out := make([]any, len(list))
	for i := range list {
		out[i] = change(list[i])
	}
	return out
}

func length(s string) string { return fmt.Sprintf("(text, %d bytes)", len(s)) }

// hidesValue is isSecretKey, and more: plurals, numbered keys, words that are not
// set apart, and the keys that only the word rule misses.
func hidesValue(key string) bool {
	if isSecretKey(key) {
		return true
	}
	plain := strings.TrimRight(strings.Join(splitWords(key), ""), "0123456789")
	plain = strings.TrimSuffix(plain, "s")
	if strings.HasPrefix(plain, "jwk") || plain == "authorization" || plain == "cookie" {
		return true
	}
	if before, ok := strings.CutSuffix(plain, "key"); ok {
		return endsWithAny(before, secretKeyWords) || endsWithAny(before, secretWords)
	}
	return endsWithAny(plain, secretWords)
}

func endsWithAny(s string, words []string) bool {
	return slices.ContainsFunc(words, func(word string) bool { return strings.HasSuffix(s, word) })
}

// maskedQuery is the query of a URL for the record, each pair by itself, so that
// one that cannot be read hides no other. What holds no secret stays as it was sent.
func maskedQuery(raw string) string {
	var out strings.Builder
	for raw != "" {
		end := strings.IndexAny(raw, "&;")
		if end < 0 {
			end = len(raw)
		}
		out.WriteString(maskedPair(raw[:end]))
		if end < len(raw) {
			out.WriteByte(raw[end])
			end++
		}
		raw = raw[end:]
	}
	return out.String()
}

func maskedPair(pair string) string {
	name, value, paired := strings.Cut(pair, "=")
	if pair == "" || paired && value == "" {
		return pair
	}
	key, keyErr := url.QueryUnescape(name)
	text, textErr := url.QueryUnescape(value)
	switch {
	case !paired, keyErr != nil:
		return length(pair)
	case textErr != nil, slices.Contains(graphQLKeys, key):
		return name + "=" + length(value)
	case key == "templateData", hidesAnyPart(key):
		return name + "=" + hidden
	}
	if shown := maskedText(text); shown != text {
		return name + "=" + url.QueryEscape(shown)
	}
	return pair
}

// hidesAnyPart reads fields[clientSecret] and fields.clientSecret.0 as well.
func hidesAnyPart(key string) bool {
	parts := strings.FieldsFunc(key, func(r rune) bool { return strings.ContainsRune("[].", r) })
	return slices.ContainsFunc(parts, hidesValue)
}
