package config

import (
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/model"
)

func TestCanonicalNumber(t *testing.T) {
	tests := []struct {
		in, want string
		fault    numberFault
	}{
		{"0", "0", 0},
		{"-0", "0", 0},
		{"+1", "1", 0},
		{"-17", "-17", 0},
		{"12345678901234567890123", "12345678901234567890123", 0},
		{"0x1F", "31", 0},
		{"0xff", "255", 0},
		{"0o17", "15", 0},
		{".5", "0.5", 0},
		{"1.", "1", 0},
		{"1.0", "1", 0},
		{"1.50", "1.5", 0},
		{"1e3", "1000", 0},
		{"-2.5E-3", "-0.0025", 0},
		{"0.0", "0", 0},
		{"-0.0", "0", 0},
		{"1e21", "1e+21", 0},
		{".inf", "", notFinite},
		{"-.Inf", "", notFinite},
		{".NaN", "", notFinite},
		{"1e999", "", notFinite},
		{"0644", "", ambiguous},
		{"089", "", ambiguous},
		{"1_000", "", ambiguous},
		{"0b11", "", ambiguous},
		{"-0x1", "", ambiguous},
		{"+0x1", "", ambiguous},
		{"00", "", ambiguous},
		{"0o8", "", ambiguous},
		{"01.5", "", ambiguous},
	}
	for _, tt := range tests {
		got, fault := canonicalNumber(tt.in)
		if got != tt.want || fault != tt.fault {
			t.Errorf("%s: %q %d, want %q %d", tt.in, got, fault, tt.want, tt.fault)
		}
	}
}

func TestMatchPath(t *testing.T) {
	tests := []struct {
		pattern, name string
		want          bool
	}{
		{"a.yaml", "a.yaml", true},
		{"a.yaml", "b/a.yaml", false},
		{"*.yaml", "a.yaml", true},
		{"*.yaml", "b/a.yaml", false},
		{"**/*.yaml", "a.yaml", true},
		{"**/*.yaml", "b/c/a.yaml", true},
		{"b/**", "b/c/a.yaml", true},
		{"b/**", "b", false},
		{"b", "b/c/a.yaml", true},
		{"b/", "b/c/a.yaml", true},
		{"./b", "b/x.yaml", true},
		{"b", "bc/a.yaml", false},
		{"b/**/a.yaml", "b/a.yaml", true},
		{"b/**/a.yaml", "b/x/y/a.yaml", true},
		{"b/**/a.yaml", "c/a.yaml", false},
		{"**", "a.yaml", true},
		{"?.yaml", "a.yaml", true},
		{"[ab].yaml", "c.yaml", false},
	}
	for _, tt := range tests {
		if got := matchPath(tt.pattern, tt.name); got != tt.want {
			t.Errorf("%s on %s: %v", tt.pattern, tt.name, got)
		}
	}
}

func TestMatchKey(t *testing.T) {
	portal := model.Key{Kind: model.Application, Name: "portal"}
	button := model.EnablementKey("portal", "corp")
	tests := []struct {
		pattern string
		key     model.Key
		want    bool
	}{
		{"application/portal", portal, true},
		{"application/*", portal, true},
		{"app*/por*", portal, true},
		{"*", portal, true},
		{"*/portal", portal, true},
		{"connection/*", portal, false},
		{"application/*", button, false},
		{"enablement/portal/*", button, true},
		{"enablement/*", button, false},
		{"**", button, true},
	}
	for _, tt := range tests {
		if got := MatchKey(tt.pattern, tt.key); got != tt.want {
			t.Errorf("%s on %s: %v", tt.pattern, tt.key, got)
		}
	}
}

func TestValidKeyGlob(t *testing.T) {
	for pattern, want := range map[string]bool{
		"application/portal": true, "*": true, "*/x": true, "conn*/[a-c]*": true, "enablement/a/*": true,
		"portal": false, "application/": false, "apps/portal": false, "application/[": false, "": false,
	} {
		if got := ValidKeyGlob(pattern); got != want {
			t.Errorf("%q: %v", pattern, got)
		}
	}
}

func TestNearest(t *testing.T) {
	candidates := []string{"name", "targets", "state", "renamedFrom", "connections"}
	for word, want := range map[string]string{
		"nmae": "name", "target": "targets", "State": "state", "renamedfrom": "renamedFrom", "conections": "connections",
		"x": "", "description": "", "": "", "names": "name",
	} {
		if got := model.Nearest(word, candidates); got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
}

func TestSpan(t *testing.T) {
	f := &file{data: "a: 'it''s' # c\nb: \"x\\\"y\", c\n门: plain text # c\nd: {e: [f]} x\ng: {h\n"}
	tests := []struct {
		line, column int
		text, want   string
	}{
		{1, 4, "it's", "'it''s'"},
		{2, 4, `x"y`, `"x\"y"`},
		{3, 1, "门", "门"},
		{3, 4, "plain text", "plain text"},
		{3, 4, "", "plain text"},
		{4, 4, "", "{e: [f]}"},
		{5, 4, "", "{h"},
		{9, 4, "", "?"},
	}
	for _, tt := range tests {
		r := f.span(tt.line, tt.column, tt.text)
		if got := r.End.Column - r.Start.Column; got != len([]rune(tt.want)) {
			t.Errorf("%d:%d: %d characters, want those of %s", tt.line, tt.column, got, tt.want)
		}
	}
}

func TestMaskRestores(t *testing.T) {
	in := "a: [${var.x}, $${var.y}]\nb: \"${var.x-1.z}\" # ${var.}\n"
	masked, m := maskVariables(in)
	if strings.Contains(masked, "${var.x}") || m.text(masked) != in {
		t.Errorf("%q", masked)
	}
	taken := in + maskPairs[0][1]
	if masked, m = maskVariables(taken); m.text(masked) != taken {
		t.Errorf("%q", masked)
	}
}

func TestPointer(t *testing.T) {
	p := joinPointer(joinPointer("/spec", "a/b~c"), "0")
	if got := dotted(p); p != "/spec/a~1b~0c/0" || got != "spec.a/b~c[0]" {
		t.Errorf("%s %s", p, got)
	}
}
