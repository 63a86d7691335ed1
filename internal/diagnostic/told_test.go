package diagnostic

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// complete lists the packages: all that have a table.
var complete = slices.Sorted(maps.Keys(toldChinese))

// exempt are texts of the packages that no user reads as a sentence of ours.
// Each holds for one package, and for texts that begin so.
var exempt = map[string][]struct{ text, why string }{
	"config": {
		{"%q %s %q protect=", "what a digest is taken of"},
		{"control characters", "the parser's words, looked for"},
		{"tab character", "the parser's words, looked for"},
		{"cannot start any token", "the parser's words, looked for"},
		{"mapping values are", "the parser's words, looked for"},
		{"could not find expected", "the parser's words, looked for"},
		{"unexpected ", "the parser's words, looked for"},
		{"expected ", "the parser's words, looked for"},
		{"did not find expected", "the parser's words, looked for"},
		{"expected node content", "the parser's words, looked for"},
	},
	"remote": {{"Bearer %s", "a header"}, {"scratch object of idpsync doctor", "a value that the server stores"}},
	"schema": {
		{"Made from the other schemas", "in the schema itself, for both"},
		{"A document of an idpsync", "in the schema, with Chinese beside it"},
		{"What the document declares", "in the schema, with Chinese beside it"},
		{"One YAML document", "in the schema, with Chinese beside it"},
		{"The console also shows", "in the schema, with Chinese beside it"},
		{"Derived from templates", "in the schema itself, for both"},
		{"The template has this key", "in the schema, for who reads that"},
		{"⟦a value kept", "a mark, never shown"},
		{"number, string, boolean", "the types of JSON, looked for"},
	},
	"cli": {
		{"journal show", "the names of verbs"},
		{"schema ", "the names of verbs"},
		{"cd %s", "a command"},
		{"idpsync validate", "a command"},
		{"CORP_OIDC_SECRET=", "a command"},
		{"idpsync doctor\n", "what a digest is taken of"},
		{"idpsync %s", "a name and a version"},
		{"idpsync keeps", "help_zh.go has it"},
	},
	"ledger": {
		{"(s.outcome is null", "a piece of SQL"}, {"r.id, r.head", "a piece of SQL"}, {"not r.finished", "a piece of SQL"}, {"%s (SQLSTATE", "the database's own words"},
	},
	"report": {
		{"idpsync ", "the name of a command"},
		{"%s<g ", "markup"},
		{"digraph idpsync", "the syntax of Graphviz"},
		{"node [", "the syntax of Graphviz"},
		{"%s [label=", "the syntax of Graphviz"},
		{"flowchart LR", "the syntax of Mermaid"},
		{"%%%% %d edges", "a comment in Mermaid's syntax"},
	},
	"source": {
		{"credential.helper=", "an option of git"}, {"%s blob", "a line of git's"}, {"transport '", "git's words, looked for"}, {"blob %d", "a line of git's"},
	},
	"web": {
		{"the server", "words_zh.go has it"},
		{"the files", "words_zh.go has it"},
		{"nobody knows", "words_zh.go has it"},
		{"idpsync session", "what a key is derived from"},
		{"Bearer realm", "a header"},
		{"text/", "a header"},
		{"POST %s", "a route"},
	},
	"secret": {{"\tPATH HOME", "names of variables"}, {"idpsync ledger key", "what a key is derived from"}, {"key id", "what a key is derived from"}, {"document %s", "what a key is derived from"}},
}

// exemptFiles are wholly for machines.
var exemptFiles = map[string]string{
	"completion_bash.go": "a script of bash",
	"metrics.go":         "Prometheus has one language for the help of a metric", "metrics_status.go": "the same", "metrics_fleet.go": "the same",
}

// others are words of other programs that are looked for, not said.
var others = map[string]string{
	"couldn't find remote ref": "git", "did not end in time": "git, as run says it", "Could not resolve host": "git", "Could not resolve hostname": "ssh",
	"Name or service not known": "ssh", "Failed to connect": "git", "unable to connect": "git", "Connection refused": "ssh", "Connection timed out": "ssh",
	"Connection reset": "ssh", "hung up": "git", "early EOF": "git", "The requested URL returned error: 5": "git", "Host key verification failed": "ssh",
	"could not read Username": "git", "could not read Password": "git", "terminal prompts disabled": "git", "Authentication failed": "git",
	"The requested URL returned error: 403": "git", "Permission denied": "ssh", "not found": "git", "does not appear to be a git repository": "git",
	"dubious ownership": "git", "bad object": "git", "not a git repository": "git", "loose object": "git", "unresolved deltas": "git",
	"missing blob": "git", "missing tree": "git", "shallow file has changed": "git",
}

