package cli

import (
	"cmp"
	"errors"
	"path/filepath"
	"strings"
	"sync"

	"github.com/idpsync/idpsync/internal/ledger"
)

// ledgers are those that this process has opened, by where they are: a watch
// looks many times, and a database is connected to once.
type ledgers struct {
	mu   sync.Mutex
	open map[string]ledger.Ledger
	told map[string]bool // a pass may read a file more than once
}

// openLedger opens the ledger at a location of a project in dir. It stays open
// until the program ends. A database is the same from every folder: each commit
// that a watch fetches has a folder of its own.
func (a *app) openLedger(location, dir string) (ledger.Ledger, error) {
	location = cmp.Or(location, ledger.DefaultLocation)
	a.ledgers.mu.Lock()
	defer a.ledgers.mu.Unlock()
	where := location
	if !strings.Contains(location, "://") {
		where += "\n" + filepath.Clean(dir)
	}
	if l := a.ledgers.open[where]; l != nil {
		return l, nil
	}
	l, err := ledger.Open(location, dir, ledger.Options{Tell: a.tellOfLedger})
	if err != nil {
		return nil, err
	}
	if a.ledgers.open == nil {
		a.ledgers.open = map[string]ledger.Ledger{}
	}
	a.ledgers.open[where] = l
	return l, nil
}

// first tells whether a text is said for the first time.
func (l *ledgers) first(text string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.told[text] {
		return false
	}
	if l.told == nil {
		l.told = map[string]bool{}
	}
	l.told[text] = true
	return true
}

func (l *ledgers) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var errs []error
	for _, open := range l.open {
		errs = append(errs, open.Close())
	}
	l.open = nil
	return errors.Join(errs...)
}
