package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestChineseIsLevel holds the Chinese pages to the English ones: as many
// headings and blocks, the same commands, and the same proofs.
func TestChineseIsLevel(t *testing.T) {
	for chinese, english := range map[string]string{
		"docs/zh-CN/quick-start.md": "docs/quick-start.md",
		"docs/zh-CN/safety.md":      "docs/safety.md",
		"README.zh-CN.md":           "README.md",
	} {
		zh, en := pageOf(t, chinese), pageOf(t, english)
		if a, b := levels(zh), levels(en); !slices.Equal(a, b) {
			t.Errorf("%s has the headings %v, %s has %v", chinese, a, english, b)
		}
		if a, b := commands(zh), commands(en); !slices.Equal(a, b) {
			t.Errorf("%s types\n%s\n%s types\n%s", chinese, strings.Join(a, ""), english, strings.Join(b, ""))
		}
		if a, b := proofs(zh), proofs(en); !slices.Equal(a, b) {
			t.Errorf("%s names the proofs\n%v\n%s\n%v", chinese, a, english, b)
		}
	}
}

func pageOf(t *testing.T, name string) *page {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../..", name))
	if err != nil {
		t.Fatal(err)
	}
	return readPage(name, string(text))
}

// levels are the depths of the headings, in order.
func levels(p *page) []int {
	var all []int
	for _, m := range regexp.MustCompile(`(?m)^(#+) `).FindAllStringSubmatch(p.prose(), -1) {
		all = append(all, len(m[1]))
	}
	return all
}

// commands are what the blocks ask people to type; the comments differ.
func commands(p *page) []string {
	var all []string
	for _, b := range p.blocks {
		for line := range strings.Lines(b.text) {
			line, _, _ = strings.Cut(strings.TrimRight(line, "\n"), "  #")
			if strings.Contains(line, "IDPSYNC_LANG") {
				continue
			}
			if b.lang == "sh" || b.lang == "console" && strings.HasPrefix(line, "$ ") {
				all = append(all, strings.TrimRight(line, " ")+"\n")
			}
		}
	}
	return all
}

// proofs are the tests that a page names, each once.
func proofs(p *page) []string {
	all := regexp.MustCompile("`(Test[A-Z]\\w*|Fuzz[A-Z]\\w*|[a-z-]+\\.txtar)`").FindAllString(p.prose(), -1)
	slices.Sort(all)
	return slices.Compact(all)
}
