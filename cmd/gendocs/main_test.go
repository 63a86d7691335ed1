package main

import (
	"bytes"
	"context"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/cli"
)

const (
	docs      = "../../docs"
	reference = docs + "/reference"
)

// TestFresh fails when a page is missing, stale or left over.
func TestFresh(t *testing.T) {
	for i, dir := range []string{reference, docs + "/cli", "../../man"} {
		f := folders[i]
		all, err := f.pages()
		if err != nil {
			t.Fatal(err)
		}
		there, err := written(dir, f.ext)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range there {
			if _, ok := all[name]; !ok {
				t.Errorf("%s/%s belongs to nothing: run make generate", dir, name)
			}
		}
		for name, want := range all {
			got, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil || string(got) != want {
				t.Errorf("%s/%s is stale (%v): run make generate", dir, name, err)
			}
		}
		if len(all) < 15 {
			t.Errorf("%s: %d pages only", dir, len(all))
		}
	}
}

var exampleInPage = regexp.MustCompile("(?s)## Example\n\n```yaml\n(.*?)```")

// TestExamples holds the example of every page, as it stands there, to
// "validate --strict".
func TestExamples(t *testing.T) {
	names, err := written(reference, ".md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if name == "README.md" {
			continue
		}
		t.Run(strings.TrimSuffix(name, ".md"), func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join(reference, name))
			if err != nil {
				t.Fatal(err)
			}
			found := exampleInPage.FindSubmatch(text)
			if found == nil {
				t.Fatal("has no example")
			}
			dir := t.TempDir()
			around(t, dir, name, string(found[1]))
			out, code := validate(dir, "--strict")
			if unlisted[name] {
				if code == 0 || !onlyAboutType.MatchString(out) {
					t.Errorf("exit %d\n%s\nwant nothing but a warning about the type", code, out)
				}
			} else if code != 0 {
				t.Errorf("exit %d\n%s", code, out)
			}
		})
	}
}

// unlisted are the types that the API's own list of types lacks.
var unlisted = map[string]bool{"connection/twitter_mobile.md": true, "connection/wechatwork_addressbook.md": true}

var onlyAboutType = regexp.MustCompile(`^example\.yaml:11:9: warning\[IDP0105\]: type: [^\n]*\n$`)

// around writes an example and what it refers to as a project: a project file,
// the other kinds, the files it reads, and an application that offers its
// connection.
func around(t *testing.T, dir, page, example string) {
	put := func(name, text string) {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, m := range regexp.MustCompile(`\{fileFrom: ([^}]+)\}`).FindAllStringSubmatch(example, -1) {
		put(m[1], "text\n")
	}
	rest := []string{"project", "identity-provider", "connection", "application"}
	if path.Dir(page) == "connection" || page == "reference.md" {
		rest = rest[:1]
	}
	for _, k := range rest {
		text, err := examples.ReadFile("examples/" + k + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		if k+".md" != page {
			put(k+".yaml", string(text))
		}
	}
	if err := os.Rename(filepath.Join(dir, "project.yaml"), filepath.Join(dir, "idpsync.yaml")); err != nil && page != "project.md" {
		t.Fatal(err)
	}
	put("texts/portal.css", "body {}\n")
	switch {
	case page == "project.md":
		put("idpsync.yaml", example)
		return
	case path.Dir(page) == "connection":
		handle := regexp.MustCompile(`metadata: \{name: (\S+-login)\}`).FindStringSubmatch(example)
		put("offers.yaml", "apiVersion: idpsync/v1\nkind: Application\nmetadata: {name: offers}\nspec: {appName: Offers, connections: ["+handle[1]+"]}\n")
	}
	put("example.yaml", example)
}

// validate gives the complaints, less their hints, and the exit code.
func validate(dir string, flags ...string) (string, int) {
	var out, errs bytes.Buffer
	env := cli.Env{Dir: dir, LookupEnv: func(string) (string, bool) { return "", false }, Environ: func() []string { return nil }}
	code := cli.Main(context.Background(), env, strings.NewReader(""), &out, &errs, append([]string{"validate"}, flags...))
	said := out.String()
	if code != 0 && said == "" {
		said = errs.String()
	}
	lines := slices.DeleteFunc(strings.SplitAfter(said, "\n"), func(l string) bool { return strings.HasPrefix(l, "hint:") })
	return strings.Join(lines, ""), code
}

// TestComplete holds each page of a connection type to its template: what may be
// set stands in the table, in the details and in the example.
func TestComplete(t *testing.T) {
	types, err := connectionTypes()
	if err != nil {
		t.Fatal(err)
	}
	for i := range types {
		c := &types[i]
		settable, text := 0, c.page().markdown()
		for j := range c.fields {
			f := &c.fields[j]
			if !strings.Contains(text, "\n| `"+f.path+"` |") || !strings.Contains(text, "\n### `"+f.path+"`\n") {
				t.Errorf("%s: the page does not tell of %s", c.info.Type, f.path)
			}
			if f.label == "" || f.origin == "" || f.source == "" {
				t.Errorf("%s: %s has the label %q, is known by %q from %q", c.info.Type, f.path, f.label, f.origin, f.source)
			}
			if f.closed {
				continue
			}
			settable++
			if !strings.Contains(c.example(), "\n    "+f.path+": ") {
				t.Errorf("%s: the example lacks %s", c.info.Type, f.path)
			}
		}
		if settable != c.info.Fields {
			t.Errorf("%s: %d fields, want %d as schema list counts them", c.info.Type, settable, c.info.Fields)
		}
	}
	if len(types) < 70 {
		t.Errorf("%d connection types, want the 70-odd that are known", len(types))
	}
}

var inCode = regexp.MustCompile("`[^`\n]*`")

var link = regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)

// TestLinks follows every link from the docs to a file.
func TestLinks(t *testing.T) {
	names, err := written(docs, ".md")
	if err != nil {
		t.Fatal(err)
	}
	followed := 0
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(docs, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllSubmatch(inCode.ReplaceAll(text, nil), -1) {
			followed++
			if _, err := os.Stat(filepath.Join(docs, path.Dir(name), string(m[1]))); err != nil {
				t.Errorf("docs/%s: the link to %s leads nowhere", name, m[1])
			}
		}
	}
	if followed < 200 {
		t.Errorf("followed %d links only", followed)
	}
}
