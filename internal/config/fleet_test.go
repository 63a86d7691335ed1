package config_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/idpsync/idpsync/internal/config"
	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/model"
)

// fleetOf loads a fleet file with the text and gives what it is told, as people
// read it, in both languages.
func fleetOf(t *testing.T, text string) (f *config.Fleet, en, zh string) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "fleet.yaml")
	writeFile(t, name, text)
	f, found, err := config.LoadFleet(name)
	if err != nil {
		t.Fatal(err)
	}
	told := func(lang string) string {
		var b strings.Builder
		for _, d := range found {
			d.File = filepath.Base(d.File)
			b.WriteString(d.Line(lang) + "\n")
			if hint := d.HintIn(lang); hint != "" {
				b.WriteString("  " + hint + "\n")
			}
		}
		return b.String()
	}
	return f, told(diagnostic.English), told(diagnostic.Chinese)
}

const fleetHead = "apiVersion: idpsync/v1\nkind: Fleet\n"

func TestFleet(t *testing.T) {
	f, told, _ := fleetOf(t, fleetHead+`sources:
  - {name: main, dir: ../config}
  - name: shops
    git: {url: "env:SHOPS_URL", ref: main, path: config, requireSigned: true}
  - {name: keys, git: {url: ssh://git@git.example.com/keys.git}}
targets:
  - {source: main, target: prod, interval: 1m30s, mode: apply, maxRPS: 0.5}
  - {source: main, match: "customer-*"}
  - {source: shops, match: "*", interval: 10s}
`)
	if told != "" {
		t.Fatal(told)
	}
	at := func(line int) model.Source { return model.Source{File: filepath.ToSlash(f.File), Line: line} }
	want := &config.Fleet{
		File: f.File,
		Sources: []config.FleetSource{
			{Name: "main", Dir: filepath.Join(filepath.Dir(filepath.Dir(f.File)), "config"), Source: at(4), At: at(4)},
			{Name: "shops", Git: &config.FleetGit{URL: "env:SHOPS_URL", Ref: "main", Path: "config", RequireSigned: true}, Source: at(5), At: at(6)},
			{Name: "keys", Git: &config.FleetGit{URL: "ssh://git@git.example.com/keys.git"}, Source: at(7), At: at(7)},
		},
		Targets: []config.FleetTarget{
			{Source: "main", Target: "prod", Interval: 90 * time.Second, Mode: "apply", MaxRPS: 0.5, MaxRPSSet: true, At: at(9)},
			{Source: "main", Match: "customer-*", Interval: 5 * time.Minute, Mode: "detect", At: at(10)},
			{Source: "shops", Match: "*", Interval: 10 * time.Second, Mode: "detect", At: at(11)},
		},
	}
	if diff := cmp.Diff(want, f, cmpopts.IgnoreUnexported(config.FleetTarget{})); diff != "" {
		t.Error(diff)
	}
	if s := f.Source("shops"); s == nil || s.Git == nil || f.Source("no") != nil {
		t.Errorf("Source: %+v", s)
	}
}

