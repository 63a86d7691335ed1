package diagnostic

import (
	"fmt"
	"strings"
	"sync"
)

// Most of what a person reads is made where it happens, in English: an error, a
// reason, a hint. Told says such a finished text in another language, by tables
// of formats and their translations (told_zh_*.go), so that the place of making
// stays one line of plain code:
//
//	{"no %s in %s or any folder above it", "%[2]s 及其上级文件夹中没有 %[1]s"},
//
// The key is the format as it stands in the source; where the source joins
// texts with +, each joined value is a %s. The translation takes the same
// placeholders, in order or numbered; %s in the place of any other verb is
// right too. What a placeholder held is told as well if it is a sentence of a
// table, so that wrapped errors need no row of their own. A single word of a
// table ("none", "create") is told only where the translation says %t, since it
// could be somebody's name. What is counted has a row in the singular, "%d file".

// Told says a finished English text in the language; what no table knows stays
// as it is: names, and what servers and the system said.
func Told(lang, text string) string {
	if lang != Chinese || text == "" || len(text) > longest {
		return text
	}
	return tables().tell(text, deepest)
}

// Say is fmt.Sprintf in the language: the format is a row of a table, and what
// its arguments say is told as well. A format that no table has is said in
// English, and then told as any other text.
func Say(lang, format string, args ...any) string {
	if lang != Chinese {
		return fmt.Sprintf(format, args...)
	}
	core := strings.Trim(format, "\n ")
	r, ok := tables().rows[core]
	if !ok {
		return tables().tell(fmt.Sprintf(format, args...), deepest)
	}
	before, after, _ := strings.Cut(format, core)
	return before + r.render(r.write(args), tables().inner(deepest)) + after
}

// deepest is how far a text is taken apart; no error of ours is wrapped so often.
const deepest = 12

// longest is how long a text of ours can be, and mostParts how often it may be
// parted; what is longer, or made of more, is a server's.
const (
	longest   = 4 << 10
	mostParts = 24
)

// tables are all rows, made ready when the first text is told.
var tables = sync.OnceValue(func() *telling {
	t := newTelling()
	t.add(catalogued())
	for _, table := range toldChinese {
		t.add(table)
	}
	return t
})

// catalogued gives the sentences of the catalogue as rows: where one was made in
// English and put into another text, it is told all the same.
func catalogued() rows {
	var table rows
	for id, en := range english {
		if zh, ok := chinese[id]; ok && strings.Contains(id, ".") && strings.Contains(en, " ") {
			table = append(table, struct{ en, zh string }{en, zh})
		}
	}
	return table
}

// tell looks for the text as a whole, then line by line, then as "what: why".
func (t *telling) tell(text string, depth int) string {
	if depth == 0 || text == "" {
		return text
	}
	if said, ok := t.behind(text, depth); ok {
		return said
	}
	if said, ok := t.whole(text, depth); ok {
		return said
	}
	if lines := strings.Split(text, "\n"); len(lines) > 1 {
		for i, line := range lines {
			lines[i] = t.tell(line, depth-1)
		}
		return strings.Join(lines, "\n")
	}
	return t.chain(text, depth)
}

// whole tells a text that a row fits from end to end.
func (t *telling) whole(text string, depth int) (string, bool) {
	if zh, ok := t.exact[text]; ok {
		return zh, true
	}
	if said, ok := t.counted(text); ok {
		return said, true
	}
	best, held := t.best(text)
	if best == nil {
		return "", false
	}
	return best.render(held, t.inner(depth)), true
}

// sentence is whole for a part of a text, where a single word may be a name.
func (t *telling) sentence(part string, depth int) (string, bool) {
	if !strings.Contains(part, " ") {
		return "", false
	}
	return t.whole(part, depth)
}

// best is the row that says most of the text, with what its placeholders held.
func (t *telling) best(text string) (best *row, held []string) {
	for _, r := range t.candidates(text) {
		if !r.surer(best) {
			continue
		}
		if h, ok := r.fit(text); ok {
			best, held = r, h
		}
	}
	return best, held
}

// behind tells "where: what" by the row of what, where that says more than a row
// which fits the whole because it begins with a placeholder.
func (t *telling) behind(text string, depth int) (string, bool) {
	r, held := t.best(text)
	if r == nil || r.literals[0] != "" {
		return "", false
	}
	const mark = ": "
	for from, tries := 0, 0; from < len(held[0]) && tries < mostParts; tries++ {
		i := strings.Index(held[0][from:], mark)
		if i < 0 {
			return "", false
		}
		from += i + len(mark)
		other, _ := t.best(text[from:])
		if _, exact := t.exact[text[from:]]; exact || other != nil && other.weight > r.weight {
			return t.tell(text[:from-len(mark)], depth-1) + "：" + t.tell(text[from:], depth-1), true
		}
	}
	return "", false
}

// inner tells what a placeholder held.
func (t *telling) inner(depth int) func(s string, words bool) string {
	return func(s string, words bool) string {
		if !words && !strings.Contains(s, " ") {
			return s
		}
		return t.tell(s, depth-1)
	}
}

// counted tells "3 files": the row is "%d file".
func (t *telling) counted(text string) (string, bool) {
	n, noun, found := strings.Cut(text, " ")
	if !found || strings.Trim(n, "0123456789") != "" {
		return "", false
	}
	for _, one := range [...]string{noun, strings.TrimSuffix(noun, "s"), strings.TrimSuffix(noun, "es")} {
		if r, ok := t.rows["%d "+one]; ok && len(r.verbs) == 1 {
			return r.render([]string{n}, t.inner(deepest)), true
		}
	}
	return "", false
}

// marks stand between two texts that were put together.
var marks = [...]struct{ en, zh string }{{"; ", "；"}, {": ", "："}, {", ", "，"}}

// chain tells "what: why", "what; more", "a, b" and "what (more)" part by part.
// A part that no table knows stays, and the mark with it if none is known.
func (t *telling) chain(text string, depth int) string {
	if i := strings.LastIndex(text, " ("); i > 0 && strings.HasSuffix(text, ")") {
		head, inner := text[:i], text[i+2:len(text)-1]
		if h, in := t.tell(head, depth-1), t.tell(inner, depth-1); h != head || in != inner {
			return h + "（" + in + "）"
		}
	}
	for _, m := range marks {
		for from, tries := 0, 0; tries < mostParts; tries++ {
			i := strings.Index(text[from:], m.en)
			if i < 0 {
				break
			}
			i += from
			head, tail := text[:i], text[i+len(m.en):]
			if said, ok := t.sentence(head, depth-1); ok {
				return said + m.zh + t.tell(tail, depth-1)
			}
			if said, ok := t.sentence(tail, depth-1); ok {
				return t.tell(head, depth-1) + m.zh + said
			}
			from = i + len(m.en)
		}
	}
	return text
}
