package config_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idpsync/idpsync/internal/config"
	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/model"
)

func provider(name string) string {
	return "apiVersion: idpsync/v1\nkind: IdentityProvider\nmetadata: {name: " + name + "}\nspec: {type: oidc}\n"
}

func project(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, config.ProjectFile), standardProject)
	for i := 0; i < len(files); i += 2 {
		writeFile(t, filepath.Join(dir, files[i]), files[i+1])
	}
	return dir
}

func link(t *testing.T, dir, name, to string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
		t.Fatal(err)
	}
}

func keys(t *testing.T, dir string) []string {
	t.Helper()
	p, _, err := config.Load(dir, config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	d, _ := p.Desired("local")
	var out []string
	for r := range d.State.All() {
		out = append(out, r.Key.Name)
	}
	return out
}

func TestFind(t *testing.T) {
	dir := project(t, "a/b/c.yaml", "")
	got, err := config.Find(filepath.Join(dir, "a", "b"))
	if err != nil || got != dir {
		t.Errorf("%q %v, want %q", got, err, dir)
	}
	if _, err := config.Find(t.TempDir()); err == nil || !strings.Contains(err.Error(), config.ProjectFile) {
		t.Errorf("no project: %v", err)
	}
}

func TestNoProjectIsAnError(t *testing.T) {
	for _, dir := range []string{t.TempDir(), filepath.Join(t.TempDir(), "none")} {
		if _, _, err := config.Load(dir, config.Options{}); err == nil {
			t.Errorf("%s: no error", dir)
		}
	}
}

func TestLinksInside(t *testing.T) {
	dir := project(t,
		"..2026/mounted.yaml", provider("mounted"), "..2026/sub/deep.yaml", provider("deep"),
		"real/x.yaml", provider("x"), "real/y.txt", provider("y"))
	link(t, dir, "..data", "..2026")
	link(t, dir, "mounted.yaml", "..data/mounted.yaml") // a file of a ConfigMap
	link(t, dir, "sub", "..data/sub")                   // a folder of one
	link(t, dir, "again", "real")                       // read under its own name already
	link(t, dir, "y.yaml", "real/y.txt")
	link(t, dir, "real/loop", "..")
	if diff := cmp.Diff([]string{"deep", "mounted", "x", "y"}, keys(t, dir)); diff != "" {
		t.Error(diff)
	}
	if got := render(validate(t, dir), diagnostic.English); got != "" {
		t.Error(got)
	}
}

func TestLinksOutside(t *testing.T) {
	outside := t.TempDir()
	writeFile(t, filepath.Join(outside, "x.yaml"), provider("leaked"))
	writeFile(t, filepath.Join(outside, "notes.txt"), "")
	dir := project(t, "ok.yaml", provider("ok"), "excluded/readme", "",
		"a.yaml", "apiVersion: idpsync/v1\nkind: Application\nmetadata: {name: a}\nspec: {appName: {fileFrom: notes.txt}}\n")
	link(t, dir, "file.yaml", filepath.Join(outside, "x.yaml"))
	link(t, dir, "folder", outside)
	link(t, dir, "dangling.yaml", "nowhere.yaml")
	link(t, dir, "dangling.txt", "nowhere.txt")
	link(t, dir, "notes.txt", filepath.Join(outside, "notes.txt"))
	want := `a.yaml:4:28: error[IDP0114]: fileFrom: "notes.txt": a link that leads out of the project folder
dangling.yaml: error[IDP0111]: cannot be read: no such file
file.yaml: error[IDP0111]: cannot be read: a link that leads out of the project folder
  hint: copy the file into the project, or exclude it
folder: error[IDP0111]: cannot be read: a link that leads out of the project folder
  hint: copy the file into the project, or exclude it
`
	if diff := cmp.Diff(want, render(validate(t, dir), diagnostic.English)); diff != "" {
		t.Error(diff)
	}
	if slices.Contains(keys(t, dir), "leaked") {
		t.Error("a file outside of the project was read")
	}
}

func TestUnreadable(t *testing.T) {
	if os.Getuid() == 0 {
		t.Log("root reads everything: only what is no file is tried")
	}
	dir := project(t, "ok.yaml", provider("ok"))
	if err := os.Mkdir(filepath.Join(dir, "folder.yaml"), 0o755); err != nil {
		t.Fatal(err)
	}
	want := ""
	if os.Getuid() != 0 {
		writeFile(t, filepath.Join(dir, "secret.yaml"), "")
		if err := os.Chmod(filepath.Join(dir, "secret.yaml"), 0); err != nil {
			t.Fatal(err)
		}
		want = "secret.yaml: error[IDP0111]: cannot be read: permission denied\n"
	}
	if exec.Command("mkfifo", filepath.Join(dir, "pipe.yaml")).Run() == nil {
		want = "pipe.yaml: error[IDP0111]: cannot be read: not a regular file\n" + want
	}
	if diff := cmp.Diff(want, render(validate(t, dir), diagnostic.English)); diff != "" {
		t.Error(diff)
	}
}

func TestLargeInputs(t *testing.T) {
	app := "apiVersion: idpsync/v1\nkind: Application\nmetadata: {name: a}\nspec:\n  appName: "
	dir := project(t,
		"scalar.yaml", app+strings.Repeat("x", 20<<20)+"\n  ssoEnabled: 3\n",
		"folded.yaml", strings.Replace(app, "name: a", "name: b", 1)+"|\n"+strings.Repeat("    a line of text\n", 100_000),
		"file.yaml", strings.Repeat("#\n", 17<<20))
	want := `file.yaml: error[IDP0111]: cannot be read: larger than 32 MiB
folded.yaml:5:12: error[IDP0108]: a text of more than 1024 KiB
  hint: keep large texts in a file of their own and take them in with {fileFrom: path}
scalar.yaml:5:12: error[IDP0108]: a text of more than 1024 KiB
  hint: keep large texts in a file of their own and take them in with {fileFrom: path}
scalar.yaml:6:15: error[IDP0103]: ssoEnabled: want true or false, got a number
  hint: write true or false
`
	if diff := cmp.Diff(want, render(validate(t, dir), diagnostic.English)); diff != "" {
		t.Error(diff)
	}
}

func TestBytesThatAreNoText(t *testing.T) {
	tests := map[string]string{
		"a: 1\nb: \xff\xfe\n": "2:4",
		"门户: \x01\n":          "1:5",
	}
	for content, place := range tests {
		got := render(validate(t, project(t, "x.yaml", content)), diagnostic.English)
		if !strings.HasPrefix(got, "x.yaml:"+place+": error[IDP0101]") {
			t.Errorf("%q: %s", content, got)
		}
	}
}

func TestByteOrderMark(t *testing.T) {
	if got := keys(t, project(t, "x.yaml", "\ufeff"+provider("bom"))); !slices.Equal(got, []string{"bom"}) {
		t.Errorf("%v", got)
	}
}

// The same files must give the same complaints in the same order, whoever
// finishes first.
func TestManyFilesInOrder(t *testing.T) {
	var files []string
	for i := range 300 {
		files = append(files, fmt.Sprintf("d%d/f%03d.yaml", i%7, i), strings.Replace(provider(fmt.Sprintf("p%d", i)), "oidc", "3", 1))
	}
	dir := project(t, files...)
	first := render(validate(t, dir), diagnostic.English)
	if n := strings.Count(first, "IDP0103"); n != 300 {
		t.Fatalf("%d complaints", n)
	}
	if again := render(validate(t, dir), diagnostic.English); again != first {
		t.Error("not the same twice")
	}
}

// The package map forbids the network: a hook must work offline.
func TestNoNetwork(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, dep := range strings.Fields(string(out)) {
		if dep == "net/http" {
			t.Errorf("config depends on %s", dep)
		}
	}
}

// TestListed: how many files there are is told once, before any of them is read.
func TestListed(t *testing.T) {
	dir := project(t, "a.yaml", provider("a"), "b/c.yaml", provider("c"), "b/notes.txt", "no configuration")
	var told []int
	listed := func(files int) {
		told = append(told, files)
		writeFile(t, filepath.Join(dir, "a.yaml"), provider("late"))
	}
	p, _, err := config.Load(dir, config.Options{Listed: listed})
	if err != nil {
		t.Fatal(err)
	}
	d, _ := p.Desired("local")
	if diff := cmp.Diff([]int{2}, told); diff != "" {
		t.Error(diff)
	}
	if d.State.Get(model.Key{Kind: model.IdentityProvider, Name: "late"}) == nil {
		t.Error("a file was read before it was told how many there are")
	}
}
