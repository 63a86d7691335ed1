package schemas_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

const validate = "../testdata/validate"

// TestEveryTypeHasFixtures proves that each connection type has good documents,
// and each with known settings bad ones. What is said of them is compared by the
// tests of internal/config.
func TestEveryTypeHasFixtures(t *testing.T) {
	for _, fact := range facts(t) {
		stem := fixture(fact)
		if bad, _ := filepath.Glob(filepath.Join(validate, "err", stem+".*")); len(fact.settings()) > 0 != (len(bad) == 2) && fact.inAPI {
			t.Errorf("%s: bad documents in %q", fact.typ, bad)
		}
		folder := "ok"
		if !fact.inAPI { // the type itself is warned about
			folder = "err"
		}
		if _, err := os.Stat(filepath.Join(validate, folder, stem+".yaml")); err != nil {
			t.Error(err)
		}
	}
}

func fixture(fact *factType) string { return "type-" + strings.ReplaceAll(fact.typ, ":", "_") }

// TestOneComplaintADocument proves that each bad connection of a type-* fixture
// gets one complaint, inside its own document, and a hint.
func TestOneComplaintADocument(t *testing.T) {
	for _, fact := range facts(t) {
		if len(fact.settings()) == 0 && fact.inAPI {
			continue
		}
		out := filepath.Join(validate, "err", fixture(fact)+".out")
		want := connectionsOf(t, strings.TrimSuffix(out, ".out"))
		said := lines(t, out)
		if len(said) != 2*len(want) {
			t.Errorf("%s: %d lines about %d connections, want a complaint and a hint for each", out, len(said), len(want))
			continue
		}
		for i, place := range want {
			line := 0
			if _, err := fmt.Sscanf(said[2*i][strings.IndexByte(said[2*i], ':')+1:], "%d:", &line); err != nil {
				t.Fatalf("%s: %q: %v", out, said[2*i], err)
			}
			if line < place.first || line > place.last || !strings.HasPrefix(said[2*i+1], "  hint: ") {
				t.Errorf("%s: lines %d to %d should get this complaint and a hint:\n%s\n%s", out, place.first, place.last, said[2*i], said[2*i+1])
			}
		}
	}
}

// span is the lines of a document, counted from 1.
type span struct{ first, last int }

// connectionsOf finds the connections of a fixture, a file or a txtar of several
// of which the last holds them.
func connectionsOf(t *testing.T, stem string) []span {
	t.Helper()
	data, err := os.ReadFile(stem + ".yaml")
	if err != nil {
		a, err := txtar.ParseFile(stem + ".txtar")
		if err != nil {
			t.Fatal(err)
		}
		data = a.Files[len(a.Files)-1].Data
	}
	var all []span
	at := 1
	for _, doc := range strings.Split(string(data), "\n---\n") {
		next := at + strings.Count(doc, "\n") + 2
		if strings.Contains(doc, "kind: Connection") {
			all = append(all, span{at, next - 2})
		}
		at = next
	}
	return all
}
