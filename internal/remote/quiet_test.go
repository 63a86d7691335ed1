package remote

import "testing"

// TestQuiet: a message is shown, or nothing of it when it repeats a secret.
func TestQuiet(t *testing.T) {
	for _, c := range []struct {
		name, message, secret string
		shown                 bool
	}{
		{"another word", "identifier is taken", "hush-hush", true},
		{"as it is", "bad value hush-hush", "hush-hush", false},
		{"in JSON", `refused: {"a":"x\"y\nz"}`, "x\"y\nz", false},
		{"in JSON in JSON", `refused: {\"a\":\"x\\\"y\"}`, `x"y`, false},
		{"in ASCII", `refused: \u91d1\u4e1d\u96c0`, "金丝雀", false},
		{"in a page", "refused: a&amp;b&lt;c", "a&b<c", false},
		{"in an address", "refused: ?a=a%26b+c", "a&b c", false},
		{"in base64", "refused: aHVzaC1odXNo", "hush-hush", false},
		{"cut by the server", "refused: abcdefghijklmno...", "abcdefghijklmnopqrstuvwxyz", false},
		{"one letter in a word", "chars", "c", true},
		{"one letter by itself", "no such value: c", "c", false},
		{"one letter in quotes, after a word with it", `circle "c"`, "c", false},
		{"one sign of another script", "密码龘不对", "龘", false},
		{"no secret at all", "identifier is taken", "", true},
	} {
		if got := quiet(c.message, []string{c.secret}); (got == c.message) != c.shown || !c.shown && got != messageWithheld {
			t.Errorf("%s: %q", c.name, got)
		}
	}
}
