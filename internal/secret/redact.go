package secret

import (
	"regexp"
	"strings"
	"sync"
	"unicode"

	"github.com/idpsync/idpsync/internal/model"
)

// What a program complains is shown, since it is of help, but it may quote the
// very secret. Redacting is a net and no promise: whoever runs a program that
// prints secrets in complaints should not run it.

const (
	longest  = 300 // characters of a complaint that are shown
	withheld = "(what it said is withheld: it may hold a secret)"
	shortest = 4 // a known value shorter than this cannot be told from other text
)

var (
	// assigned is a value after a name that promises a secret.
	assigned = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)\b([a-z0-9_.-]*(?:secret|token|password|passwd|passphrase|credential|authorization|api[_-]?key|private[_-]?key))["']?\s*[:=]\s*\S+`)
	})
	// opaque is a word that no person writes.
	opaque = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[A-Za-z0-9+/_=-]{20,}`) })
	// block is an armoured key or message.
	block = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?s)-----BEGIN .*?(-----END [^-]*-----|$)`) })
)

// redact makes one line of a complaint and takes out the values, and whatever
// looks like one.
func redact(text string, values []string) string {
	for _, v := range values {
		if v == "" || !strings.Contains(text, v) {
			continue
		}
		if len(v) < shortest {
			return withheld
		}
		text = strings.ReplaceAll(text, v, model.Shown)
	}
	text = block().ReplaceAllString(text, model.Shown)
	text = strings.Join(strings.FieldsFunc(text, unicode.IsControl), "; ")
	text = assigned().ReplaceAllString(text, "$1="+model.Shown)
	text = opaque().ReplaceAllStringFunc(text, func(word string) string {
		if strings.ContainsAny(word, "0123456789") && strings.IndexFunc(word, unicode.IsLetter) >= 0 {
			return model.Shown
		}
		return word
	})
	text = strings.TrimSpace(strings.ToValidUTF8(text, "?"))
	if runes := []rune(text); len(runes) > longest {
		text = string(runes[:longest]) + "..."
	}
	return text
}

// sayings are the values that a complaint must not quote: all that were
// fetched, what the program printed, and the credentials it was given.
func (o Options) sayings(known map[string]answer, f *fault) []string {
	values := []string{trimNewline(f.stdout)}
	values = append(values, strings.Fields(f.stdout)...)
	for _, a := range known {
		values = append(values, a.value)
	}
	for _, name := range passed {
		if confidential(name) {
			v, _ := o.lookup(name)
			values = append(values, v)
		}
	}
	return values
}

func confidential(name string) bool {
	for _, word := range []string{"TOKEN", "SECRET", "KEY"} {
		if strings.Contains(name, word) && !strings.HasSuffix(name, "_FILE") && !strings.HasSuffix(name, "_ID") {
			return true
		}
	}
	return false
}