// TestFleetComplaints: everything that can be wrong with a fleet file is told
// with its place, its code and what next, and nothing else is.
func TestFleetComplaints(t *testing.T) {
	const good = "sources: [{name: main, dir: .}]\n"
	for _, c := range []struct {
		name, text string
		want       string // lines; nothing but these
	}{
		{"empty", "", "fleet.yaml:1:1: error[IDP0109]: the fleet file is empty\n  begin it with \"apiVersion: idpsync/v1\" and \"kind: Fleet\", then name sources and targets\n"},
		{"only comments", "# nothing\n---\n", "fleet.yaml:1:1: error[IDP0109]: the fleet file is empty\n  begin it with \"apiVersion: idpsync/v1\" and \"kind: Fleet\", then name sources and targets\n"},
		{"no mapping", "- a\n", "fleet.yaml:1:1: error[IDP0109]: a fleet file must be a mapping with apiVersion, kind, sources and targets\n  begin it with \"apiVersion: idpsync/v1\" and \"kind: Fleet\", then name sources and targets\n"},
		{"a project", "apiVersion: idpsync/v1\nkind: Project\ntargets: {}\n", "fleet.yaml:2:7: error[IDP0109]: kind: want Fleet\n  a project is no fleet: name its folder under sources:\n"},
		{"two documents", fleetHead + good + "targets: [{source: main, target: a}]\n---\nkind: Fleet\n", "fleet.yaml:6:1: error[IDP0109]: a fleet file holds one document, and this is another\n"},
		{"not YAML", fleetHead + "sources: [\n", "fleet.yaml:3:10: error[IDP0101]: not valid YAML: a value is missing, or cannot begin like this\n"},
		{"nothing listed", fleetHead + "sources: []\n", "fleet.yaml:1:1: error[IDP0102]: targets: missing\nfleet.yaml:3:10: error[IDP0104]: sources: fewer than 1 elements\n"},
		{"unknown keys", fleetHead + "source: x\nsources: [{name: main, dri: .}]\ntargets: [{source: main, target: a, intervall: 5m}]\n", "fleet.yaml:3:1: error[IDP0106]: source: unknown key\n  did you mean sources?\nfleet.yaml:4:11: error[IDP0102]: sources[0]: dir or git is missing\nfleet.yaml:4:24: error[IDP0106]: sources[0].dri: unknown key\n  did you mean dir?\nfleet.yaml:5:37: error[IDP0106]: targets[0].intervall: unknown key\n  did you mean interval?\n"},
		{"a key twice", fleetHead + "sources: [{name: main, dir: ., dir: x}]\ntargets: [{source: main, target: a}]\n", "fleet.yaml:3:32: error[IDP0107]: key \"dir\" appears twice, first on line 3\n"},
		{"a source twice", fleetHead + "sources:\n- {name: main, dir: .}\n- {name: main, dir: x}\ntargets: [{source: main, target: a}]\n", "fleet.yaml:5:10: error[IDP0119]: a source is named \"main\" already, on line 4\n  give one of them another name\n"},
		{"no such source", fleetHead + good + "targets: [{source: mian, target: a}, {source: other, match: x}]\n", "fleet.yaml:4:20: error[IDP0120]: targets[0].source: no source is named \"mian\"\n  did you mean main?\nfleet.yaml:4:47: error[IDP0120]: targets[1].source: no source is named \"other\"\n  there are main\n"},
		{"a target twice", fleetHead + good + "targets:\n- {source: main, target: a}\n- {source: main, match: '*'}\n- {source: main, target: a, mode: apply}\n- {source: main, match: '*'}\n", "fleet.yaml:7:26: error[IDP0119]: \"a\" of source \"main\" is listed already, on line 5\n  keep one of the entries\nfleet.yaml:8:25: error[IDP0119]: \"*\" of source \"main\" is listed already, on line 6\n  keep one of the entries\n"},
		{"neither and both", fleetHead + "sources: [{name: a}, {name: b, dir: ., git: {url: x}}]\ntargets: [{source: a}, {source: b, target: x, match: y}]\n", "fleet.yaml:3:11: error[IDP0102]: sources[0]: dir or git is missing\nfleet.yaml:3:45: error[IDP0119]: sources[1]: dir and git exclude each other\n  make two entries of it, or remove one of the keys\nfleet.yaml:4:11: error[IDP0102]: targets[0]: target or match is missing\nfleet.yaml:4:54: error[IDP0119]: targets[1]: target and match exclude each other\n  make two entries of it, or remove one of the keys\n"},
		{"bad pattern", fleetHead + good + "targets: [{source: main, match: '[a'}]\n", "fleet.yaml:4:33: error[IDP0104]: targets[0].match: not a valid pattern\n  for example customer-*\n"},
		{"intervals", fleetHead + good + "targets:\n- {source: main, target: a, interval: 9s}\n- {source: main, target: b, interval: -5m}\n- {source: main, target: c, interval: 5}\n- {source: main, target: d, interval: 99999999999999999h}\n- {source: main, target: e, interval: often}\n- {source: main, target: f, interval: 9000h}\n", "fleet.yaml:5:39: error[IDP0104]: targets[0].interval: want 10s or more\n  a changed file or commit is looked at at once, whatever the interval\nfleet.yaml:6:39: error[IDP0104]: targets[1].interval: want a duration such as 10s or 1m30s\nfleet.yaml:7:39: error[IDP0103]: targets[2].interval: want text, got a number\n  put the value in quotes\nfleet.yaml:8:39: error[IDP0104]: targets[3].interval: too long: want a year or less\nfleet.yaml:9:39: error[IDP0104]: targets[4].interval: want a duration such as 10s or 1m30s\nfleet.yaml:10:39: error[IDP0104]: targets[5].interval: too long: want a year or less\n"},
		{"modes and rates", fleetHead + good + "targets:\n- {source: main, target: a, mode: aply}\n- {source: main, target: b, maxRPS: 0}\n- {source: main, target: c, maxRPS: -1}\n- {source: main, target: d, maxRPS: fast}\n", "fleet.yaml:5:35: error[IDP0104]: targets[0].mode: not one of detect, apply\n  did you mean apply?\nfleet.yaml:6:37: error[IDP0104]: targets[1].maxRPS: want more than 0 requests a second\n  leave it out for what the project says\nfleet.yaml:7:37: error[IDP0104]: targets[2].maxRPS: want more than 0 requests a second\n  leave it out for what the project says\nfleet.yaml:8:37: error[IDP0103]: targets[3].maxRPS: want a number, got text\n  write the number without quotes\n"},
		{"repositories", fleetHead + "sources:\n- {name: a, git: {url: 'env:a b'}}\n- {name: b, git: {url: x, path: ../y}}\n- {name: c, git: {ref: main}}\n- {name: d, git: here}\ntargets: [{source: a, target: x}]\n", "fleet.yaml:4:24: error[IDP0104]: sources[0].git.url: after env: want the name of a variable\nfleet.yaml:5:33: error[IDP0104]: sources[1].git.path: want a folder inside of the repository, such as config/login\nfleet.yaml:6:18: error[IDP0102]: sources[2].git.url: missing\nfleet.yaml:7:18: error[IDP0103]: sources[3].git: want a mapping, got text\n  write keys and values below it, indented\n"},
		{"names", fleetHead + "sources: [{name: Main, dir: .}, {name: '', dir: .}, {dir: .}, x]\ntargets: [{source: Main, target: ''}]\n", "fleet.yaml:3:18: error[IDP0115]: sources[0].name: \"Main\" is no name: want a-z, 0-9 and -, up to 63 characters, beginning and ending with a letter or digit\nfleet.yaml:3:40: error[IDP0115]: sources[1].name: \"\" is no name: want a-z, 0-9 and -, up to 63 characters, beginning and ending with a letter or digit\nfleet.yaml:3:53: error[IDP0102]: sources[2].name: missing\nfleet.yaml:3:63: error[IDP0103]: sources[3]: want a mapping, got text\n  write keys and values below it, indented\nfleet.yaml:4:34: error[IDP0104]: targets[0].target: must not be empty\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, en, zh := fleetOf(t, c.text)
			if diff := cmp.Diff(c.want, en); diff != "" {
				t.Error(diff)
			}
			if strings.Count(en, "\n") != strings.Count(zh, "\n") || en == zh {
				t.Errorf("in Chinese: %s", zh)
			}
		})
	}
}

