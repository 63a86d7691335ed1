package secret

import (
	"os"
	"path/filepath"
	"strings"
)

// ParseExample reads the lines of a .env.example file: NAME=value, with or
// without "export" and quotes. Lines it cannot read are skipped: the file is a
// help for people, and no run depends on it.
func ParseExample(data []byte) map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(string(data)) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		name = strings.TrimSpace(strings.TrimPrefix(name, "export "))
		if !ok || name == "" || strings.HasPrefix(name, "#") {
			continue
		}
		out[name] = exampleValue(strings.TrimSpace(value))
	}
	return out
}

func exampleValue(s string) string {
	if len(s) >= 2 && (s[0] == '"' || s[0] == '\'') && s[len(s)-1] == s[0] {
		return s[1 : len(s)-1]
	}
	if before, _, found := strings.Cut(s, " #"); found {
		return strings.TrimSpace(before)
	}
	return s
}

// ReadExample reads the project's .env.example; nil when there is none that can
// be read.
func ReadExample(dir string) map[string]string {
	data, err := os.ReadFile(filepath.Join(dir, ".env.example"))
	if err != nil {
		return nil
	}
	return ParseExample(data)
}
