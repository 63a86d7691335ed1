package source

import (
	"bufio"
	"errors"
	"strings"
	"testing"
)

// TestObjects: what cat-file prints is held to what ls-tree promised.
func TestObjects(t *testing.T) {
	const id = "5626abf0f72e58d7a153368ba57db4c673c0e171" // of "one\n"
	const id256 = "a99f51cbf5f2e90f1b2b1d24ae4a4b8cb7bbf1cb3b1bd5cba1e6eba1a44b7cd6"
	for _, c := range []struct {
		name, answer string
		bad          bool
	}{
		{"right", id + " blob 4\none\n\n", false},
		{"other bytes", id + " blob 4\ntwo\n\n", true},
		{"another size", id + " blob 5\none\n.\n", true},
		{"no blob", id + " missing\n", true},
		{"another one", id256[:40] + " blob 4\none\n\n", true},
		{"broken off", id + " blob 4\non", true},
		{"nothing", "", true},
	} {
		data, err := object(bufio.NewReader(strings.NewReader(c.answer)), entry{id: id, size: 4})
		if (err != nil) != c.bad || err == nil && string(data) != "one\n" {
			t.Errorf("%s: %q, %v", c.name, data, err)
		}
		if c.name == "other bytes" && !errors.Is(err, errDamaged) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// FuzzEntries: no line of ls-tree, and no name, crashes or leads out.
func FuzzEntries(f *testing.F) {
	f.Add("100644 blob 5626abf0f72e58d7a153368ba57db4c673c0e171 4\ta.yaml")
	f.Add("120000 blob 5626abf0f72e58d7a153368ba57db4c673c0e171 -\t../a")
	f.Fuzz(func(t *testing.T, line string) {
		e, err := parseEntry(line)
		if err == nil && e.id != "" && (strings.HasPrefix(e.name, "/") || strings.Contains("/"+e.name+"/", "/../") || e.size < 0) {
			t.Errorf("%q gives %+v", line, e)
		}
		if err != nil && strings.ContainsAny(err.Error(), "\n\x1b\x00") {
			t.Errorf("%q says %q", line, err)
		}
	})
}

// FuzzLocate: no URL crashes, begins with a dash where git would take it for a
// flag, or shows its password.
func FuzzLocate(f *testing.F) {
	for _, s := range []string{"https://u:hush@h/p", "git@h:p", "ssh://-x/y", "ext::sh", "a b", "[::1]:x", "http://h"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		l, err := locate(raw, "/base", false)
		if err != nil {
			return
		}
		if strings.HasPrefix(l.url, "-") || strings.ContainsAny(l.url, "\n\x00") {
			t.Errorf("%q gives %q", raw, l.url)
		}
		if len(l.password) > 3 && strings.Contains(raw, "://") && strings.Contains(strings.SplitN(l.url, "://", 2)[1], ":"+l.password+"@") {
			t.Errorf("%q shows its password in %q", raw, l.url)
		}
	})
}
