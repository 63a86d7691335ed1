package config_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/config"
)

var updateFmt = flag.Bool("update-fmt", false, "rewrite testdata/fmt/*.out")

// TestFormat lays out the hand-written files of testdata/fmt, as they are, with
// the line ends of Windows, with a byte order mark, and without a last newline.
func TestFormat(t *testing.T) {
	names, err := filepath.Glob("testdata/fmt/*.in")
	if err != nil || len(names) < 5 {
		t.Fatalf("%d files: %v", len(names), err)
	}
	for _, name := range names {
		t.Run(filepath.Base(name), func(t *testing.T) {
			in, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			golden := strings.TrimSuffix(name, ".in") + ".out"
			got := formatted(t, in)
			if *updateFmt {
				if err := os.WriteFile(golden, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			if again := formatted(t, want); !bytes.Equal(again, want) {
				t.Errorf("a second pass changes it to\n%s", again)
			}
			windows := func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n")) }
			if got := formatted(t, windows(in)); !bytes.Equal(got, windows(want)) {
				t.Errorf("with CRLF\n%q\nwant\n%q", got, windows(want))
			}
			mark := []byte("\ufeff")
			if got := formatted(t, append(mark, in...)); !bytes.Equal(got, append(mark, want...)) {
				t.Errorf("with a byte order mark\n%q", got)
			}
			if got := formatted(t, bytes.TrimSuffix(in, []byte("\n"))); !bytes.Equal(got, want) {
				t.Errorf("without a last newline\n%s", got)
			}
		})
	}
}

func formatted(t *testing.T, text []byte) []byte {
	t.Helper()
	f, found := config.Format("x.yaml", text)
	if len(found) > 0 {
		t.Fatalf("complains %v", found)
	}
	return f.Text
}
