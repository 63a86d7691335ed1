package model

import (
	"strings"
	"unicode"
)

// Words splits camelCase, snake_case, kebab-case and dotted names, in lower
// case: "encodingAESKey" is encoding, aes, key. Digits end no word and count for
// nothing.
func Words(s string) []string {
	var all []string
	var word []rune
	flush := func() {
		if len(word) > 0 {
			all = append(all, strings.ToLower(string(word)))
		}
		word = word[:0]
	}
	rs := []rune(s)
	for i, r := range rs {
		switch {
		case unicode.IsDigit(r):
			continue
		case !unicode.IsLetter(r):
			flush()
			continue
		case unicode.IsUpper(r) && i > 0 && startsWord(rs, i):
			flush()
		}
		word = append(word, r)
	}
	flush()
	return all
}

// startsWord tells whether the capital at i begins a word: after a small letter
// or a digit, or as the last capital before a small one.
func startsWord(rs []rune, i int) bool {
	return !unicode.IsUpper(rs[i-1]) || i+1 < len(rs) && unicode.IsLower(rs[i+1])
}
