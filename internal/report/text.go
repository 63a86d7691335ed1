package report

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"

	"github.com/idpsync/idpsync/internal/model"
)

// widest is how many cells a value may fill before it is shortened.
const widest = 64

// cells measures without asking the locale, so that a text is the same everywhere.
var cells = &runewidth.Condition{StrictEmojiNeutral: true}

func width(s string) int { return cells.StringWidth(s) }

func padRight(s string, n int) string {
	if w := width(s); w < n {
		return s + strings.Repeat(" ", n-w)
	}
	return s
}

// clean makes a text safe to stand in a line: whatever is not printable is
// written as an escape, so that it can neither end the line nor steer a terminal
// nor turn the direction of writing.
func clean(s string) string {
	if printable(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if unicode.IsPrint(r) && (r != utf8.RuneError || n > 1) {
			b.WriteString(s[i : i+n])
		} else {
			q := strconv.Quote(s[i : i+n])
			b.WriteString(q[1 : len(q)-1])
		}
		i += n
	}
	return b.String()
}

// Clean is clean for the lines that others print.
func Clean(s string) string { return clean(s) }

func printable(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}

// value writes a JSON value on one line, whole.
func value(v any) string {
	switch v := v.(type) {
	case nil:
		return "(none)"
	case string:
		return strconv.Quote(v)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return "(unprintable)"
	}
	return clean(strings.TrimSuffix(b.String(), "\n"))
}

// secretOr writes the value, or that it is a secret; nothing stays nothing.
func secretOr(v any, sensitive bool) string {
	if sensitive && v != nil {
		return model.Shown
	}
	return value(v)
}

// clip shortens a text to the widest a value may be.
func clip(s string) string {
	if len(s) <= widest || width(s) <= widest {
		return s
	}
	return cells.Truncate(s, widest, "…") + " (" + strconv.Itoa(utf8.RuneCountInString(s)) + " characters)"
}

// clipPair shortens two texts so that the place where they part stays in sight.
func clipPair(a, b string) (string, string) {
	if width(a) <= widest && width(b) <= widest {
		return a, b
	}
	const context = 16
	ra, rb := []rune(a), []rune(b)
	n := 0
	for n < len(ra) && n < len(rb) && ra[n] == rb[n] {
		n++
	}
	if n <= 2*context {
		return clip(a), clip(b)
	}
	return clip("…" + string(ra[n-context:])), clip("…" + string(rb[n-context:]))
}
