package main

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// dialect is the values of some switches; the others have their default.
type dialect map[string]string

// switches are those of spec 8 with their values, the default first; of a range
// of durations one that matters.
var switches = []struct {
	name   string
	values []string
}{
	{"absent", []string{"body404", "http404", "http422"}},
	{"allow-multiple", []string{"enforce", "ignore"}},
	{"app-list", []string{"any", "needs-all"}},
	{"app-update", []string{"partial", "full"}},
	{"arrays", []string{"array", "string"}},
	{"config-update", []string{"merge", "replace"}},
	{"conn-fields", []string{"on", "off"}},
	{"conn-list", []string{"on", "off"}},
	{"connections", []string{"array", "object", "string"}},
	{"defaults", []string{"inject", "bare"}},
	{"delete-conn", []string{"cascade", "refuse", "dangling"}},
	{"delete-idp", []string{"cascade", "refuse"}},
	{"enabled-list", []string{"only", "flagged"}},
	{"fields-update", []string{"merge", "replace"}},
	{"http-status", []string{"ok", "mirror"}},
	{"idp-list", []string{"full", "first10"}},
	{"integrated-id", []string{"ignored", "kept"}},
	{"new-conn", []string{"disabled", "enabled"}},
	{"null-unsets", []string{"on", "off"}},
	{"secrets", []string{"clear", "masked", "absent"}},
	{"stale-reads", []string{"0ms", "25ms"}},
	{"template-data", []string{"string", "object"}},
	{"token-ttl", []string{"2h", "1s"}},
	{"update-app", []string{"ok", "keep-name"}},
	{"v2", []string{"on", "off"}},
	{"v2-token", []string{"any", "own"}},
	{"v3", []string{"on", "off"}},
}

func (d dialect) String() string {
	pairs := make([]string, 0, len(d))
	for _, name := range slices.Sorted(maps.Keys(d)) {
		pairs = append(pairs, name+"="+d[name])
	}
	if len(pairs) == 0 {
		return "default"
	}
	return strings.Join(pairs, ",")
}

// settle is how long a client of this dialect has to look.
func (d dialect) settle() time.Duration {
	if lag, err := time.ParseDuration(d["stale-reads"]); err == nil && lag > 0 {
		return 10 * lag
	}
	return 0
}

// singles are the default dialect, and each other value of each switch alone.
func singles() []dialect {
	all := []dialect{{}}
	for _, s := range switches {
		for _, v := range s.values[1:] {
			all = append(all, dialect{s.name: v})
		}
	}
	return all
}

// choice is one value of one switch, by their places in switches.
type choice struct{ name, value int }

type pair [2]choice

// pairwise makes rows of which each pair of values of two switches is in one:
// greedily, row after row, each switch in turn taking the value that brings the
// most pairs that are still open. The same rows each time.
func pairwise() []dialect {
	open := map[pair]bool{}
	for p := range pairs() {
		open[p] = true
	}
	var rows []dialect
	for len(open) > 0 {
		row := greedy(open)
		for i := range row {
			for j := range row[:i] {
				delete(open, pair{row[j], row[i]})
			}
		}
		rows = append(rows, named(row))
	}
	return rows
}

// pairs yields every pair of values of two switches.
func pairs() func(func(pair, struct{}) bool) {
	return func(yield func(pair, struct{}) bool) {
		for i := range switches {
			for j := range i {
				for vi := range switches[i].values {
					for vj := range switches[j].values {
						if !yield(pair{{j, vj}, {i, vi}}, struct{}{}) {
							return
						}
					}
				}
			}
		}
	}
}

// greedy starts a row from the first open pair and fills in the rest.
func greedy(open map[pair]bool) []choice {
	row := make([]choice, len(switches))
	for i := range row {
		row[i] = choice{i, -1}
	}
	for p := range pairs() {
		if open[p] {
			row[p[0].name], row[p[1].name] = p[0], p[1]
			break
		}
	}
	for i := range row {
		if row[i].value < 0 {
			row[i].value = best(open, row, i)
		}
	}
	return row
}

func best(open map[pair]bool, row []choice, i int) int {
	value, most := 0, -1
	for v := range switches[i].values {
		gain := 0
		for j, other := range row {
			if other.value < 0 || j == i {
				continue
			}
			p := pair{other, {i, v}}
			if j > i {
				p = pair{{i, v}, other}
			}
			if open[p] {
				gain++
			}
		}
		if gain > most {
			value, most = v, gain
		}
	}
	return value
}

// named leaves the defaults out.
func named(row []choice) dialect {
	d := dialect{}
	for _, c := range row {
		if c.value > 0 {
			d[switches[c.name].name] = switches[c.name].values[c.value]
		}
	}
	return d
}

func (d dialect) has(c choice) bool {
	s := switches[c.name]
	if v, set := d[s.name]; set {
		return v == s.values[c.value]
	}
	return c.value == 0
}

// TestPairsAreCovered: the rows hold every pair, and are few.
func TestPairsAreCovered(t *testing.T) {
	rows := pairwise()
	t.Logf("%d rows", len(rows))
	if len(rows) > 24 {
		t.Errorf("%d rows are too many", len(rows))
	}
	for p := range pairs() {
		if !slices.ContainsFunc(rows, func(d dialect) bool { return d.has(p[0]) && d.has(p[1]) }) {
			t.Errorf("no row has %s=%s with %s=%s", switches[p[0].name].name, switches[p[0].name].values[p[0].value],
				switches[p[1].name].name, switches[p[1].name].values[p[1].value])
		}
	}
}

// TestSwitchesAreTheSandbox's: the table above names what the sandbox has.
func TestSwitchesAreAll(t *testing.T) {
	_, _, said := run(t, t.TempDir(), nil, "sandbox", "--listen", "127.0.0.1:0", "--dialect", "nonsense=1")
	_, list, _ := strings.Cut(said, "known are ")
	list, _, _ = strings.Cut(list, "\n")
	var names []string
	for _, s := range switches {
		names = append(names, s.name)
	}
	if want := strings.Split(list, ", "); !slices.Equal(names, want) {
		t.Errorf("the table has %q, the sandbox %q", names, want)
	}
}
