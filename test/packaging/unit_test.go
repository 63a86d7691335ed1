package packaging

import (
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/ledger/ledgertest"
)

const (
	watchUnit = "deploy/systemd/idpsync-watch.service"
	serveUnit = "deploy/systemd/idpsync-serve.service"
)

// TestUnit: systemd reads the units without a word, and finds little that the
// services could do beyond their work.
func TestUnit(t *testing.T) {
	analyze := program(t, "systemd-analyze", "systemd")
	for _, path := range []string{watchUnit, serveUnit} {
		name := filepath.Base(path)
		text := read(t, filepath.Join(root, path))
		dir := t.TempDir()
		put := func(text string) string {
			write(t, dir, map[string]string{name: strings.ReplaceAll(text, "/usr/bin/idpsync", idpsync(t))})
			return filepath.Join(dir, name)
		}
		if r := (job{}).run(t, analyze, "verify", "--man=no", put(text)); r.code != 0 || strings.Contains(r.err, name) {
			t.Errorf("systemd says (%d):\n%s", r.code, r.err)
		}
		if r := (job{}).run(t, analyze, "verify", "--man=no", put(strings.Replace(text, "ProtectSystem=", "ProtectSytem=", 1))); !strings.Contains(r.err, "ProtectSytem") {
			t.Errorf("systemd says nothing to a misspelt setting (%d):\n%s", r.code, r.err)
		}
		score := job{}.must(t, analyze, "security", "--offline=yes", put(text))
		m := regexp.MustCompile(`Overall exposure level for \S+: ([0-9.]+)`).FindStringSubmatch(score)
		if m == nil {
			t.Fatalf("there is no exposure level:\n%s", tail(score))
		}
		if level, _ := strconv.ParseFloat(m[1], 64); level > 1.5 {
			t.Errorf("%s: the exposure level is %s:\n%s", name, m[1], score)
		}
	}
}

// unitArguments are the arguments of a unit, with those that its comment shows.
func unitArguments(t *testing.T, path, variable string) []string {
	t.Helper()
	text := read(t, filepath.Join(root, path))
	m := regexp.MustCompile(`(?m)^ExecStart=/usr/bin/idpsync (.*)$`).FindStringSubmatch(text)
	if m == nil {
		t.Fatal("the unit starts nothing of ours")
	}
	example := regexp.MustCompile(`(?m)^#   ` + variable + `=(.*)$`).FindStringSubmatch(text)
	if example == nil {
		t.Fatal("the unit shows no arguments")
	}
	return strings.Fields(strings.Replace(m[1], "$"+variable, example[1], 1))
}

// TestUnitStartsWatch: the command line of the unit is one that idpsync takes.
func TestUnitStartsWatch(t *testing.T) {
	startsWatch(t, unitArguments(t, watchUnit, "WATCH_ARGS"))
}

// TestUnitStartsServe: so is that of the other one.
func TestUnitStartsServe(t *testing.T) {
	startsServe(t, unitArguments(t, serveUnit, "SERVE_ARGS"), nil, ledgertest.Start(t).Database(t))
}
