package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/cli"
	"github.com/idpsync/idpsync/internal/diagnostic"
)

const (
	troubleshooting = "../../docs/troubleshooting.md"
	codesBegin      = "<!-- codes: begin -->\n"
	codesEnd        = "<!-- codes: end -->"
)

var (
	ruleTitle = regexp.MustCompile(`^# IDP\d{4}: (.+)\n`)
	ruleGuard = regexp.MustCompile("\nGuard `([a-z-]+)`")
	ruleCure  = regexp.MustCompile(`\n## How to mend it\n\n((?:[^\n]+\n)+)`)
)

// TestEveryCodeIsCured holds the page about trouble to the codes, their pages
// and the exit codes that there are.
func TestEveryCodeIsCured(t *testing.T) {
	text, err := os.ReadFile(troubleshooting)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), codesBegin)
	_, after, closed := strings.Cut(rest, codesEnd)
	if !found || !closed {
		t.Fatal("docs/troubleshooting.md has no place for the codes")
	}
	want := before + codesBegin + codeTable(t) + codesEnd + after
	if *update && want != string(text) {
		if err := os.WriteFile(troubleshooting, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if want != string(text) {
		t.Error("docs/troubleshooting.md is stale: go test ./cmd/idpsync -run TestEveryCodeIsCured -update")
	}
	for _, e := range cli.Exits() {
		if !strings.Contains(before, fmt.Sprintf("\n| %d | ", e.Code)) {
			t.Errorf("docs/troubleshooting.md does not tell of exit code %d", e.Code)
		}
	}
}

func codeTable(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("\n| code | it means | what to do |\n|---|---|---|\n")
	for _, code := range diagnostic.Codes {
		text, err := os.ReadFile(filepath.Join("../../docs/rules", code+".md"))
		if err != nil {
			t.Fatal(err)
		}
		title, cure := ruleTitle.FindSubmatch(text), ruleCure.FindSubmatch(text)
		if title == nil || cure == nil {
			t.Fatalf("docs/rules/%s.md has no title, or does not say how to mend it", code)
		}
		what := string(title[1])
		if guard := ruleGuard.FindSubmatch(text); guard != nil {
			what += " (`" + string(guard[1]) + "`)"
		}
		do := strings.ReplaceAll(strings.TrimSpace(string(cure[1])), "\n", " ")
		do = strings.NewReplacer("](../", "](", "](IDP", "](rules/IDP", "|", "\\|").Replace(do)
		fmt.Fprintf(&b, "| [%s](rules/%s.md) | %s | %s |\n", code, code, what, do)
	}
	return b.String() + "\n"
}

// TestChineseCodes holds the Chinese list of codes to the catalogue.
func TestChineseCodes(t *testing.T) {
	text, err := os.ReadFile("../../docs/zh-CN/rules.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range diagnostic.Codes {
		row := fmt.Sprintf("| [%s](../rules/%s.md) | %s |", code, code, diagnostic.Title(code, diagnostic.Chinese))
		if !strings.Contains(string(text), "\n"+row) {
			t.Errorf("docs/zh-CN/rules.md lacks the row %s", row)
		}
	}
}
