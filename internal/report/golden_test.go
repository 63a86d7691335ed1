package report_test

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idpsync/idpsync/internal/report"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const folder = "../../testdata/report"

// golden compares with a recorded file, or records it.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join(folder, name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")); diff != "" {
		t.Errorf("%s differs (-recorded +now); \"go test ./internal/report -update\" records it anew\n%s", name, diff)
	}
}

// recorded calls do with every recorded file that fits, and the name of the
// text that belongs to it.
func recorded(t *testing.T, glob string, do func(t *testing.T, data []byte, text string)) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, glob))
	if err != nil || len(files) == 0 {
		t.Fatalf("no file fits %s: %v", glob, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			do(t, data, strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))+".txt")
		})
	}
}

// asText replays every recorded document that fits as text.
func asText[D interface {
	Text(io.Writer, report.Style) error
}](t *testing.T, glob string, read func(io.Reader) (D, error)) {
	t.Helper()
	recorded(t, glob, func(t *testing.T, data []byte, text string) {
		doc, err := read(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := doc.Text(&b, report.Style{}); err != nil {
			t.Fatal(err)
		}
		safe(t, b.Bytes())
		golden(t, text, b.Bytes())
	})
}

// safe fails when a text could end a line early or steer a terminal.
func safe(t *testing.T, text []byte) {
	t.Helper()
	if i := bytes.IndexFunc(text, func(r rune) bool {
		return r != '\n' && (r < ' ' || r >= 0x7f && r < 0xa0 || r == 0x202e || r == 0x2028)
	}); i >= 0 {
		t.Errorf("an unprintable character at byte %d of the text: %q", i, text[max(0, i-20):min(len(text), i+10)])
	}
}
