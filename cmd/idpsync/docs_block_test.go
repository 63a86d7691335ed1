package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// page is one Markdown file for people.
type page struct {
	name   string // from the root of the project, with slashes
	lines  []string
	blocks []block
}

// block is a fenced block of a page with what steers it: HTML comments that stand
// right before the fence.
type block struct {
	line       int // of the opening fence, from 0
	end        int // of the closing fence
	lang, info string
	text       string
	verb, rest string // "<!-- VERB: REST": run, not run or tour
	hidden     string // the comment's further lines
	file       string // "<!-- file: NAME"
}

var (
	fence   = regexp.MustCompile("^( *)(```+)([A-Za-z-]*) *(.*)$")
	steered = regexp.MustCompile(`(?s)^<!-- (run|not run|file|tour): ?([^\n]*?)(?:\n(.*))?\s*-->$`)
)

// pages reads README*.md and everything in docs but what programs wrote there.
func pages(t *testing.T) []*page {
	t.Helper()
	names, err := filepath.Glob("../../README*.md")
	if err != nil || len(names) == 0 {
		t.Fatalf("no README: %v", err)
	}
	err = filepath.WalkDir("../../docs", func(path string, d fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".md" {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	all := make([]*page, len(names))
	for i, path := range names {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name, err := filepath.Rel("../..", path)
		if err != nil {
			t.Fatal(err)
		}
		all[i] = readPage(filepath.ToSlash(name), string(text))
	}
	return all
}

// madeByPrograms tells that other tests hold the page to what it was made from.
func (p *page) madeByPrograms() bool {
	return strings.HasPrefix(p.name, "docs/reference/") || strings.HasPrefix(p.name, "docs/cli/") || strings.HasPrefix(p.name, "docs/rules/IDP")
}

func readPage(name, text string) *page {
	p := &page{name: name, lines: strings.SplitAfter(text, "\n")}
	var comments []string
	for i := 0; i < len(p.lines); i++ {
		line := strings.TrimRight(p.lines[i], "\n")
		m := fence.FindStringSubmatch(line)
		switch {
		case m != nil:
			b := block{line: i, lang: m[3], info: m[4]}
			b.steer(comments)
			for i++; i < len(p.lines) && strings.TrimSpace(p.lines[i]) != m[2]; i++ {
				b.text += strings.TrimPrefix(p.lines[i], m[1])
			}
			b.end = i
			p.blocks = append(p.blocks, b)
			comments = nil
		case strings.HasPrefix(strings.TrimSpace(line), "<!-- "):
			start := i
			for i < len(p.lines)-1 && !strings.Contains(p.lines[i], "-->") {
				i++
			}
			comments = append(comments, strings.TrimSpace(strings.Join(p.lines[start:i+1], "")))
		case strings.TrimSpace(line) != "":
			comments = nil
		}
	}
	return p
}

func (b *block) steer(comments []string) {
	for _, comment := range comments {
		switch m := steered.FindStringSubmatch(comment); {
		case m == nil:
		case m[1] == "file":
			b.file = strings.TrimSpace(m[2])
		default:
			b.verb, b.rest, b.hidden = m[1], strings.TrimSpace(m[2]), m[3]
		}
	}
}

// runs tells that the block is a story for a shell.
func (b *block) runs() bool {
	return b.lang == "sh" || b.lang == "console" || b.lang == "bash" || b.lang == "shell"
}

// prose is the page without its blocks and comments.
func (p *page) prose() string {
	var s strings.Builder
	at := 0
	for i := range p.blocks {
		s.WriteString(strings.Join(p.lines[at:p.blocks[i].line], ""))
		at = min(p.blocks[i].end+1, len(p.lines))
	}
	s.WriteString(strings.Join(p.lines[at:], ""))
	return regexp.MustCompile(`(?s)<!--.*?-->`).ReplaceAllString(s.String(), "")
}

// typed is one command of a console block and what the page shows below it.
type typed struct{ shown, command, want string }

func readConsole(text string) []typed {
	var all []typed
	open := false
	for line := range strings.Lines(text) {
		last := len(all) - 1
		command, prompt := strings.CutPrefix(line, "$ ")
		more, second := strings.CutPrefix(line, "> ")
		switch {
		case prompt:
			all = append(all, typed{shown: line, command: command})
			open = true
		case last < 0:
			all = append(all, typed{want: line})
		case open && (second || strings.HasSuffix(all[last].command, "\\\n")):
			if !second {
				more = line
			}
			all[last].shown += line
			all[last].command += more
		default:
			open = false
			all[last].want += line
		}
	}
	return all
}

func TestReadPage(t *testing.T) {
	p := readPage("x.md", "# X\n<!-- run: example, exit 3\ntouch a\ntouch b\n-->\n```sh\nidpsync plan\n```\ntext\n<!-- not run: no root -->\n\n  ```console\n  $ a\n    b\n  ```\n```yaml bad\nx: 1\n```\n")
	if len(p.blocks) != 3 {
		t.Fatalf("%d blocks, want 3: %+v", len(p.blocks), p.blocks)
	}
	a, b, c := p.blocks[0], p.blocks[1], p.blocks[2]
	if a.verb != "run" || a.rest != "example, exit 3" || a.hidden != "touch a\ntouch b\n" || a.text != "idpsync plan\n" {
		t.Errorf("the first block: %+v", a)
	}
	if b.verb != "not run" || b.rest != "no root" || b.text != "$ a\n  b\n" {
		t.Errorf("the second block: %+v", b)
	}
	if c.lang != "yaml" || c.info != "bad" || c.verb != "" {
		t.Errorf("the third block: %+v", c)
	}
	if got := p.prose(); got != "# X\n\ntext\n\n\n" {
		t.Errorf("prose %q", got)
	}
}
