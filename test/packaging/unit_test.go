package packaging

import (
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestUnit: systemd reads the unit without a word, and finds little that the
// service could do beyond its work.
func TestUnit(t *testing.T) {
	analyze := program(t, "systemd-analyze", "systemd")
	unit := filepath.Join(root, "deploy/systemd/idpsync-watch.service")
	text := read(t, unit)
	dir := t.TempDir()
	put := func(text string) string {
		write(t, dir, map[string]string{"idpsync-watch.service": strings.ReplaceAll(text, "/usr/bin/idpsync", idpsync(t))})
		return filepath.Join(dir, "idpsync-watch.service")
	}
	if r := (job{}).run(t, analyze, "verify", "--man=no", put(text)); r.code != 0 || strings.Contains(r.err, "idpsync-watch.service") {
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
		t.Errorf("the exposure level is %s:\n%s", m[1], score)
	}
}

// TestUnitStartsWatch: the command line of the unit is one that idpsync takes.
func TestUnitStartsWatch(t *testing.T) {
	text := read(t, filepath.Join(root, "deploy/systemd/idpsync-watch.service"))
	m := regexp.MustCompile(`(?m)^ExecStart=/usr/bin/idpsync (.*)$`).FindStringSubmatch(text)
	if m == nil {
		t.Fatal("the unit starts nothing of ours")
	}
	example := regexp.MustCompile(`(?m)^#   WATCH_ARGS=(.*)$`).FindStringSubmatch(text)
	if example == nil {
		t.Fatal("the unit shows no arguments")
	}
	args := strings.Fields(strings.Replace(m[1], "$WATCH_ARGS", example[1], 1))
	startsWatch(t, args)
}
