package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// varying is what differs from run to run and counts as equal.
var varying = []struct {
	what *regexp.Regexp
	as   string
}{
	{serverID, "ID"},
	{regexp.MustCompile(`\b[0-9]{8}T[0-9]{6}Z?(-[0-9a-z]+)*\b`), "RUN"},
	{regexp.MustCompile(`\b[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?(\.[0-9]+)?(Z|[+-][0-9]{2}:?[0-9]{2}| UTC)?`), "TIME"},
	{regexp.MustCompile(`\b[0-9]+(\.[0-9]+)?(ns|µs|ms|s)\b`), "DURATION"},
	{regexp.MustCompile(`\b127\.0\.0\.1:[0-9]+\b`), "ADDRESS"},
	{regexp.MustCompile(`\b(sha256:)?[0-9a-f]{40,64}\b`), "DIGEST"},
	{regexp.MustCompile(`\b[0-9a-f]{12}\b`), "COMMIT"},
	{regexp.MustCompile(`\bpid [0-9]+\b`), "PID"},
	{regexp.MustCompile(` +`), " "},
}

func settled(s string) string {
	for _, v := range varying {
		s = v.what.ReplaceAllString(s, v.as)
	}
	lines := strings.Split(strings.TrimRight(s, " \n"), "\n")
	for from := 0; from < len(lines); from++ { // steps that run side by side end in any order
		to := from
		for to < len(lines) && stepLine.MatchString(lines[to]) {
			to++
		}
		slices.Sort(lines[from:to])
		from = max(from, to-1)
	}
	return strings.Join(lines, "\n")
}

// stepLine tells of a step that ended.
var stepLine = regexp.MustCompile(`^(done|完成) `)

// alike tells whether an output is what a page shows; "..." stands for any lines.
func alike(want, got string) bool {
	wants, gots := strings.Split(settled(want), "\n"), strings.Split(settled(got), "\n")
	return slices.Equal(wants, gots) || matchLines(wants, gots)
}

func matchLines(wants, gots []string) bool {
	switch {
	case len(wants) == 0:
		return len(gots) == 0
	case strings.TrimSpace(wants[0]) == "...":
		for skip := range len(gots) + 1 {
			if matchLines(wants[1:], gots[skip:]) {
				return true
			}
		}
		return false
	case len(gots) == 0 || wants[0] != gots[0]:
		return false
	}
	return matchLines(wants[1:], gots[1:])
}

func TestAlike(t *testing.T) {
	for _, row := range []struct {
		want, got string
		same      bool
	}{
		{"a\nb\n", "a\nb\n", true},
		{"a\n...\nd\n", "a\nb\nc\nd\n", true},
		{"a\n...\n", "a\nb\nc\nd\n", true},
		{"a\n...\ne\n", "a\nb\nc\nd\n", false},
		{"took 3ms\n", "took 12.5s\n", true},
		{"took 3 objects\n", "took 4 objects\n", false},
		{"2026-01-02T03:04:05Z x", "2027-11-12T13:14:15.5Z x\n", true},
		{"", "a\n", false},
		{"x\ndone a\ndone b\ny\n", "x\ndone b\ndone a\ny\n", true},
		{"done a\nx\ndone b\n", "done b\nx\ndone a\n", false},
		{"at 0123456789ab\n", "at ba9876543210\n", true},
	} {
		if alike(row.want, row.got) != row.same {
			t.Errorf("alike(%q, %q) is %v", row.want, row.got, !row.same)
		}
	}
	got := fmt.Sprint(readConsole("$ a \\\n  b\nout\n$ cat <<X\n> in\n> X\nin\n"))
	if want := fmt.Sprint([]typed{{"$ a \\\n  b\n", "a \\\n  b\n", "out\n"}, {"$ cat <<X\n> in\n> X\n", "cat <<X\nin\nX\n", "in\n"}}); got != want {
		t.Errorf("read %s\nwant %s", got, want)
	}
}
