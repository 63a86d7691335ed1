package config

import (
	"strings"
	"testing"
)

func TestDocumentEnd(t *testing.T) {
	for text, want := range map[string]string{
		"a: 1\n":                        "a: 1\n",
		"a: 1\n---\nb: 2\n":             "a: 1\n",
		"---\na: 1\n--- {b: 2}\n":       "---\na: 1\n",
		"# c\n\n%YAML 1.2\n---\na\n---": "# c\n\n%YAML 1.2\n---\na\n",
		"---\n---\n":                    "---\n",
		"a: |\n  ---\n----\n---x\n":     "a: |\n  ---\n----\n---x\n",
		"--- a\r\n---\r\nb":             "--- a\r\n",
		"---":                           "---",
		"":                              "",
	} {
		if got := text[:documentEnd(text)]; got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// A hostile file must not be parsed for ever; what is left of it is one text
// more that may declare anything.
func TestBrokenDocumentsAreLimited(t *testing.T) {
	pf := parseDocuments(&file{path: "a.yaml", data: strings.Repeat("---\na: {\n", 3*maxBroken) + "--- {kind: last}\n"})
	if len(pf.found) != maxBroken+1 || len(pf.unread) != maxBroken+1 || !strings.Contains(pf.unread[maxBroken], "last") {
		t.Errorf("%d complaints, %d parts", len(pf.found), len(pf.unread))
	}
	if at := pf.found[1].Range.Start.Line; at != 4 && at != 5 {
		t.Errorf("the second complaint is placed at line %d", at)
	}
}
