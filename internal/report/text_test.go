package report

import (
	"strings"
	"testing"
)

// TestClip: a value is cut only where that saves room, and a list of addresses
// never is.
func TestClip(t *testing.T) {
	quoted := func(n int) string { return `"` + strings.Repeat("x", n-2) + `"` }
	addresses := `["https://a.example.com/` + strings.Repeat("x", 200) + `","https://evil.example.com/cb"]`
	hosts := `["` + strings.Repeat("a.example.com ", 20) + `"]`
	for _, c := range []struct {
		name  string
		width int
		text  string
		cut   bool
	}{
		{"one more than fits", 80, quoted(65), false},
		{"the note is as long as what it saves", 80, quoted(64 + len(" (80 characters)")), false},
		{"the note is shorter", 80, quoted(64 + len(" (81 characters)") + 1), true},
		{"a file has room", 0, quoted(120), false},
		{"a file has not all the room", 0, quoted(300), true},
		{"wide characters", 80, strings.Repeat("宽", 36), false},
		{"addresses", 80, addresses, false},
		{"other lists", 80, hosts, true},
	} {
		got := Style{Width: c.width}.clip(c.text)
		if cut := got != c.text; cut != c.cut || cut && width(got) >= width(c.text) {
			t.Errorf("%s: %q is shown as %q", c.name, c.text, got)
		}
	}
	was, is := Style{Width: 80}.clipPair(addresses, strings.Replace(addresses, "evil", "good", 1))
	if !strings.Contains(was, "evil.example.com") || !strings.HasPrefix(is, `["https://a.example.com`) {
		t.Errorf("addresses are cut: %s -> %s", was, is)
	}
}
