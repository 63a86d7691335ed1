package diagnostic

import (
	"fmt"
	"strings"
)

// The languages every sentence exists in.
const (
	English = "en"
	Chinese = "zh-CN"
)

// Text is a sentence of the catalogue with its arguments. An argument may be a
// Text itself. The zero Text says nothing.
type Text struct {
	ID   string
	Args []any
}

// T names a sentence of the catalogue.
func T(id string, args ...any) Text { return Text{ID: id, Args: args} }

// Words is a text that is the same in every language: a name, or what another
// program said.
func Words(s string) Text { return Text{ID: "words", Args: []any{s}} }

// In renders the sentence; a language we do not have is read as English, and a
// sentence we do not have is shown by its id and arguments.
func (t Text) In(lang string) string {
	if t.ID == "" {
		return ""
	}
	args := make([]any, len(t.Args))
	for i, a := range t.Args {
		args[i] = argument(a, lang)
	}
	format, ok := sentence(t.ID, lang)
	if !ok {
		return strings.TrimSpace(t.ID + " " + fmt.Sprintln(args...))
	}
	if len(args) == 0 {
		return format
	}
	return fmt.Sprintf(format, args...)
}

func argument(a any, lang string) any {
	switch a := a.(type) {
	case Text:
		return a.In(lang)
	case string:
		if strings.Contains(a, " ") { // a sentence that was made elsewhere
			return Told(lang, a)
		}
	}
	return a
}

func sentence(id, lang string) (string, bool) {
	if lang == Chinese {
		if s, ok := chinese[id]; ok {
			return s, true
		}
	}
	s, ok := english[id]
	return s, ok
}

// Title is what a code means, in a few words; "" for a code we do not have.
func Title(code, lang string) string {
	s, _ := sentence(code, lang)
	return s
}
