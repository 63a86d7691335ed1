package cli_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/cli"
)

// TestAReaderThatIsGone: stdout is a pipe that nobody reads any more, as behind
// head. That is no failure of the verb, and nothing is said.
func TestAReaderThatIsGone(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer write.Close()
	if err := read.Close(); err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	for _, args := range [][]string{{"version"}, {"schema", "list"}, {"schema", "list", "-o", "json"}} {
		env := cli.Env{LookupEnv: func(string) (string, bool) { return "", false }, Environ: func() []string { return nil }, Dir: t.TempDir()}
		if code := cli.Main(t.Context(), env, strings.NewReader(""), write, &stderr, args); code != 0 || stderr.Len() > 0 {
			t.Errorf("%s: exit code %d, %s", strings.Join(args, " "), code, stderr.String())
		}
	}
}
