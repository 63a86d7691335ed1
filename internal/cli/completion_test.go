package cli

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

// TestBashScriptNeedsNoLibrary: the generated script calls bash-completion in one
// place that writeBash replaces, and once it is there by its other name.
func TestBashScriptNeedsNoLibrary(t *testing.T) {
	var b bytes.Buffer
	root := newApp(Env{}, strings.NewReader(""), io.Discard, io.Discard).root()
	if err := writeBash(&b, root); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "\n    _get_comp_words_by_ref") || strings.Count(b.String(), "__idpsync_words") != 2 {
		t.Error("the library's script has changed: look how it finds the words of the line")
	}
}
