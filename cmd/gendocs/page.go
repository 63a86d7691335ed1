package main

import (
	"fmt"
	"strings"
)

// page is one page of the reference. All pages look alike.
type page struct {
	title string
	// about are paragraphs.
	about []string
	// facts are rows of two cells at the top; none leaves the table out.
	facts [][2]string
	// sections hold the fields; each is a table, and the details below it.
	sections []section
	// notes are paragraphs after the fields.
	notes []string
	// example is YAML.
	example string
}

// section is a group of fields under a heading.
type section struct {
	title, about string
	fields       []field
}

// field is one thing that a document may say.
type field struct {
	path string // below the section's place, dotted
	// label is what the console calls it, in both languages where they differ.
	label string
	// about is a sentence in English, and on its second line one in Chinese.
	about    string
	typ      string
	choices  []string
	enforced bool // no value beside the choices is taken
	limits   []string
	required bool
	// preset is the default as JSON; "" for none that is known.
	preset string
	secret bool
	// closed tells that a document cannot set it, hidden that the server never
	// shows it.
	closed, hidden bool
	// origin is how it is known, and source from where.
	origin, source string
}

const notice = "<!-- Made by cmd/gendocs from schemas/. DO NOT EDIT. -->\n"

func (p *page) markdown() string {
	var b strings.Builder
	b.WriteString(notice)
	fmt.Fprintf(&b, "# %s\n", p.title)
	for _, s := range p.about {
		fmt.Fprintf(&b, "\n%s\n", s)
	}
	if len(p.facts) > 0 {
		b.WriteString("\n| | |\n|---|---|\n")
		for _, f := range p.facts {
			fmt.Fprintf(&b, "| %s | %s |\n", f[0], cell(f[1]))
		}
	}
	if p.example != "" {
		fmt.Fprintf(&b, "\n## Example\n\n```yaml\n%s```\n", p.example)
	}
	for i := range p.sections {
		p.sections[i].markdown(&b)
	}
	for _, s := range p.notes {
		fmt.Fprintf(&b, "\n%s\n", s)
	}
	return b.String()
}

func (s *section) markdown(b *strings.Builder) {
	fmt.Fprintf(b, "\n## %s\n", s.title)
	if s.about != "" {
		fmt.Fprintf(b, "\n%s\n", s.about)
	}
	if len(s.fields) == 0 {
		return
	}
	b.WriteString("\n| Field | Type | Required | Default | Secret | Known by |\n|---|---|---|---|---|---|\n")
	for i := range s.fields {
		f := &s.fields[i]
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s |\n",
			code(f.path), cell(f.kindWord()), tick(f.required), f.presetWord(), tick(f.secret), f.origin)
	}
	for i := range s.fields {
		s.fields[i].markdown(b)
	}
}

func (f *field) markdown(b *strings.Builder) {
	fmt.Fprintf(b, "\n### %s\n\n", code(f.path))
	if f.label != "" {
		fmt.Fprintf(b, "**%s**\n\n", prose(f.label))
	}
	if f.about != "" {
		fmt.Fprintf(b, "%s\n\n", strings.ReplaceAll(prose(f.about), "\n", "<br>\n"))
	}
	fmt.Fprintf(b, "- %s\n", f.summary())
	if len(f.choices) > 0 {
		word := "Choices, and any other text"
		if f.enforced {
			word = "Choices"
		}
		fmt.Fprintf(b, "- %s: %s\n", word, codes(f.choices))
	}
	for _, l := range f.limits {
		fmt.Fprintf(b, "- %s\n", l)
	}
	if f.source != "" {
		fmt.Fprintf(b, "- Known by: %s; %s\n", f.origin, prose(f.source))
	}
}

// summary says in one line what stands in the row of the table.
func (f *field) summary() string {
	words := []string{f.kindWord()}
	if f.required {
		words = append(words, "required")
	}
	if f.preset != "" {
		words = append(words, "default "+code(f.preset))
	}
	switch {
	case f.secret && f.typ == "mapping":
		words = append(words, "its values may be secrets: write those as `secretFrom`")
	case f.secret:
		words = append(words, "a secret: write it as `secretFrom`")
	}
	if f.hidden {
		words = append(words, "not shown by the server")
	}
	s := strings.Join(words, "; ")
	return strings.ToUpper(s[:1]) + s[1:]
}

func (f *field) kindWord() string {
	if f.closed {
		return "shown only, not accepted"
	}
	return f.typ
}

func (f *field) presetWord() string {
	if f.preset == "" {
		return ""
	}
	return code(strings.ReplaceAll(f.preset, "|", "\\|"))
}

func tick(yes bool) string {
	if yes {
		return "yes"
	}
	return ""
}

// code shows a text as it is written in a file.
func code(s string) string { return "`" + s + "`" }

func codes(all []string) string {
	out := make([]string, len(all))
	for i, s := range all {
		out[i] = code(s)
	}
	return strings.Join(out, ", ")
}

// prose keeps a sentence from being taken for Markdown or HTML.
func prose(s string) string { return proseEscaper.Replace(s) }

// cell keeps a text inside one cell of a table.
func cell(s string) string { return strings.NewReplacer("|", "\\|", "\n", "<br>").Replace(s) }

var proseEscaper = strings.NewReplacer("<", "&lt;", "*", "\\*", "_", "\\_", "[", "\\[")
