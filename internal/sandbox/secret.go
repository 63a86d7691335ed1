package sandbox

import (
	"maps"
	"slices"
	"strings"
	"unicode"
)

// mask stands for a secret in a read under secrets=masked.
const mask = "********"

// secretWords end a secret key, by the word rule of spec 2. "key" needs one of
// secretKeyWords before it.
var (
	secretWords    = []string{"secret", "password", "pwd", "passwd", "token", "credential", "credentials"}
	secretKeyWords = []string{"private", "aes", "encrypt", "signing", "app", "api", "sp"}
)

func isSecretKey(key string) bool {
	words := splitWords(key)
	if len(words) == 0 {
		return false
	}
	last := words[len(words)-1]
	if last == "key" && len(words) > 1 {
		return slices.Contains(secretKeyWords, words[len(words)-2])
	}
	return slices.Contains(secretWords, last)
}

// splitWords takes camelCase, snake_case and runs of capitals apart:
// "encodingAESKey" is encoding, aes, key.
func splitWords(key string) []string {
	var words []string
	var word []rune
	runes := []rune(key)
	flush := func() {
		if len(word) > 0 {
			words = append(words, strings.ToLower(string(word)))
			word = nil
		}
	}
	for i, r := range runes {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			flush()
			continue
		}
		if unicode.IsUpper(r) && startsWord(runes, i) {
			flush()
		}
		word = append(word, r)
	}
	flush()
	return words
}

// startsWord says whether the capital at i begins a word: after a small letter,
// or as the last capital of a run.
func startsWord(runes []rune, i int) bool {
	if i == 0 {
		return false
	}
	return !unicode.IsUpper(runes[i-1]) || (i+1 < len(runes) && unicode.IsLower(runes[i+1]))
}

// shownFields is what a read says of a connection's fields. Every row of
// connection-types.md agrees with the word rule, so the rule alone decides here.
func (c *call) shownFields(conn *connection) map[string]any {
	if c.dialect.is("secrets", "clear") {
		return conn.Fields
	}
	out := maps.Clone(conn.Fields)
	for key, value := range conn.Fields {
		if text, ok := value.(string); ok && text != "" && isSecretKey(key) {
			c.dialect.hide(out, key)
		}
	}
	return out
}

// hide masks one secret or leaves it out.
func (d dialect) hide(tree map[string]any, key string) {
	if d.is("secrets", "absent") {
		delete(tree, key)
		return
	}
	tree[key] = mask
}

// configSecrets are the secret paths of an application that a V3 read may have
// (spec 2). templateData is in none.
var configSecrets = map[string][]string{
	"oidcConfig": {"client_secret", "jwks"}, "oauthConfig": {"client_secret"}, "samlConfig": {"samlResponseSigningKey"},
}

func (v view) hideConfigSecrets(tree map[string]any) {
	if v.dialect.is("secrets", "clear") {
		return
	}
	for config, keys := range configSecrets {
		held, ok := tree[config].(map[string]any)
		if !ok {
			continue
		}
		held = maps.Clone(held)
		for _, key := range keys {
			if held[key] != nil {
				v.dialect.hide(held, key)
			}
		}
		tree[config] = held
	}
}
