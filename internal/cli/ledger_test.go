package cli

import "testing"

// TestLedgersAreOpenedOnce: a database is one from every folder, files are not.
// Nothing is connected to or made by opening.
func TestLedgersAreOpenedOnce(t *testing.T) {
	a := newApp(Env{}, nil, nil, nil)
	defer func() { _ = a.ledgers.close() }()
	for location, same := range map[string]bool{"postgres://u@127.0.0.1:1/db": true, "file:.idpsync/ledger": false} {
		one, err := a.openLedger(location, "/commits/one")
		if err != nil {
			t.Fatal(err)
		}
		two, err := a.openLedger(location, "/commits/two")
		if err != nil {
			t.Fatal(err)
		}
		if (one == two) != same {
			t.Errorf("%s from two folders: the same %v, want %v", location, one == two, same)
		}
	}
}