// spokenFiles are the files of a package that speak to a person; the others
// answer requests, or tell which byte of a file of the sandbox is damaged.
var spokenFiles = map[string][]string{
	"sandbox": {"fault.go", "dialect.go", "seed.go", "disk.go", "disk_keys.go"},
}

func isExempt(pkg string, s spoken) bool {
	if _, machine := exemptFiles[filepath.Base(s.place.Filename)]; machine {
		return true
	}
	if files := spokenFiles[pkg]; files != nil && !slices.Contains(files, filepath.Base(s.place.Filename)) {
		return true
	}
	if reason := others[s.format]; reason != "" {
		return true
	}
	text := s.format
	for _, e := range exempt[pkg] {
		if strings.HasPrefix(text, e.text) {
			return true
		}
	}
	return false
}

// TestEverySentenceIsTold walks the sources: what a person may read has a row
// in the table of its package.
func TestEverySentenceIsTold(t *testing.T) {
	for _, pkg := range complete {
		for _, s := range spokenIn(t, "../"+pkg) {
			if !has(toldChinese[pkg], s.format) && !isExempt(pkg, s) {
				t.Errorf("%s: no Chinese: add a row to internal/diagnostic/told_zh_%s.go\n\t{%q, \"\"},", s.place, pkg, s.format)
			}
		}
	}
}

// TestNoRowIsStale holds the tables to the sources.
func TestNoRowIsStale(t *testing.T) {
	words := map[string]bool{} // a word may come from any package
	for _, pkg := range append([]string{"diagnostic"}, complete...) {
		for lit := range literalsIn(t, "../"+pkg) {
			if !strings.Contains(lit, " ") {
				words[lit] = true
			}
		}
	}
	for _, pkg := range complete {
		used := literalsIn(t, "../"+pkg)
		maps.Copy(used, words)
		for _, s := range spokenIn(t, "../"+pkg) {
			used[s.format] = true
		}
		for _, r := range toldChinese[pkg] {
			if en := r.en; !used[en] && !used[strings.TrimPrefix(en, "%d ")] {
				t.Errorf("told_zh_%s.go: nothing says %q any more", pkg, en)
			}
		}
	}
}

// TestRowsTakeTheSamePlaceholders: a translation shows all that the English
// shows, and nothing else.
func TestRowsTakeTheSamePlaceholders(t *testing.T) {
	seen := map[string]string{}
	for _, pkg := range slices.Sorted(maps.Keys(toldChinese)) {
		once := map[string]bool{}
		for _, r := range toldChinese[pkg] {
			en, zh := r.en, r.zh
			if other, twice := seen[en]; twice && other != zh {
				t.Errorf("%q is %q in one place and %q in another", en, zh, other)
			}
			if once[en] {
				t.Errorf("told_zh_%s.go: %q stands twice", pkg, en)
			}
			once[en] = true
			seen[en] = zh
			if problem := unlike(en, zh); problem != "" {
				t.Errorf("told_zh_%s.go: %q: %q: %s", pkg, en, zh, problem)
			}
			if strings.TrimSpace(zh) == "" || zh == en {
				t.Errorf("told_zh_%s.go: %q has no Chinese", pkg, en)
			}
		}
	}
}

func has(table rows, en string) bool {
	return slices.ContainsFunc(table, func(r struct{ en, zh string }) bool { return r.en == en })
}

func unlike(en, zh string) string {
	_, verbs, args := pieces(en)
	_, told, said := pieces(zh)
	shown := slices.Compact(slices.Sorted(slices.Values(said)))
	if want := slices.Compact(slices.Sorted(slices.Values(args))); !slices.Equal(shown, want) {
		return fmt.Sprintf("shows the arguments %v, want %v", shown, want)
	}
	for i, v := range told {
		of := verbs[slices.Index(args, said[i])]
		if v != of && v != 's' && !(v == 't' && strings.ContainsRune("svw", rune(of))) {
			return fmt.Sprintf("%%%c stands for %%%c", v, of)
		}
		if v == 's' && of == 'd' {
			return "%s stands for %d, which Say cannot write"
		}
	}
	return ""
}
