package remote

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// messageWithheld takes the place of a message that says too much.
const messageWithheld = "the server's message is withheld: it repeats a secret"

// Secrets shorter than shortSecret bytes are looked for as words: a letter
// stands in every sentence. Of one that is longer than twice headLength, the
// head alone gives it away, for servers cut what they repeat.
const (
	shortSecret = 4
	headLength  = 12
)

// quiet is the server's message fit to be shown: one line, and nothing at all
// of it if it repeats one of the secrets, however it is written.
func quiet(message string, secrets []string) string {
	if message == "" {
		return ""
	}
	for _, s := range secrets {
		if slices.ContainsFunc(spellings(s, len(message)), func(form string) bool { return repeats(message, form) }) {
			return messageWithheld
		}
	}
	return tidy(message)
}

// referenceForm is what a request id or a code of the API looks like.
var referenceForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9._:-]{1,100}$`) })

// reference is the server's name for a request or for a reason, fit to be shown
// and kept: nothing of one that has another form or repeats one of the secrets.
func reference(name string, secrets []string) string {
	name = strings.TrimSpace(name)
	if !referenceForm().MatchString(name) || quiet(name, secrets) != name {
		return ""
	}
	return name
}

type sentKey struct{}

// sending tells those who log a request which secrets it carries.
func sending(ctx context.Context, secrets []string) context.Context {
	return context.WithValue(ctx, sentKey{}, secrets)
}

func sentIn(ctx context.Context) []string {
	secrets, _ := ctx.Value(sentKey{}).([]string)
	return secrets
}

// spellings lists how a server may write a value that it was sent: as it is, in
// JSON once or twice, in a page, in an address, in base64, and cut. Forms that
// are longer than most are not made, since none is shorter than what it spells.
func spellings(s string, most int) []string {
	s = strings.TrimSpace(s)
	switch {
	case s == "":
		return nil
	case len(s) > most && len(s) > 2*headLength:
		return []string{inJSON(s[:headLength])}
	case len(s) > most:
		return nil
	}
	once := inJSON(s)
	all := []string{s, once, inJSON(once), inner(strconv.QuoteToASCII(s)), html.EscapeString(s), url.QueryEscape(s), url.PathEscape(s)}
	if len(s) >= shortSecret {
		all = append(all, base64.StdEncoding.EncodeToString([]byte(s)), base64.RawURLEncoding.EncodeToString([]byte(s)))
	}
	if len(s) > 2*headLength {
		all = append(all, inJSON(s[:headLength]))
	}
	return all
}

// inJSON is s between the quotes of a JSON string.
func inJSON(s string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		return s
	}
	return inner(strings.TrimSpace(b.String()))
}

func inner(quoted string) string { return quoted[1 : len(quoted)-1] }

// repeats tells whether the message holds the text, a short one as a word.
func repeats(message, text string) bool {
	for from := 0; ; {
		at := strings.Index(message[from:], text)
		if at < 0 {
			return false
		}
		at += from
		if len(text) >= shortSecret || !inWord(message[:at], message[at+len(text):]) {
			return true
		}
		_, size := utf8.DecodeRuneInString(message[at:])
		from = at + size
	}
}

// inWord tells whether letters of the same sort go on before or after. Those of
// other scripts than Latin make no words here.
func inWord(before, after string) bool {
	return before != "" && wordByte(before[len(before)-1]) || after != "" && wordByte(after[0])
}

func wordByte(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9'
}
