package config_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	goccy "github.com/goccy/go-yaml"
	"gopkg.in/yaml.v3"
	"pgregory.net/rapid"

	"github.com/idpsync/idpsync/internal/config"
)

// formatLaws holds a formatted text to what fmt promises: it means the same, no
// character but blanks is lost, and a second pass changes nothing.
func formatLaws(t interface {
	Helper()
	Fatalf(string, ...any)
}, text []byte,
) (changed, left bool) {
	t.Helper()
	f, found := config.Format("x.yaml", text)
	if len(found) > 0 {
		if !bytes.Equal(f.Text, text) {
			t.Fatalf("a file with complaints was changed:\n%s\nto\n%s", text, f.Text)
		}
		return false, true
	}
	if a, b := values(t, text), values(t, f.Text); !reflect.DeepEqual(a, b) {
		t.Fatalf("%s\nmeans something else than\n%s\n%v\n%v", f.Text, text, a, b)
	}
	if a, b := otherValues(text), otherValues(f.Text); a != b && a == printed(values(t, text)) && b != unreadable {
		t.Fatalf("to another parser\n%s\nmeans something else than\n%s\n%v\n%v", f.Text, text, b, a)
	}
	if a, b := characters(text), characters(f.Text); !slices.Equal(a, b) {
		t.Fatalf("%s\nhas lost or won a character of\n%s", f.Text, text)
	}
	if a, b := comments(text), comments(f.Text); !slices.Equal(a, b) {
		t.Fatalf("%s\nhas the comments %q, not %q, of\n%s", f.Text, b, a, text)
	}
	again, _ := config.Format("x.yaml", f.Text)
	if !bytes.Equal(again.Text, f.Text) {
		t.Fatalf("from\n%s\na second pass makes\n%s\nof\n%s", text, again.Text, f.Text)
	}
	return !bytes.Equal(f.Text, text), f.Left
}

func values(t interface{ Fatalf(string, ...any) }, text []byte) []any {
	var all []any
	for d := yaml.NewDecoder(bytes.NewReader(maskBraces(text))); ; {
		var v any
		if err := d.Decode(&v); err != nil {
			if err.Error() != "EOF" {
				t.Fatalf("%v in\n%s", err, text)
			}
			return all
		}
		all = append(all, v)
	}
}

// maskBraces lets a parser read variables that stand in a flow collection.
func maskBraces(text []byte) []byte {
	return bytes.ReplaceAll(bytes.ReplaceAll(text, []byte("${var.x}"), []byte("$(var.x)")), []byte("${"), []byte("$("))
}

// unreadable is what goccy says of some texts that others can read.
const unreadable = "cannot read it"

// otherValues is what goccy's parser reads.
func otherValues(text []byte) (out string) {
	defer func() {
		if recover() != nil {
			out = unreadable
		}
	}()
	d := goccy.NewDecoder(bytes.NewReader(maskBraces(text)))
	for {
		var v any
		if err := d.Decode(&v); err != nil {
			if err.Error() == "EOF" {
				return out
			}
			return unreadable
		}
		out += fmt.Sprintf("%v\n", v) // maps print in the order of their keys
	}
}

func printed(all []any) (out string) {
	for _, v := range all {
		out += fmt.Sprintf("%v\n", v)
	}
	return out
}

func characters(text []byte) []rune {
	all := []rune(strings.Join(strings.Fields(string(text)), ""))
	slices.Sort(all)
	return all
}

var remark = regexp.MustCompile(`(?m)(^|[ \t])#.*$`)

// comments are whatever could be one, texts with a "#" included. Members of a
// flow mapping may change places in a line, so of such lines nothing is said.
func comments(text []byte) []string {
	var all []string
	for l := range strings.Lines(string(text)) {
		if strings.Contains(l, "{") {
			continue
		}
		if c := strings.TrimSpace(remark.FindString(strings.TrimRight(l, "\r\n"))); c != "" {
			all = append(all, c)
		}
	}
	slices.Sort(all)
	return all
}

// TestFormatLaws makes ugly documents.
func TestFormatLaws(t *testing.T) {
	all, changed, left := 0, 0, 0
	rapid.Check(t, func(t *rapid.T) {
		u := ugly{T: t}
		c, l := formatLaws(t, []byte(u.file()))
		all++
		if c {
			changed++
		}
		if l {
			left++
		}
	})
	if changed < all*8/10 || left > all/10 {
		t.Errorf("of %d files %d were changed and %d left", all, changed, left)
	}
}

// ugly writes documents as nobody should.
type ugly struct {
	*rapid.T
	b strings.Builder
	n int
}

func (u *ugly) upTo(n int) int            { return rapid.IntRange(0, n).Draw(u.T, "n") }
func (u *ugly) one(of ...string) string   { return rapid.SampledFrom(of).Draw(u.T, "one") }
func (u *ugly) sometimes(in int) bool     { return u.upTo(in) == in }
func (u *ugly) put(s string, args ...any) { fmt.Fprintf(&u.b, s, args...) }