// TestFleetLogin: a URL with a login is refused, and neither its line nor its
// text is shown.
func TestFleetLogin(t *testing.T) {
	for _, url := range []string{"https://me:hunter2@git.example.com/x.git", "https://hunter2@git.example.com/x.git", "ssh://git:hunter2@git.example.com/x.git"} {
		name := filepath.Join(t.TempDir(), "fleet.yaml")
		writeFile(t, name, fleetHead+"sources: [{name: main, git: {url: '"+url+"'}}]\ntargets: [{source: main, match: '*'}]\n")
		f, found, err := config.LoadFleet(name)
		if err != nil || len(found) != 1 || found[0].Code != "IDP0104" || !found[0].Sensitive {
			t.Fatalf("%s: %+v, %v", url, found, err)
		}
		if text := fmt.Sprint(found[0], found[0].Line("en"), *f, *f.Sources[0].Git); strings.Contains(text, "hunter2") {
			t.Errorf("the password is in %s", text)
		}
	}
}

// TestFleetUnread: a file that is none ends the start, with its name and why.
func TestFleetUnread(t *testing.T) {
	dir := t.TempDir()
	for name, want := range map[string]string{"no.yaml": "no such file", ".": "not a regular file"} {
		_, _, err := config.LoadFleet(filepath.Join(dir, name))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), dir) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestFleetAliases: anchors are YAML, and too many of them no bomb.
