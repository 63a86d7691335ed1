package report

import (
	"encoding/xml"
	"fmt"
	"io"

	"github.com/idpsync/idpsync/internal/diagnostic"
)

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name      string        `xml:"name,attr"`
	ClassName string        `xml:"classname,attr"`
	File      string        `xml:"file,attr,omitempty"`
	Line      int           `xml:"line,attr,omitempty"`
	Failure   *junitFailure `xml:"failure"`
	SystemOut string        `xml:"system-out,omitempty"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

// junit writes a suite for each file and a case for each complaint. A warning is
// a case that passed and has something to say, unless warnings fail too. Without
// complaints there is one case, that all was well.
func (f *findings) junit(w io.Writer, _ Style) error {
	all := junitSuites{Name: f.about}
	at := map[string]int{}
	for _, d := range f.list {
		i, known := at[d.path]
		if !known {
			i = len(all.Suites)
			at[d.path] = i
			all.Suites = append(all.Suites, junitSuite{Name: d.path})
		}
		all.Suites[i].add(d.junit(f.strict))
	}
	if len(f.list) == 0 {
		all.Suites = []junitSuite{{Name: f.about}}
		all.Suites[0].add(junitCase{Name: f.note, ClassName: f.about})
	}
	for _, s := range all.Suites {
		all.Tests += s.Tests
		all.Failures += s.Failures
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (s *junitSuite) add(c junitCase) {
	s.Tests++
	if c.Failure != nil {
		s.Failures++
	}
	s.Cases = append(s.Cases, c)
}

func (d found) junit(strict bool) junitCase {
	place := d.path
	if d.Range.Start.Line > 0 {
		place = fmt.Sprintf("%s:%d:%d", d.path, d.Range.Start.Line, d.Range.Start.Column)
	}
	c := junitCase{Name: d.Code + " " + d.Message, ClassName: d.path, File: d.path, Line: d.line()}
	text := fmt.Sprintf("%s: %s[%s]: %s\n", place, d.Severity, d.Code, d.text)
	if strict || d.Severity == string(diagnostic.Error) {
		c.Failure = &junitFailure{Message: d.Message, Type: d.Code, Text: text}
	} else {
		c.SystemOut = text
	}
	return c
}
