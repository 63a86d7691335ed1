package cli_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mattn/go-runewidth"

	"github.com/idpsync/idpsync/internal/cli"
)

// TestATerminalOfAnyWidth runs whole commands on terminals from one column to
// very many, and on one that does not know its width: nothing is wider than the
// terminal, and nothing is lost.
func TestATerminalOfAnyWidth(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "idpsync.yaml"), []byte("apiVersion: idpsync/v1\nkind: Project\ntargets: {local: {sandbox: {}}}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	document := "apiVersion: idpsync/v1\nkind: IdentityProvider\nmetadata: {name: corp}\nspec: {name: " + strings.Repeat("很长的名称", 60) + ", typ: oidc}\n"
	if err := os.WriteFile(filepath.Join(dir, "corp.yaml"), []byte(document), 0o644); err != nil {
		t.Fatal(err)
	}
	on := func(columns int, args ...string) string {
		var out bytes.Buffer
		cli.Main(context.Background(), cli.Env{
			LookupEnv: func(string) (string, bool) { return "", false }, Environ: func() []string { return nil }, Dir: dir,
			Terminal: func(stream any) bool { return stream == any(&out) }, Columns: func(any) int { return columns },
		}, strings.NewReader(""), &out, io.Writer(&out), append(args, "--color=never"))
		return out.String()
	}
	squeeze := func(s string) string { return strings.Join(strings.Fields(s), "") }
	for _, args := range [][]string{{"plan", "--selekt", "x"}, {"plan", "--help"}, {"plan", "--help", "--lang=zh-CN"}, {"validate"}, {"validate", "--lang=zh-CN"}, {"--lang=zh-CN"}} {
		for _, columns := range []int{-1, 0, 1, 7, 20, 40, 80, 500} {
			got := on(columns, args...)
			for line := range strings.Lines(got) {
				// Below a few columns a mark and a character may not fit.
				if w := runewidth.StringWidth(strings.TrimRight(line, "\n")); columns >= 40 && w > columns {
					t.Errorf("%v on %d columns: %d in %q", args, columns, w, line)
				}
			}
			if args[0] != "validate" && squeeze(got) != squeeze(on(0, args...)) {
				t.Errorf("%v on %d columns says something else:\n%s", args, columns, got)
			}
		}
	}
}
