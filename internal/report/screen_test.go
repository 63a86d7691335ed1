package report_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/report"
)

type texter interface {
	Text(io.Writer, report.Style) error
}

// screens are the documents that a terminal shows, with how each is read back.
var screens = map[string]func(io.Reader) (texter, error){
	"plan-full.json":    func(r io.Reader) (texter, error) { return report.ReadPlan(r) },
	"plan-hostile.json": func(r io.Reader) (texter, error) { return report.ReadPlan(r) },
	"plan-empty.json":   func(r io.Reader) (texter, error) { return report.ReadPlan(r) },
	"result-mixed.json": func(r io.Reader) (texter, error) { return report.ReadResult(r) },
	"drift-full.json":   func(r io.Reader) (texter, error) { return report.ReadDrift(r) },
	"diagnostics-all.json": func(io.Reader) (texter, error) {
		return report.NewDiagnostics(sampleDiagnostics(), diagnostic.English), nil
	},
	"doctor.json": func(r io.Reader) (texter, error) { return report.ReadDoctor(r) },
}

var colours = regexp.MustCompile("\x1b\\[[0-9;]*m")

// TestScreens shows each recorded document as terminals of 40, 80 and 120
// columns would, in both languages, plain and in colour.
func TestScreens(t *testing.T) {
	for name, read := range screens {
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join(folder, name))
			if err != nil {
				t.Fatal(err)
			}
			doc, err := read(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			archive := &txtar.Archive{Comment: []byte("What a terminal shows of " + name + ". ESC is written as ␛.\n")}
			for _, lang := range []string{diagnostic.English, diagnostic.Chinese} {
				for _, columns := range []int{40, 80, 120} {
					plain := screen(t, doc, report.Style{Lang: lang, Width: columns, Frame: frames(t)})
					coloured := screen(t, doc, report.Style{Lang: lang, Width: columns, Frame: frames(t), Color: true})
					if colours.ReplaceAllString(coloured, "") != plain {
						t.Errorf("%s, %d columns: the colours change more than the colour\n%s\n%s", lang, columns, plain, colours.ReplaceAllString(coloured, ""))
					}
					if columns == 80 {
						plain = strings.ReplaceAll(coloured, "\x1b", "␛")
					}
					archive.Files = append(archive.Files, txtar.File{Name: fmt.Sprintf("%s, %d columns", lang, columns), Data: []byte(plain)})
				}
			}
			golden(t, "screen-"+strings.TrimSuffix(name, ".json")+".txtar", txtar.Format(archive))
		})
	}
}

// screen renders a document, and fails where it is wider than the terminal or
// could steer it.
func screen(t *testing.T, doc texter, s report.Style) string {
	t.Helper()
	var b bytes.Buffer
	if err := doc.Text(&b, s); err != nil {
		t.Fatal(err)
	}
	plain := colours.ReplaceAllString(b.String(), "")
	safe(t, []byte(plain))
	for line := range strings.Lines(plain) {
		if line = strings.TrimSuffix(line, "\n"); report.Width(line) > s.Width {
			t.Errorf("%s: %d columns on a terminal of %d: %s", s.Lang, report.Width(line), s.Width, line)
		}
	}
	for line := range strings.Lines(b.String()) {
		if last := colours.FindAllString(line, -1); len(last) > 0 && !ends(last[len(last)-1]) {
			t.Errorf("%s: a colour runs over the end of a line: %q", s.Lang, line)
		}
	}
	return b.String()
}

func ends(colour string) bool {
	return colour == "\x1b[0m" || colour == "\x1b[22m" || colour == "\x1b[0;22m"
}

// TestWidthUnknownBreaksNothing: a pipe gets whole lines.
func TestWidthUnknownBreaksNothing(t *testing.T) {
	long := strings.Repeat("很长的名称 ", 80)
	for _, columns := range []int{0, -1} {
		if got := report.Wrap(long, columns, 8); got != long {
			t.Errorf("%d columns: %q", columns, got)
		}
	}
}

// TestWrapLosesNothing: whatever the width, taking the breaks out gives the text
// back but for the spaces at them.
func TestWrapLosesNothing(t *testing.T) {
	texts := []string{
		"", "x", "plain words that are broken at spaces, as one expects",
		"名称很长的应用，没有任何空格可以断行，只能在字与字之间断开。",
		"\x1b[32m  + connection/corp-oidc\x1b[0m: not on the server \x1b[2m(corp.yaml:7)\x1b[0m",
		strings.Repeat("a", 300), strings.Repeat("宽", 300), "e\u0301" + strings.Repeat("e\u0301 ", 60), " ", strings.Repeat(" ", 90) + "x",
		"👨‍👩‍👧‍👦 family and 🇨🇳 flags " + strings.Repeat("👍🏽", 40),
	}
	squeeze := func(s string) string {
		return strings.Join(strings.Fields(colours.ReplaceAllString(s, "")), "")
	}
	for _, text := range texts {
		for columns := 1; columns < 100; columns++ {
			got := report.Wrap(text, columns, 8)
			if squeeze(got) != squeeze(text) {
				t.Fatalf("%d columns: %q became %q", columns, text, got)
			}
			for line := range strings.SplitSeq(colours.ReplaceAllString(got, ""), "\n") {
				if columns >= 2 && report.Width(line) > columns && strings.TrimSpace(line) != "" {
					t.Fatalf("%d columns: %d in %q", columns, report.Width(line), line)
				}
			}
		}
	}
}
