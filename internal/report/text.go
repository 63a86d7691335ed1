package report

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"

	"github.com/idpsync/idpsync/internal/model"
)

// widest is how many cells a value may fill before it is shortened, and
// widestAlone the same where no narrow terminal has to hold it.
const (
	widest      = 64
	widestAlone = 120
)

// cells measures without asking the locale, so that a text is the same everywhere.
var cells = &runewidth.Condition{StrictEmojiNeutral: true}

func width(s string) int { return cells.StringWidth(s) }

// Width is how many columns of a terminal a text fills.
func Width(s string) int { return width(s) }

// Wide tells that no space belongs between two lines of one text, since the
// characters that meet are Chinese.
func Wide(before, after string) bool {
	a, _ := utf8.DecodeLastRuneInString(before)
	b, _ := utf8.DecodeRuneInString(after)
	return cells.RuneWidth(a) == 2 && cells.RuneWidth(b) == 2
}

// PadRight fills a text with spaces to n columns of a terminal.
func PadRight(s string, n int) string { return padRight(s, n) }

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
func (s Style) value(v any) string {
	switch v := v.(type) {
	case nil:
		return s.say("(none)")
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
func (s Style) secretOr(v any, sensitive bool) string {
	if sensitive && v != nil {
		return s.told(model.Shown)
	}
	return s.value(v)
}

// clip shortens a text to the widest a value may be.
func (s Style) clip(text string) string { return s.shorten(text, text) }

// shorten cuts what is to be seen of a whole, unless the note about it would
// take as much room as what it stands for.
func (s Style) shorten(seen, whole string) string {
	room := s.room(whole)
	if len(seen) <= room || width(seen) <= room {
		return seen
	}
	short := cells.Truncate(seen, room, "…") + s.say(" (%d characters)", utf8.RuneCountInString(whole))
	if width(short) >= width(whole) {
		return whole
	}
	return short
}

// room is how many cells a value may fill. A list of addresses is shown to its
// end, since one that nobody saw could be anybody's.
func (s Style) room(value string) int {
	switch {
	case strings.HasPrefix(value, `["`) && strings.Contains(value, ":/"):
		return math.MaxInt
	case s.Width == 0 || s.Width >= 2*widestAlone:
		return widestAlone
	}
	return widest
}

// clipPair shortens two texts so that the place where they part stays in sight.
func (s Style) clipPair(a, b string) (string, string) {
	if width(a) <= s.room(a) && width(b) <= s.room(b) {
		return a, b
	}
	const context = 16
	ra, rb := []rune(a), []rune(b)
	n := 0
	for n < len(ra) && n < len(rb) && ra[n] == rb[n] {
		n++
	}
	if n <= 2*context || s.room(a) == math.MaxInt || s.room(b) == math.MaxInt {
		return s.clip(a), s.clip(b)
	}
	return s.shorten("…"+string(ra[n-context:]), a), s.shorten("…"+string(rb[n-context:]), b)
}
