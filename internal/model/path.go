package model

import "strings"

// SplitPath reads what Path.String writes, and elements of lists as [n] or .n;
// a quoted element may hold dots.
func SplitPath(path string) Path {
	var parts Path
	for path != "" {
		var part string
		if path[0] == '"' {
			part, path = cutQuoted(path[1:])
		} else if i := strings.IndexAny(path, ".["); i >= 0 {
			part, path = path[:i], path[i:]
		} else {
			part, path = path, ""
		}
		if part = strings.TrimSuffix(part, "]"); part != "" {
			parts = append(parts, part)
		}
		path = strings.TrimLeft(path, ".[")
	}
	return parts
}

// cutQuoted reads up to the closing quote; \" is a quote within.
func cutQuoted(s string) (part, rest string) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && s[i+1] == '"':
			i++
			b.WriteByte('"')
		case s[i] == '"':
			return b.String(), s[i+1:]
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String(), ""
}
