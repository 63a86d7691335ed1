package report

import (
	"bufio"
	"encoding/json"
	"io"
	"strings"

	"github.com/idpsync/idpsync/internal/diagnostic"
)

// issue is one entry of GitLab's Code Quality report.
type issue struct {
	Description string        `json:"description"`
	CheckName   string        `json:"check_name"`
	Fingerprint string        `json:"fingerprint"`
	Severity    string        `json:"severity"`
	Location    issueLocation `json:"location"`
}

type issueLocation struct {
	Path  string `json:"path"`
	Lines struct {
		Begin int `json:"begin"`
	} `json:"lines"`
}

// gitlab writes an array, one issue a line.
func (f *findings) gitlab(w io.Writer, _ Style) error {
	b := bufio.NewWriter(w)
	prints := newFingerprints()
	for i, d := range f.list {
		one := issue{Description: d.issueText(), CheckName: d.Code, Fingerprint: prints.of(d), Severity: d.grade(), Location: issueLocation{Path: d.path}}
		one.Location.Lines.Begin = d.line()
		text, err := json.Marshal(one)
		if err != nil {
			return err
		}
		before := "[\n"
		if i > 0 {
			before = ",\n"
		}
		_, _ = b.WriteString(before) // a bufio.Writer keeps its first error for Flush
		_, _ = b.Write(text)
	}
	end := "\n]\n"
	if len(f.list) == 0 {
		end = "[]\n"
	}
	_, _ = b.WriteString(end)
	return b.Flush()
}

// issueText is one line: GitLab shows nothing else.
func (d found) issueText() string {
	return strings.ReplaceAll(d.text, "\n", "; ")
}

// grade is GitLab's word for how bad it is; a guard stops a plan.
func (d found) grade() string {
	switch {
	case strings.HasPrefix(d.Code, "IDP03"):
		return "blocker"
	case d.Severity == string(diagnostic.Error):
		return "critical"
	}
	return "minor"
}
