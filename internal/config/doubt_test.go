package config

import "testing"

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
		if got := text[:documentEnd([]byte(text))]; got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
