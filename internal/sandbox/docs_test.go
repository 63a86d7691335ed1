package sandbox

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const pageFile = "../../docs/sandbox.md"

// TestThePageNamesEverything: docs/sandbox.md has a row for every switch with its
// values, one for every fault, and every path; and none that is not there.
func TestThePageNamesEverything(t *testing.T) {
	data, err := os.ReadFile(pageFile)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	want := map[string][]string{}
	for _, s := range Switches() {
		want[s.Name] = s.Values
	}
	got := map[string][]string{}
	for _, cells := range rowsBelow(text, "| switch | values |") {
		got[quoted(cells[0])[0]] = quoted(cells[1])
		if strings.TrimSpace(cells[2]) == "" {
			t.Errorf("switch %s stands for nothing", cells[0])
		}
	}
	if !maps.EqualFunc(got, want, slices.Equal) {
		t.Errorf("switches:\n page %v\n code %v", got, want)
	}
	checkFaults(t, text)
	checkPaths(t, text)
}

func checkFaults(t *testing.T, text string) {
	t.Helper()
	var shown []string
	for _, cells := range rowsBelow(text, "| action |") {
		for _, action := range quoted(cells[0]) {
			if _, err := parseAction(action); err != nil {
				t.Errorf("fault %s: %v", action, err)
			}
			name, _, _ := strings.Cut(action, "=")
			shown = append(shown, name)
		}
	}
	for _, name := range append(slices.Sorted(maps.Keys(plainActions)), "status", "delay") {
		if !slices.Contains(shown, name) {
			t.Errorf("the page lacks fault %s", name)
		}
	}
}

func checkPaths(t *testing.T, text string) {
	t.Helper()
	_, after, _ := strings.Cut(text, "## What is served")
	part, _, _ := strings.Cut(after, "Requests are checked")
	v3, v2, _ := strings.Cut(part, "V2, under")
	var shown []string
	for prefix, list := range map[string]string{"/api/v3/": v3, "/api/v2/": v2} {
		for _, line := range regexp.MustCompile("(?m)^(- |  )`.*$").FindAllString(list, -1) {
			for _, name := range quoted(line) {
				shown = append(shown, prefix+name)
			}
		}
	}
	shown = append(shown, "/graphql/v2")
	slices.Sort(shown)
	served := slices.Compact(slices.Sorted(slices.Values(Paths())))
	if !slices.Equal(shown, served) {
		t.Errorf("paths:\n page %v\n code %v", shown, served)
	}
}

// rowsBelow are the cells of a table's rows, by the begin of its head.
func rowsBelow(text, head string) [][]string {
	_, after, _ := strings.Cut(text, "\n"+head)
	var rows [][]string
	for _, line := range strings.Split(after, "\n")[2:] {
		if !strings.HasPrefix(line, "|") {
			break
		}
		rows = append(rows, strings.Split(strings.Trim(line, "|"), "|"))
	}
	return rows
}

func quoted(text string) []string {
	var out []string
	for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(text, -1) {
		out = append(out, m[1])
	}
	return out
}

// TestTheProjectSchemaKnowsEverySwitch: a target may set what the command line may.
func TestTheProjectSchemaKnowsEverySwitch(t *testing.T) {
	data, err := os.ReadFile("../../schemas/project.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Defs struct {
			Behaviour struct {
				Properties map[string]struct{ Enum []string }
			}
		} `json:"$defs"`
	}
	if err := json.Unmarshal(data, &schema); err != nil {
		t.Fatal(err)
	}
	known := schema.Defs.Behaviour.Properties
	for _, s := range Switches() {
		p, ok := known[s.Name]
		if !ok || p.Enum != nil && !slices.Equal(p.Enum, s.Values) {
			t.Errorf("switch %s: the schema has %v, the sandbox %v", s.Name, p.Enum, s.Values)
		}
		delete(known, s.Name)
	}
	if len(known) > 0 {
		t.Errorf("the schema has switches that are none: %v", slices.Collect(maps.Keys(known)))
	}
}
