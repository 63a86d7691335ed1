package report

import (
	"fmt"
	"sort"
	"strings"

	"github.com/idpsync/idpsync/internal/model"
)

// review is a document as a person looks at it before saying yes: a verdict,
// what speaks against it, and the objects, the most dangerous ones first. The
// Markdown and the HTML page show it. It holds no markup; its texts are clean,
// and in the language of the style.
type review struct {
	title   string
	verdict string
	good    bool        // nothing in it needs a look
	facts   [][2]string // name and value
	tallies []tally
	// notices speak against it; heading names them.
	heading string
	notices []notice
	// what the items are, for sentences: "changes".
	noun    string
	items   []item
	remarks []string
	// picture draws what hangs together; nil draws nothing.
	picture func() *Graph
}

// tally is one number of the summary.
type tally struct {
	name, class string
	n           int
}

type notice struct{ code, text, hint string }

// item is one object.
type item struct {
	symbol, key string
	// action is a word in the language, class the word for programs.
	action, class string
	danger        int // 0 is the worst
	risk          string
	words         string
	tags          []string
	place         string
	// n is how many rows there are, and row makes one: of a large plan few are
	// ever shown.
	n   int
	row func(i int) row
}

// rows makes the first rows of an item.
func (i item) rows(most int) []row {
	out := make([]row, min(i.n, most))
	for k := range out {
		out[k] = i.row(k)
	}
	return out
}

// row is one path of an object with its values.
type row struct {
	symbol, path string
	values       []sided
	note         string
}

// sided is a value: the sign before it, whose it is, and the value, which is
// empty where there is none.
type sided struct{ sign, whose, text string }

// settle orders the items by danger; those of one danger keep their order, which
// is that of the steps.
func (r *review) settle() *review {
	sort.SliceStable(r.items, func(i, j int) bool { return r.items[i].danger < r.items[j].danger })
	return r
}

func (s Style) poolFacts(t Target) [][2]string {
	return [][2]string{{s.Say("pool"), clean(t.UserPoolID)}, {s.Say("host"), clean(t.Host)}, {s.Say("target"), clean(t.Name)}}
}

// shown writes a value on one line, whole; "" where there is none.
func shown(v any, sensitive bool) string {
	switch {
	case v == nil:
		return ""
	case sensitive || v == model.Shown:
		return model.Shown
	}
	text, err := line(v)
	if err != nil {
		return "(unprintable)"
	}
	return clean(strings.TrimSuffix(string(text), "\n"))
}

func (at *Source) text() string {
	if at == nil {
		return ""
	}
	return fmt.Sprintf("%s:%d", clean(at.File), at.Line)
}

// cut shortens a text to n characters and says how long it was. It counts
// characters, not cells, since a text without any width can be as long as it
// likes.
func (s Style) cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	runes := []rune(text)
	if len(runes) <= n {
		return text
	}
	return string(runes[:n]) + "… " + s.Say("(%d characters)", len(runes))
}
