package diagnostic

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var (
	verb = regexp.MustCompile(`%\[([0-9]+)\][sdqv]`)
	code = regexp.MustCompile(`^IDP[0-9]{4}$`)
)

// placeholders are the verbs of a sentence, sorted: the order in it is free.
func placeholders(s string) []string {
	found := verb.FindAllString(s, -1)
	slices.Sort(found)
	return slices.Compact(found)
}

// arguments is how many arguments a sentence takes.
func arguments(s string) int {
	most := 0
	for _, m := range verb.FindAllStringSubmatch(s, -1) {
		n, _ := strconv.Atoi(m[1])
		most = max(most, n)
	}
	return most
}

func TestBothLanguagesSayTheSame(t *testing.T) {
	for id, en := range english {
		zh, ok := chinese[id]
		switch {
		case !ok:
			t.Errorf("%s: no Chinese", id)
		case !slices.Equal(placeholders(en), placeholders(zh)):
			t.Errorf("%s: %v in English, %v in Chinese", id, placeholders(en), placeholders(zh))
		}
		for _, s := range []string{en, zh} {
			if strings.Contains(verb.ReplaceAllString(s, ""), "%") {
				t.Errorf("%s: a verb without a number in %q", id, s)
			}
			if len(placeholders(s)) != arguments(s) {
				t.Errorf("%s: an argument is left out in %q", id, s)
			}
		}
	}
	for id := range chinese {
		if _, ok := english[id]; !ok {
			t.Errorf("%s: no English", id)
		}
	}
}

func TestEveryCodeHasATitle(t *testing.T) {
	if !slices.IsSorted(Codes) || len(slices.Compact(slices.Clone(Codes))) != len(Codes) {
		t.Error("codes are out of order")
	}
	for _, c := range Codes {
		if Title(c, English) == "" || Title(c, Chinese) == Title(c, English) {
			t.Errorf("%s has no title", c)
		}
	}
	for id := range english {
		if code.MatchString(id) && !slices.Contains(Codes, id) {
			t.Errorf("%s is not in Codes", id)
		}
	}
}

// TestWhatTheProgramSays reads the sources: every code is in Codes, and every
// sentence named with T is in the catalogue and gets the arguments it takes.
func TestWhatTheProgramSays(t *testing.T) {
	sentences := 0
	for _, file := range sources(t) {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BasicLit:
				if s := literal(n); code.MatchString(s) && !slices.Contains(Codes, s) {
					t.Errorf("%s is not in Codes", s)
				}
			case *ast.CallExpr:
				if checkCall(t, n) {
					sentences++
				}
			}
			return true
		})
	}
	if sentences < 50 {
		t.Errorf("only %d sentences seen: is the walk broken?", sentences)
	}
}

// checkCall checks one call of diagnostic.T("id", args...).
func checkCall(t *testing.T, call *ast.CallExpr) bool {
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || f.Sel.Name != "T" || len(call.Args) == 0 {
		return false
	}
	pkg, ok := f.X.(*ast.Ident)
	id := literal(call.Args[0])
	if !ok || pkg.Name != "diagnostic" || id == "" {
		return false
	}
	s, known := english[id]
	if !known {
		t.Errorf("%s: no such sentence", id)
	} else if got := len(call.Args) - 1; got != arguments(s) && call.Ellipsis == token.NoPos {
		t.Errorf("%s: %d arguments for %q", id, got, s)
	}
	return true
}

func literal(e ast.Expr) string {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return ""
	}
	s, _ := strconv.Unquote(lit.Value)
	return s
}

// sources parses every file of the program but the tests. A file that does not
// parse is somebody's work in progress, and the compiler's to complain about.
func sources(t *testing.T) []*ast.File {
	t.Helper()
	var files []*ast.File
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		if file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0); err == nil {
			files = append(files, file)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
