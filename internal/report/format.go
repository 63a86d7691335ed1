package report

import (
	"fmt"
	"io"
)

// Document is what a verb has to show.
type Document interface {
	Text(w io.Writer, s Style) error
}

// A document says by its methods in which formats it can be written.
type (
	// reviewed has a page for people who review it.
	reviewed interface{ review(s Style) *review }
	// judged has complaints that programs of others point at.
	judged interface{ findings(s Style) *findings }
	// drawn is a graph.
	drawn interface{ graph() *Graph }
)

// writer writes one document in one format.
type writer func(w io.Writer, s Style) error

// formats is the table of formats; of is nil for a document that has no such
// form.
var formats = []struct {
	name string
	of   func(Document) writer
}{
	{"text", func(d Document) writer { return d.Text }},
	{"json", asJSON},
	{"markdown", reviewedAs((*review).markdown)},
	{"html", reviewedAs((*review).html)},
	{"sarif", judgedAs((*findings).sarif)},
	{"github", judgedAs((*findings).github)},
	{"gitlab", judgedAs((*findings).gitlab)},
	{"junit", judgedAs((*findings).junit)},
	{"dot", drawnAs((*Graph).dot)},
	{"mermaid", drawnAs((*Graph).mermaid)},
}

func asJSON(d Document) writer {
	return func(w io.Writer, _ Style) error { return JSON(w, d) }
}

func reviewedAs(write func(*review, io.Writer, Style) error) func(Document) writer {
	return func(d Document) writer {
		r, ok := d.(reviewed)
		if !ok {
			return nil
		}
		return func(w io.Writer, s Style) error { return write(r.review(s), w, s) }
	}
}

func judgedAs(write func(*findings, io.Writer, Style) error) func(Document) writer {
	return func(d Document) writer {
		j, ok := d.(judged)
		if !ok {
			return nil
		}
		return func(w io.Writer, s Style) error { return write(j.findings(s), w, s) }
	}
}

func drawnAs(write func(*Graph, io.Writer, Style) error) func(Document) writer {
	return func(d Document) writer {
		g, ok := d.(drawn)
		if !ok {
			return nil
		}
		return func(w io.Writer, s Style) error { return write(g.graph(), w, s) }
	}
}

// Formats lists the formats that fit a document; one without content says it
// for all of its type. Of nil it lists every format there is.
func Formats(d Document) []string {
	var names []string
	for _, f := range formats {
		if d == nil || f.of(d) != nil {
			names = append(names, f.name)
		}
	}
	return names
}

// Render writes the document in the format.
func Render(w io.Writer, format string, d Document, s Style) error {
	for _, f := range formats {
		if f.name != format {
			continue
		}
		if write := f.of(d); write != nil {
			return write(w, s)
		}
	}
	return fmt.Errorf("there is no %s form of this document", format)
}
