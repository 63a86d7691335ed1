package schemas_test

import (
	"bufio"
	"bytes"
	"os"
	"strings"
	"testing"
)

// factType is what the published documents say of a connection type.
type factType struct {
	typ, provider, category string
	providerGuessed, inAPI  bool
	keys                    []factKey
}

// factKey is a setting whose wire key is known.
type factKey struct {
	key, kind, provenance string
	required, secret      bool
	aliases, choices      []string
}

// settings are the keys that a template shows as fields and a document may give
// below fields: all but displayName, which belongs to the connection.
func (t *factType) settings() []factKey {
	var out []factKey
	for _, k := range t.keys {
		if k.key != "displayName" {
			out = append(out, k)
		}
	}
	return out
}

// facts reads testdata/connection-types.txt, whose head tells its form.
func facts(t *testing.T) []*factType {
	t.Helper()
	var all []*factType
	for _, line := range lines(t, "testdata/connection-types.txt") {
		words := strings.Fields(line)
		if !strings.HasPrefix(line, " ") {
			all = append(all, readFactType(words))
			continue
		}
		last := all[len(all)-1]
		if words[0] != "alias" {
			last.keys = append(last.keys, readFactKey(words))
			continue
		}
		for i := range last.keys {
			if last.keys[i].key == words[1] {
				last.keys[i].aliases = append(last.keys[i].aliases, words[2])
			}
		}
	}
	return all
}

func readFactType(words []string) *factType {
	provider, guessed := strings.CutSuffix(words[1], "?")
	return &factType{
		typ: words[0], provider: provider, providerGuessed: guessed,
		category: strings.TrimPrefix(words[2], "-"), inAPI: len(words) > 3,
	}
}

func readFactKey(words []string) factKey {
	k := factKey{
		key: words[0], kind: words[1], provenance: words[4],
		required: words[2] == "required", secret: words[3] == "secret",
	}
	if len(words) > 5 {
		k.choices = strings.Split(words[5], ",")
	}
	return k
}

// lines gives the lines of a file that are neither empty nor a comment.
func lines(t *testing.T, file string) []string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for s := bufio.NewScanner(bytes.NewReader(data)); s.Scan(); {
		if line := s.Text(); line != "" && line[0] != '#' {
			all = append(all, line)
		}
	}
	if len(all) == 0 {
		t.Fatalf("%s is empty", file)
	}
	return all
}
