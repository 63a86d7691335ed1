package source_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/source"
)

func TestRefusedNames(t *testing.T) {
	good := source.Options{URL: "https://git.example.com/a.git", Ref: "main", Path: "config"}
	if _, err := source.New(good); err != nil {
		t.Fatal(err)
	}
	change := func(f func(*source.Options)) source.Options { o := good; f(&o); return o }
	url := func(s string) source.Options { return change(func(o *source.Options) { o.URL = s }) }
	ref := func(s string) source.Options { return change(func(o *source.Options) { o.Ref = s }) }
	dir := func(s string) source.Options { return change(func(o *source.Options) { o.Path = s }) }
	for _, o := range []source.Options{
		url(""), url("--upload-pack=touch /tmp/x"), url("-oProxyCommand=x:y"), url("ext::sh -c x"), url("fd::7"), url("https://a\n.example"),
		url("ssh://-oProxyCommand=x/y"), url("ssh://-l@host/y"), url("-l@host:y"), url("x@-host:y"), url("ftp://h/y"), url("rsync://h/y"), url("https:///y"),
		url("http://git.example.com/a"), url("git://git.example.com/a"), url("https://h/y?private_token=hush"), url("https://h/y#z"),
		url("ssh://u:hush@h/y"), url("https://u:hush@h:port/y"), url("transport::address"), url("://"), url("https://%zz/"),
		ref("-x"), ref("--upload-pack=x"), ref("a..b"), ref("a b"), ref("a:b"), ref("a^"), ref("a~1"), ref("+a" + "\n"), ref("/a"), ref("a/"), ref("a//b"),
		ref(".a"), ref("a.lock"), ref("a@{1}"), ref("@"), ref("a*"), ref("a\\b"), ref("a\x00b"), ref("refs/heads/*"), ref("a."),
		dir(".."), dir("a/../../b"), dir("/etc"), dir("a\nb"),
	} {
		_, err := source.New(o)
		var e *source.Error
		if !errors.As(err, &e) || e.Hint() == "" || strings.Contains(err.Error(), "hush") || strings.ContainsAny(err.Error(), "\n\x00") {
			t.Errorf("%+v: %v", o, err)
		}
	}
	for _, o := range []source.Options{
		url("git@git.example.com:team/a.git"), url("ssh://git@git.example.com:2222/a"), url("file:///srv/a"), url("../a"), url("/srv/a b"),
		url("http://127.0.0.1:3000/a"), url("git://[::1]/a"), url("https://u:p@h/y"),
		change(func(o *source.Options) { o.URL, o.RequireSigned = "git://git.example.com/a", true }),
		ref(""), ref("feature/x-1"), ref("发布"), ref("refs/tags/v1"), ref(strings.Repeat("a", 40)), dir(""), dir("."), dir("a/b"), dir("-a"),
	} {
		if _, err := source.New(o); err != nil {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

// TestBranchNames: what a shell or git would take for something else.
func TestBranchNames(t *testing.T) {
	w := newWorld(t)
	id := w.commit(map[string]string{"idpsync.yaml": "one"})
	for _, name := range []string{"$(touch x)", "a;b", "a'b", `a"b`, "a|b", "发布", "refs", "HEAD1", strings.Repeat("b", 40) + "x", "a%0ab", "%s"} {
		if strings.ContainsAny(name, " ") {
			name = strings.ReplaceAll(name, " ", "+")
		}
		w.run("update-ref", "refs/heads/"+name, id)
		o := w.options()
		o.Ref = name
		if tree := fetch(t, w.open(o)); tree.Commit != id {
			t.Errorf("%s: got %+v", name, tree)
		}
	}
	o := w.options()
	o.Ref = "none"
	_, err := w.open(o).Fetch(t.Context())
	var e *source.Error
	if !errors.As(err, &e) || !strings.Contains(e.Hint(), "branch") || e.Unavailable() {
		t.Errorf("said %v", err)
	}
	o.Ref, o.Path = "main", "none"
	if _, err := w.open(o).Fetch(t.Context()); err == nil || !strings.Contains(err.Error(), "no folder none") {
		t.Errorf("said %v", err)
	}
}

// tree makes a tree of lines as git mktree reads them, commits it on main and
// tries to fetch it.
func (w *world) tree(lines ...string) (source.Tree, error) {
	w.t.Helper()
	return w.fetchTree(w.mktree(lines...))
}

func (w *world) mktree(lines ...string) string {
	w.t.Helper()
	cmd := exec.Command("git", "mktree", "--missing", "-z")
	cmd.Dir, cmd.Env = w.repo, w.env
	cmd.Stdin = strings.NewReader(strings.Join(lines, "\x00") + "\x00")
	out, err := cmd.CombinedOutput()
	if err != nil {
		w.t.Fatalf("mktree: %v\n%s", err, out)
	}
	return strings.TrimSpace(string(out))
}

func (w *world) fetchTree(tree string) (source.Tree, error) {
	w.t.Helper()
	w.run("update-ref", "refs/heads/main", w.run("commit-tree", "-m", "hostile", tree))
	o := w.options()
	o.Dir = w.t.TempDir()
	return w.open(o).Fetch(w.t.Context())
}

func (w *world) blob(text string) string {
	w.t.Helper()
	file := filepath.Join(w.t.TempDir(), "blob")
	w.put(file, text)
	return w.run("hash-object", "-w", file)
}

// TestHostileTrees: nothing of a commit is written outside its folder, and
// nothing of it is run.
func TestHostileTrees(t *testing.T) {
	w := newWorld(t)
	w.commit(nil)
	file := w.blob("one")
	out := w.blob("../../outside")
	inner := w.mktree("100644 blob " + file + "\tx.yaml")
	for name, lines := range map[string][]string{
		"a repository in it":                          {"040000 tree " + inner + "\t.git"},
		"the same, as Windows and Macs would read it": {"040000 tree " + inner + "\t.GIT"},
		"a dot more":                                  {"100644 blob " + file + "\t.git."},
		"upwards":                                     {"040000 tree " + inner + "\t.."},
		"here":                                        {"040000 tree " + inner + "\t."},
		"a line end":                                  {"100644 blob " + file + "\ta\nb"},
		"through a link":                              {"120000 blob " + out + "\tdir", "040000 tree " + inner + "\tdir"},
		"the same twice":                              {"100644 blob " + file + "\ta", "100755 blob " + file + "\ta"},
	} {
		tree, err := w.tree(lines...)
		var e *source.Error
		if !errors.As(err, &e) || strings.ContainsAny(err.Error(), "\n") {
			t.Errorf("%s: %+v, %v", name, tree, err)
		}
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(w.repo), "outside")); err == nil {
		t.Error("something was written outside")
	}

	// A link leading out is written as the link it is: the reader of the project
	// refuses it. A submodule is left out.
	tree, err := w.tree("100644 blob "+file+"\tidpsync.yaml", "120000 blob "+out+"\tlink", "160000 commit "+strings.Repeat("1", 40)+"\tmodule")
	if err != nil {
		t.Fatal(err)
	}
	if to, err := os.Readlink(filepath.Join(tree.Dir, "link")); err != nil || to != "../../outside" {
		t.Errorf("link to %q, %v", to, err)
	}
	if _, err := os.Lstat(filepath.Join(tree.Dir, "module")); err == nil {
		t.Error("the submodule is there")
	}
}

// TestNothingOfItIsRun: filters, hooks and settings that a repository, or the
// environment of whoever started us, could bring along.
func TestNothingOfItIsRun(t *testing.T) {
	w := newWorld(t)
	mark := filepath.Join(t.TempDir(), "ran")
	hooks := t.TempDir()
	for _, name := range []string{"post-checkout", "reference-transaction", "post-merge", "pre-auto-gc", "fsmonitor"} {
		w.put(filepath.Join(hooks, name), "#!/bin/sh\ntouch '"+mark+"'\n")
		if err := os.Chmod(filepath.Join(hooks, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	w.commit(map[string]string{"idpsync.yaml": "one", ".gitattributes": "* filter=x export-ignore text eol=crlf ident\n", "a.yaml": "$Id$\nb\n", ".gitmodules": "[submodule \"m\"]\n\tpath = m\n\turl = ext::sh -c touch% " + mark + "\n"})
	template := t.TempDir()
	if err := os.CopyFS(filepath.Join(template, "hooks"), os.DirFS(hooks)); err != nil {
		t.Fatal(err)
	}
	o := w.options()
	o.Env = append(append([]string(nil), w.env...), "GIT_TEMPLATE_DIR="+template, "GIT_DIR=/nowhere", "GIT_WORK_TREE=/nowhere", "GIT_TRACE="+mark, "GIT_TRACE_CURL="+mark,
		"IDPSYNC_LEDGER_KEY=hush", "GIT_CONFIG_COUNT=4", "GIT_CONFIG_KEY_0=filter.x.smudge", "GIT_CONFIG_VALUE_0=touch "+mark,
		"GIT_CONFIG_KEY_1=core.hooksPath", "GIT_CONFIG_VALUE_1="+hooks, "GIT_CONFIG_KEY_2=init.templateDir", "GIT_CONFIG_VALUE_2="+template,
		"GIT_CONFIG_KEY_3=core.fsmonitor", "GIT_CONFIG_VALUE_3="+filepath.Join(hooks, "fsmonitor"))
	tree, err := w.open(o).Fetch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := read(t, tree.Dir, "a.yaml"); got != "$Id$\nb\n" {
		t.Errorf("a file was changed on its way: %q", got)
	}
	if _, err := os.Stat(mark); err == nil {
		t.Error("something was run")
	}
}

// TestManyFiles: a thousand folders are written in one go, as they are.
func TestManyFiles(t *testing.T) {
	w := newWorld(t)
	files := map[string]string{}
	for i := range 1000 {
		files[filepath.Join("apps", string(rune('a'+i%26)), strings.Repeat("x", i%40)+"-"+string(rune('a'+i/26%26))+string(rune('a'+i%26))+".yaml")] = strings.Repeat("内容\n", i%50)
	}
	w.commit(files)
	tree := fetch(t, w.open(w.options()))
	for name, text := range files {
		if read(t, tree.Dir, name) != text {
			t.Fatalf("%s differs", name)
		}
	}
}
