package config

import (
	"regexp"
	"strings"
	"sync"
)

// mask lets a variable stand without quotes inside [...] and {...}, where YAML
// takes braces for its own: "[https://portal.${var.domain}/callback]", as spec 2
// writes it. While the parser reads, the braces of variables are two characters
// that nothing else of the file uses; columns count characters, so that places
// stay right. The zero mask does nothing.
type mask struct{ open, shut string }

var variableInSource = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\$\{(var\.[A-Za-z_][A-Za-z0-9_.-]*)\}`) })

// maskPairs are characters of the private use area, which YAML takes as letters.
var maskPairs = [][2]string{{"\uf8f0", "\uf8f1"}, {"\uf8f2", "\uf8f3"}, {"\uf8f4", "\uf8f5"}}

// maskVariables returns what the parser shall read.
func maskVariables(data string) (string, mask) {
	if !strings.Contains(data, "${var.") {
		return data, mask{}
	}
	for _, pair := range maskPairs {
		if strings.Contains(data, pair[0]) || strings.Contains(data, pair[1]) {
			continue
		}
		masked := variableInSource().ReplaceAllString(data, "$$"+pair[0]+"${1}"+pair[1])
		return masked, mask{pair[0], pair[1]}
	}
	return data, mask{}
}

// text is what the parser read, as the file says it.
func (m mask) text(s string) string {
	if m.open == "" || !strings.Contains(s, m.open) {
		return s
	}
	return strings.ReplaceAll(strings.ReplaceAll(s, m.open, "{"), m.shut, "}")
}
