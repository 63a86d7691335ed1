package diagnostic

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// telling holds the rows so that few of them have to be tried on a text.
type telling struct {
	rows    map[string]*row   // by the format as written, for Say
	exact   map[string]string // rows without a placeholder
	byStart map[string][]*row // rows by the first bytes of their text
	others  []*row            // rows that begin with a placeholder
}

// startBytes is how much of a row's beginning is its key in byStart.
const startBytes = 4

func newTelling() *telling {
	return &telling{rows: map[string]*row{}, exact: map[string]string{}, byStart: map[string][]*row{}}
}

func (t *telling) add(table rows) {
	for _, said := range table {
		en, zh := said.en, said.zh
		whole := newRow(en, zh)
		t.rows[en] = whole
		if len(whole.verbs) == 0 {
			t.exact[whole.literals[0]] = whole.render(nil, nil)
		}
		for _, m := range marks { // what is put behind another text
			en, zh = strings.TrimPrefix(en, m.en), strings.TrimPrefix(zh, m.zh)
		}
		en, zh = strings.TrimSuffix(en, ":"), strings.TrimSuffix(zh, "：") // and in front of one
		r := newRow(en, zh)
		switch start := r.literals[0]; {
		case len(r.verbs) == 0:
			t.exact[start] = r.render(nil, nil)
		case r.vague():
		case len(start) >= startBytes:
			t.byStart[start[:startBytes]] = append(t.byStart[start[:startBytes]], r)
		default:
			t.others = append(t.others, r)
		}
	}
}

// vague tells that a row would fit what it does not mean, such as "%s to %s":
// only Say uses it.
func (r *row) vague() bool {
	letters := 0
	for _, s := range r.literals {
		letters += len(strings.Trim(s, " :;,.()"))
	}
	return letters < 4 || r.literals[0] == "" && letters < 8 && !slices.Contains(r.verbs, 'd')
}

// candidates are the rows that may fit, by their beginning.
func (t *telling) candidates(text string) []*row {
	if len(text) < startBytes {
		return t.others
	}
	near := t.byStart[text[:startBytes]]
	return append(near[:len(near):len(near)], t.others...)
}

// row is one format: literal, placeholder, literal, and so on.
type row struct {
	en       string
	literals []string // one more than verbs
	verbs    []byte
	whole    []string // the placeholders with their flags
	args     []int    // which argument, from 0, each placeholder shows
	weight   int      // characters of literal text: the more, the surer
	// the translation, in the same manner; told marks %t.
	zhLiterals []string
	said       []int
	told       []bool
	pattern    func() *regexp.Regexp
}

var placeholder = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`%(?:%|[-+#0 ]*[0-9]*(?:\.[0-9]+)?(?:\[([0-9]+)\])?([a-zA-Z]))`)
})

// write gives what each placeholder says of the arguments.
func (r *row) write(args []any) []string {
	out := make([]string, len(r.verbs))
	for i, n := range r.args {
		out[i] = "%!" + string(r.verbs[i])
		if n < len(args) {
			out[i] = fmt.Sprintf(r.whole[i], args[n])
		}
	}
	return out
}

// pieces cuts a format at its placeholders; "%%" is a literal percent sign.
func pieces(format string) (literals []string, verbs []byte, numbers []int) {
	var b strings.Builder
	at := 0
	for _, m := range placeholder().FindAllStringSubmatchIndex(format, -1) {
		b.WriteString(format[at:m[0]])
		at = m[1]
		if m[4] < 0 {
			b.WriteByte('%')
			continue
		}
		n := len(verbs)
		if m[2] >= 0 {
			one, _ := strconv.Atoi(format[m[2]:m[3]])
			n = one - 1
		}
		literals, verbs, numbers = append(literals, b.String()), append(verbs, format[m[4]]), append(numbers, n)
		b.Reset()
	}
	b.WriteString(format[at:])
	return append(literals, b.String()), verbs, numbers
}

func newRow(en, zh string) *row {
	r := &row{en: en}
	r.literals, r.verbs, r.args = pieces(en)
	for _, m := range placeholder().FindAllStringSubmatch(en, -1) {
		if m[2] != "" {
			r.whole = append(r.whole, strings.Replace(m[0], "["+m[1]+"]", "", 1))
		}
	}
	for _, s := range r.literals {
		r.weight += utf8.RuneCountInString(s)
	}
	var verbs []byte
	r.zhLiterals, verbs, r.said = pieces(zh)
	for _, v := range verbs {
		r.told = append(r.told, v == 't')
	}
	r.pattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(r.expression()) })
	return r
}

// held says what a placeholder can have written.
var held = map[byte]string{
	'd': `(-?[0-9]+)`,
	'q': `("(?:[^"\\]|\\.)*")`,
	'g': `(-?[0-9][-+.0-9e]*)`,
	'f': `(-?[0-9.]+)`,
}

func (r *row) expression() string {
	var b strings.Builder
	b.WriteString(`(?s)\A`)
	for i, s := range r.literals {
		b.WriteString(regexp.QuoteMeta(s))
		if i == len(r.verbs) {
			break
		}
		if e, ok := held[r.verbs[i]]; ok {
			b.WriteString(e)
		} else {
			b.WriteString(`(.*?)`)
		}
	}
	return b.String() + `\z`
}

// surer tells which of two rows that fit says more of the text.
func (r *row) surer(than *row) bool {
	return than == nil || r.weight > than.weight || r.weight == than.weight && r.en < than.en
}

// fit takes out of a text what the placeholders held. Looking for the literals
// first spares most rows their regular expression.
func (r *row) fit(text string) ([]string, bool) {
	last := len(r.literals) - 1
	if !strings.HasPrefix(text, r.literals[0]) || !strings.HasSuffix(text, r.literals[last]) {
		return nil, false
	}
	rest := text[len(r.literals[0]):]
	for _, s := range r.literals[1:] {
		i := strings.Index(rest, s)
		if i < 0 {
			return nil, false
		}
		rest = rest[i+len(s):]
	}
	m := r.pattern().FindStringSubmatch(text)
	if m == nil {
		return nil, false
	}
	return m[1:], true
}

// render writes the translation; tell says what a placeholder held.
func (r *row) render(held []string, tell func(s string, words bool) string) string {
	var b strings.Builder
	for i, s := range r.zhLiterals {
		b.WriteString(s)
		if i == len(r.said) {
			break
		}
		at := slices.Index(r.args, r.said[i])
		if at < 0 {
			continue // the tables' test has said so
		}
		said := held[at]
		switch r.verbs[at] {
		case 'd', 'q', 'g', 'f':
		default:
			said = tell(said, r.told[i])
		}
		b.WriteString(said)
	}
	return b.String()
}