func TestFleetAliases(t *testing.T) {
	f, told, _ := fleetOf(t, fleetHead+"sources: [{name: main, dir: .}]\ntargets:\n- &a {source: main, target: x, mode: apply}\n- {<<: *a, target: y}\n")
	if told != "" || len(f.Targets) != 2 || f.Targets[1].Mode != "apply" || f.Targets[1].Target != "y" {
		t.Errorf("%+v\n%s", f.Targets, told)
	}
	var bomb strings.Builder
	bomb.WriteString(fleetHead + "sources: [{name: main, dir: .}]\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := range 8 {
		fmt.Fprintf(&bomb, "a%d: &a%d [%s*a%d]\n", i+1, i+1, strings.Repeat(fmt.Sprintf("*a%d, ", i), 9), i)
	}
	if _, told, _ := fleetOf(t, bomb.String()); !strings.Contains(told, "IDP0108") {
		t.Error(told)
	}
}

// TestFleetOfThousands: ten thousand entries are read, resolved and complained
// about one by one.
func TestFleetOfThousands(t *testing.T) {
	const n = 10_000
	var b strings.Builder
	b.WriteString(fleetHead + "sources: [{name: main, dir: .}]\ntargets:\n- {source: main, match: '*', mode: apply}\n")
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("pool-%05d", i)
		fmt.Fprintf(&b, "- {source: main, target: pool-%05d, interval: 1h, maxRPS: 5}\n", i)
	}
	f, told, _ := fleetOf(t, b.String())
	if told != "" {
		t.Fatal(told[:min(len(told), 500)])
	}
	picked, troubles := f.Resolve("main", append(names[1:], "later"))
	if len(picked) != n || len(troubles) != 1 || troubles[0].Picked.Target != names[0] {
		t.Fatalf("%d picked, troubles %+v", len(picked), troubles)
	}
	if picked[0].Target != "later" || picked[0].Mode != "apply" || picked[1].Name() != "main/pool-00001" || picked[1].Mode != "detect" {
		t.Errorf("picked %+v, %+v", picked[0], picked[1])
	}
	_, entries, _ := strings.Cut(b.String(), "targets:\n")
	_, told, _ = fleetOf(t, b.String()+strings.ReplaceAll(entries, "1h", "1s"))
	if got := strings.Count(told, "IDP0119"); got != n+1 {
		t.Errorf("%d of %d duplicates are told", got, n+1)
	}
}

// TestFleetResolve: an entry with a name beats a pattern wherever it stands, the
// first pattern beats the later ones, and what is not there is told.
func TestFleetResolve(t *testing.T) {
	f, told, _ := fleetOf(t, fleetHead+`sources: [{name: main, dir: .}, {name: other, dir: .}]
targets:
  - {source: main, match: "customer-*", mode: apply}
  - {source: other, target: prod}
  - {source: main, match: "*", interval: 1h}
  - {source: main, match: "tenant-?"}
  - {source: main, target: customer-b, maxRPS: 1}
  - {source: main, target: costumer-a}
`)
	if told != "" {
		t.Fatal(told)
	}
	picked, troubles := f.Resolve("main", []string{"prod", "customer-a", "customer-b"})
	var got []string
	for _, p := range picked {
		got = append(got, fmt.Sprintf("%d %s %s %s %v", p.At.Line, p.Name(), p.Mode, p.Interval, p.MaxRPSSet))
	}
	want := []string{"5 main/customer-a apply 5m0s false", "7 main/prod detect 1h0m0s false", "9 main/customer-b detect 5m0s true"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	got = nil
	for _, tr := range troubles {
		tr.Diagnostic.File = ""
		got = append(got, tr.Picked.Target+"|"+tr.Diagnostic.Line("en")+"|"+tr.Diagnostic.HintIn("en"))
	}
	want = []string{
		`|warning[IDP0120]: no target of source "main" fits "tenant-?"|there are prod, customer-a, customer-b`,
		`costumer-a|error[IDP0120]: source "main" has no target "costumer-a"|did you mean customer-a?`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestFleetExample: the example is a good one, and so is what it names.
func TestFleetExample(t *testing.T) {
	f, found, err := config.LoadFleet("../../examples/fleet/fleet.yaml")
	if err != nil || len(found) > 0 {
		t.Fatal(found, err)
	}
	for _, s := range f.Sources {
		p, found, err := config.Load(s.Dir, config.Options{})
		if err != nil || len(found) > 0 {
			t.Fatal(found, err)
		}
		if picked, troubles := f.Resolve(s.Name, p.TargetNames()); len(picked) != len(p.TargetNames()) || len(troubles) > 0 {
			t.Errorf("%s: %+v %+v", s.Name, picked, troubles)
		}
	}
}