func (u *ugly) file() string {
	u.remarks(u.upTo(2))
	for i := range 1 + u.upTo(2) {
		if i > 0 {
			u.put("---%s\n", u.one("", "  ", " # a line"))
		}
		u.document()
	}
	text := u.b.String()
	if u.sometimes(4) {
		text = strings.TrimSuffix(text, "\n")
	}
	if u.sometimes(4) {
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	return text
}

// remarks writes comments and blank lines around a column.
func (u *ugly) remarks(column int) {
	for range u.upTo(5) - 3 {
		u.n++
		switch u.upTo(3) {
		case 0:
			u.put("%s\n", u.one("", "", "  "))
		default:
			u.put("%s# remark %d%s\n", strings.Repeat(" ", max(0, column+u.upTo(4)-2)), u.n, u.one("", "", " ", ": x"))
		}
	}
}

func (u *ugly) document() {
	kind := u.one("IdentityProvider", "Connection", "Application", "Patch", "Project")
	rest := []string{"metadata", "spec"}
	if kind == "Project" {
		rest = []string{"targets", "policy", "defaultTarget", "lint"}
	}
	keys := rapid.Permutation(append([]string{"apiVersion", "kind"}, rest...)).Draw(u.T, "keys")
	for _, k := range keys {
		u.remarks(0)
		switch k {
		case "apiVersion":
			u.put("apiVersion: %s%s\n", u.one("idpsync/v1", `"idpsync/v1"`), u.tail())
		case "kind":
			u.put("kind:%s%s%s\n", u.one(" ", "   "), kind, u.tail())
		case "metadata":
			u.member(0, k, 1, []string{"name", "targets", "state", "protect"})
		default:
			u.member(0, k, 3, []string{"type", "name", "provider", "displayName", "fields", "appName", "connections", "match", "merge", "host", "sandbox", "zz", "aa"})
		}
	}
	u.remarks(0)
}

func (u *ugly) tail() string { return u.one("", "", "", "  ", " # behind", "   # behind: it") }

// member writes a key with a value of some depth.
func (u *ugly) member(column int, key string, depth int, names []string) {
	in := strings.Repeat(" ", column)
	if u.sometimes(9) {
		key = `"` + key + `"`
	}
	u.put("%s%s:", in, key)
	u.value(column, depth, names)
}

func (u *ugly) value(column, depth int, names []string) {
	if depth > 0 {
		switch u.upTo(4) {
		case 0, 1, 2:
			u.put("%s\n", u.tail())
			u.mapping(column+1+u.upTo(5), depth-1, names)
			return
		case 3:
			u.put("%s\n", u.tail())
			u.list(column+u.upTo(4), depth-1, names)
			return
		}
	}
	u.scalar(column)
}

func (u *ugly) mapping(column, depth int, names []string) {
	keys := rapid.Permutation(names).Draw(u.T, "keys")
	for _, k := range keys[:1+u.upTo(min(len(keys)-1, 4))] {
		u.remarks(column)
		u.member(column, k, depth, names)
	}
}

func (u *ugly) list(column, depth int, names []string) {
	for range 1 + u.upTo(2) {
		u.remarks(column)
		gap := u.upTo(3) + 1
		u.put("%s-%s", strings.Repeat(" ", column), strings.Repeat(" ", gap))
		inner := column + 1 + gap
		if depth == 0 || u.sometimes(1) {
			u.scalar(column)
			continue
		}
		u.put("first: 1%s\n", u.tail())
		u.remarks(inner)
		u.member(inner, "second", depth-1, names)
	}
}

// scalar writes a value that is not a block collection, on one line or more.
func (u *ugly) scalar(column int) {
	more := strings.Repeat(" ", column+1+u.upTo(6))
	switch u.upTo(13) {
	case 0:
		u.put("%s\n", u.tail())
	case 1:
		u.put(" plain 员工 text%s\n", u.tail())
	case 2:
		u.put(" plain\n%sgoes on\n\n%sand # ends\n", more, more)
	case 3:
		u.put(" \"double # \\\" 'x'\n%sgoes \\\n%s  on: [\"%s\n", more, more, u.tail())
	case 4:
		u.put(" 'single ''# \"\n\n%sgoes on'%s\n", more, u.tail())
	case 5:
		u.put(" [a, 'b]', {c: d, \"e\": \"}\"}]%s\n", u.tail())
	case 6:
		u.put(" {name: it's, type: [a], protect: true, apiVersion: x ,}%s\n", u.tail())
	case 7:
		u.put(" [ a, # inside\n%sb,\n\n%s# alone\n%s]%s\n", more, more, more, u.tail())
	case 8:
		u.put(" |%s\n%stext # no remark\n%s  deeper\n\n%s#no remark\n", u.one("", "-", "", "-", "", "+", " # behind"), more, more, more)
		u.put("%s", u.one("", "\n", "\n\n"))
	case 9:
		u.put(" >%s\n\n%sfolded\n%stext\n", u.one("", "-"), more, more)
	case 10:
		digit := 1 + u.upTo(3)
		u.put(" |%d\n%s two\n%sone\n", digit, strings.Repeat(" ", column+digit+1), strings.Repeat(" ", column+digit))
	case 11:
		u.put("\n%s%s%s\n", more, u.one("alone", `"alone"`, "[a, b]", "{b: 1, a: 2}"), u.tail())
	case 12:
		u.put(" https://a.${var.x}/b%s\n", u.tail())
	case 13:
		u.put(" [\"https://${var.x}\", https://${var.x}/c]%s\n", u.tail())
	}
}

// FuzzFormat gives it anything.
func FuzzFormat(f *testing.F) {
	names, err := filepath.Glob("testdata/fmt/*.in")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte("apiVersion: idpsync/v1\nkind: &a Patch\nspec: !!map\n  b: *a\n  ? c\n  : d\n<<: {x: 1}\n"))
	f.Add([]byte("spec: {a: 1,\n b: [x, 'y\n']}\napiVersion: idpsync/v1\nkind: Connection\nmetadata: |\n  \n\n"))
	f.Add([]byte("apiVersion: idpsync/v1\nkind: Patch\nspec: >+"))
	f.Fuzz(func(t *testing.T, text []byte) { formatLaws(t, text) })
}
