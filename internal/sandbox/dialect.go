package sandbox

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// dialect says how this server answers what the contract leaves UNKNOWN. It is
// never changed once made: a change is a new one.
type dialect struct {
	values     map[string]string
	tokenTTL   time.Duration
	staleReads time.Duration // for how long a read does not see a write
}

// Switch is one row of the table in spec 8.
type Switch struct {
	Name   string
	Values []string // the first is the default; of a duration the ends of what is allowed
}

// Switches is the table of spec 8, a copy.
func Switches() []Switch {
	all := slices.Clone(switches)
	for i := range all {
		all[i].Values = slices.Clone(all[i].Values)
	}
	return all
}

var switches = []Switch{
	{"secrets", []string{"clear", "masked", "absent"}},
	{"connections", []string{"array", "object", "string"}},
	{"conn-list", []string{"on", "off"}},
	{"conn-fields", []string{"on", "off"}},
	{"fields-update", []string{"merge", "replace"}},
	{"config-update", []string{"merge", "replace"}},
	{"null-unsets", []string{"on", "off"}},
	{"arrays", []string{"array", "string"}},
	{"stale-reads", []string{"0ms", "2s"}},
	{"app-list", []string{"any", "needs-all"}},
	{"idp-list", []string{"full", "first10"}},
	{"template-data", []string{"string", "object"}},
	{"v3", []string{"on", "off"}},
	{"token-ttl", []string{"2h", "1s"}},
	{"http-status", []string{"ok", "mirror"}},
	{"absent", []string{"body404", "http404", "http422"}},
	{"update-app", []string{"ok", "keep-name"}},
	{"delete-idp", []string{"cascade", "refuse"}},
	{"delete-conn", []string{"cascade", "refuse", "dangling"}},
	{"app-update", []string{"partial", "full"}},
	{"allow-multiple", []string{"enforce", "ignore"}},
	{"defaults", []string{"inject", "bare"}},
	{"new-conn", []string{"disabled", "enabled"}},
	{"enabled-list", []string{"only", "flagged"}},
	{"integrated-id", []string{"ignored", "kept"}},
	{"v2-token", []string{"any", "own"}},
	{"v2", []string{"on", "off"}},
}

const (
	minTokenTTL   = time.Second
	maxTokenTTL   = 2 * time.Hour
	maxStaleReads = 2 * time.Second
)

func defaultDialect() dialect {
	values := make(map[string]string, len(switches))
	for _, s := range switches {
		values[s.Name] = s.Values[0]
	}
	return dialect{values: values, tokenTTL: maxTokenTTL}
}

// is says whether a switch stands at a value.
func (d dialect) is(name, value string) bool { return d.values[name] == value }

// merge is the dialect with some switches set; the error names what is allowed.
func (d dialect) merge(set map[string]string) (dialect, error) {
	next := d
	next.values = maps.Clone(d.values)
	for _, name := range slices.Sorted(maps.Keys(set)) {
		if err := next.set(name, set[name]); err != nil {
			return d, err
		}
	}
	return next, nil
}

func (d *dialect) set(name, value string) error {
	i := slices.IndexFunc(switches, func(s Switch) bool { return s.Name == name })
	switch {
	case i < 0:
		return fmt.Errorf("dialect switch %q: unknown; known are %s", name, strings.Join(switchNames(), ", "))
	case name == "token-ttl":
		return d.setTokenTTL(value)
	case name == "stale-reads":
		return d.setStaleReads(value)
	case !slices.Contains(switches[i].Values, value):
		return fmt.Errorf("dialect switch %s: value %q not allowed; allowed are %s", name, value, strings.Join(switches[i].Values, ", "))
	}
	d.values[name] = value
	return nil
}

func (d *dialect) setTokenTTL(value string) error {
	ttl, err := time.ParseDuration(value)
	if err != nil || ttl < minTokenTTL || ttl > maxTokenTTL {
		return fmt.Errorf("dialect switch token-ttl: value %q not allowed; allowed is a duration from 1s to 2h", value)
	}
	d.values["token-ttl"], d.tokenTTL = value, ttl
	return nil
}

func (d *dialect) setStaleReads(value string) error {
	window, err := time.ParseDuration(value)
	if err != nil || window < 0 || window > maxStaleReads {
		return fmt.Errorf("dialect switch stale-reads: value %q not allowed; allowed is a duration from 0ms to 2s", value)
	}
	d.values["stale-reads"], d.staleReads = value, window
	return nil
}

func switchNames() []string {
	names := make([]string, len(switches))
	for i, s := range switches {
		names[i] = s.Name
	}
	slices.Sort(names)
	return names
}
