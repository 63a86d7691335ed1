package main

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the outputs in README*.md and docs")

// scene is one block of the README's tour: what somebody changes in the example
// project, and what idpsync then prints.
type scene struct {
	name string
	edit [][3]string // file, old, new
	args []string
}

var tour = []scene{
	{"validate", [][3]string{
		{"providers/github.yaml", "clientID:", "clientId:"},
		{"applications/shop.yaml", "connections: [wechat-pc,", "connections: [wechat-px,"},
	}, []string{"validate"}},
	{"plan", [][3]string{
		{"providers/github.yaml", "clientId:", "clientID:"},
		{"applications/shop.yaml", "connections: [wechat-px,", "connections: [wechat-pc,"},
		{"providers/corp.yaml", "displayName: Staff login", "displayName: Staff sign-in"},
		{"applications/portal.yaml", "connections: [corp-oidc, lark-crew]", "connections: [corp-oidc]"},
	}, []string{"plan"}},
	{"apply", nil, []string{"apply", "--yes"}},
	{"guard", [][3]string{
		{"applications/portal.yaml", "connections: [corp-oidc]", "connections: []"},
		{"applications/portal.yaml", "enabledBasicLoginMethods: [EMAIL_CODE, EMAIL_PASSWORD]", "enabledBasicLoginMethods: []"},
	}, []string{"plan"}},
}

// TestReadmeTour keeps the outputs in README.md and README.zh-CN.md true: each is
// made again on a copy of examples/config that was applied once. What differs
// from run to run is not compared.
func TestReadmeTour(t *testing.T) {
	idpsync := filepath.Join(t.TempDir(), "idpsync")
	if out, err := exec.Command("go", "build", "-o", idpsync, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, row := range []struct{ page, lang string }{{"README.md", "en"}, {"README.zh-CN.md", "zh-CN"}} {
		t.Run(row.page, func(t *testing.T) { takeTour(t, idpsync, row.page, row.lang) })
	}
}

func takeTour(t *testing.T, idpsync, page, lang string) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../../examples/config")); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, ".idpsync")); err != nil {
		t.Fatal(err)
	}
	env := append(append(os.Environ(), exampleSecrets(t)...), "IDPSYNC_LANG="+lang)
	run := func(args ...string) string {
		cmd := exec.Command(idpsync, args...)
		var out bytes.Buffer
		cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, env, &out, &out
		_ = cmd.Run() // the exit codes are tested elsewhere
		return out.String()
	}
	run("apply", "--yes")
	path := filepath.Join("../..", page)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := string(before)
	for _, s := range tour {
		for _, e := range s.edit {
			edit(t, filepath.Join(dir, e[0]), e[1], e[2])
		}
		text = compareBlock(t, page, text, s.name, "$ idpsync "+strings.Join(s.args, " ")+"\n"+run(s.args...))
	}
	if *update && text != string(before) {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func exampleSecrets(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("../../examples/config/.env.example")
	if err != nil {
		t.Fatal(err)
	}
	var env []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			env = append(env, line)
		}
	}
	return env
}

func edit(t *testing.T, file, from, to string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), from) {
		t.Fatalf("%s does not hold %q", file, from)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(text), from, to, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
}

var serverID = regexp.MustCompile(`\b[0-9a-f]{24}\b`)

// compareBlock compares the console block after the tour mark, and returns the
// page with the block as it should be.
func compareBlock(t *testing.T, page, text, name, want string) string {
	t.Helper()
	mark := "<!-- tour: " + name + " -->\n```console\n"
	_, rest, found := strings.Cut(text, mark)
	got, tail, closed := strings.Cut(rest, "```\n")
	if !found || !closed {
		t.Fatalf("%s has no block %q", page, name)
	}
	if alike(got, want) {
		return text
	}
	want = serverID.ReplaceAllString(want, "62eaa95fe0a1b29a5295bf7c")
	if !*update {
		t.Errorf("%s, tour %s, is stale: run go test ./cmd/idpsync -run TestReadmeTour -update\n%s", page, name, want)
	}
	return strings.Replace(text, mark+got+"```\n"+tail, mark+want+"```\n"+tail, 1)
}
