package main

import (
	"bufio"
	"os"
	"path"
	"strings"
	"sync"
	"testing"
)

// allowance is a row of testdata/matrix/allowed.txt: under a switch value, or
// always, a path may be of a category (uncompared, unverified, notKept).
type allowance struct {
	dialect, category, key, path string
	used                         bool
}

// allowances are the table; several runs ask at once.
type allowances struct {
	mu   sync.Mutex
	rows []*allowance
}

func readAllowances(t *testing.T) *allowances {
	t.Helper()
	f, err := os.Open("../../testdata/matrix/allowed.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	a := &allowances{}
	for s := bufio.NewScanner(f); s.Scan(); {
		line, _, _ := strings.Cut(s.Text(), "#")
		fields := strings.Fields(line)
		switch len(fields) {
		case 0:
		case 4:
			a.rows = append(a.rows, &allowance{dialect: fields[0], category: fields[1], key: fields[2], path: fields[3]})
		default:
			t.Fatalf("allowed.txt: want DIALECT CATEGORY KEY PATH: %s", s.Text())
		}
	}
	return a
}

// allows tells whether a row lets a path of a key be of a category.
func (a *allowances) allows(d dialect, category, key, at string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	ok := false
	for _, r := range a.rows {
		if r.category != category || !r.holds(d) {
			continue
		}
		keyFits, _ := path.Match(r.key, key)
		pathFits, _ := path.Match(r.path, at)
		if keyFits && pathFits {
			ok, r.used = true, true
		}
	}
	return ok
}

// holds tells whether a run has all the switch values of the row.
func (r *allowance) holds(d dialect) bool {
	if r.dialect == "always" {
		return true
	}
	for _, p := range strings.Split(r.dialect, ",") {
		name, value, _ := strings.Cut(p, "=")
		if d[name] != value {
			return false
		}
	}
	return true
}

// idle reports the rows that no run needed.
func (a *allowances) idle(t *testing.T) {
	for _, r := range a.rows {
		if !r.used {
			t.Errorf("allowed.txt: no run needs %s %s %s %s", r.dialect, r.category, r.key, r.path)
		}
	}
}
