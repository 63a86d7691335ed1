package report

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/idpsync/idpsync/internal/model"
)

// The names that spec 2 calls secret, by their words. The catalogue of types
// knows better, but not what is written wrongly: of a line that is no YAML, or of
// a reference that is none, nobody can tell what it means. So this asks the text
// alone and hides too much rather than too little.
var (
	secretLast  = []string{"secret", "password", "pwd", "passwd", "token", "credential", "credentials", "jwks"}
	secretKeys  = []string{"private", "aes", "encrypt", "signing", "app", "api", "sp", "secret"}
	secretWhole = []string{"secretFrom", "templateData"}
	lineKey     = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`([\pL\pN_.-]+)["']?\s*:(?:\s|["'{\[]|$)`) })
	nameInAHint = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[\pL\pN_]+`) })
)

// farthestLine bounds how far back the key of a line is looked for.
const farthestLine = 10_000

// tellsSecret tells whether line n (from 1) may show a secret: it or a line that
// holds it names one, and so does the key before a line without a key.
func tellsSecret(lines []string, n int) bool {
	if n > len(lines) {
		return false
	}
	within, bare := depth(lines[n-1]), true
	for i := n - 1; i >= max(0, n-farthestLine); i-- {
		at := depth(lines[i])
		if at < 0 || i < n-1 && at >= within && !bare {
			continue
		}
		keys := lineKey().FindAllStringSubmatch(lines[i], -1)
		if slices.ContainsFunc(keys, func(k []string) bool { return secretName(k[1]) }) {
			return true
		}
		bare = bare && len(keys) == 0
		if within = min(within, at); within == 0 && !bare {
			return false
		}
	}
	return false
}

// depth is the column of the first text, a list's dash being none; -1 of nothing.
func depth(line string) int {
	text := strings.TrimLeft(line, " \t-")
	if strings.TrimSpace(text) == "" {
		return -1
	}
	return len(line) - len(text)
}

func secretName(key string) bool {
	w := model.Words(key)
	if len(w) == 0 || slices.Contains(secretWhole, key) {
		return len(w) > 0
	}
	last := w[len(w)-1]
	return slices.Contains(secretLast, last) || last == "key" && len(w) > 1 && slices.Contains(secretKeys, w[len(w)-2])
}

// meantSecret tells that the hint names a secret key: the one on the line is a
// slip of it ("did you mean clientSecret?"), and its value a secret all the same.
func meantSecret(hint string) bool {
	return slices.ContainsFunc(nameInAHint().FindAllString(hint, -1), secretName)
}
