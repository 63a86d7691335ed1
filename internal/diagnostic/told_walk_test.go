package diagnostic

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// spoken is a text in a source that a person may read.
type spoken struct {
	place  token.Position
	format string
}

// silentCalls are calls whose texts no user reads as ours, with the reason.
var silentCalls = map[string]string{
	"Debug": "log line", "Info": "log line", "Warn": "log line", "Error": "log line", "Log": "log line", "Attr": "log line",
	"DebugContext": "log line", "InfoContext": "log line", "WarnContext": "log line", "ErrorContext": "log line",
	"T":           "a sentence of the catalogue, by its name",
	"MustCompile": "a regular expression",
	"panic":       "a mistake of the program; bug() tells it in both languages",
	"Getenv":      "a name", "LookupEnv": "a name",
	"Contains": "compared, not said", "HasPrefix": "compared, not said", "HasSuffix": "compared, not said", "Index": "compared, not said",
	"Cut": "compared, not said", "CutPrefix": "compared, not said", "CutSuffix": "compared, not said", "Split": "compared, not said",
	"TrimPrefix": "compared, not said", "TrimSuffix": "compared, not said", "EqualFold": "compared, not said",
	"Query": "a statement of SQL", "QueryRow": "a statement of SQL", "Exec": "a statement of SQL", "Queue": "a statement of SQL",
	"Lookup": "a name", "MarkHidden": "a name",
}

// counts are the calls that write a number and a noun.
var counts = map[string]bool{"plural": true, "count": true, "counted": true}

// flagCall is the registration of a flag: help_zh.go has its row, and a test
// there walks the flags.
var flagCall = regexp.MustCompile(`^(Bool|Count|Duration|Float64|Int|String|StringArray|StringSlice)(Var)?P?$`)

// helpFields are fields of a cobra.Command, for the same reason.
var helpFields = []string{"Use", "Short", "Long", "Example"}

// filesOf parses a package's sources; nothing where there is no such package.
func filesOf(t *testing.T, dir string) (*token.FileSet, []*ast.File) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	set := token.NewFileSet()
	var files []*ast.File
	for _, e := range entries {
		if filepath.Ext(e.Name()) != ".go" || strings.HasSuffix(e.Name(), "_test.go") || strings.HasSuffix(e.Name(), "_zh.go") {
			continue
		}
		// A file that does not parse is the compiler's to complain about.
		if file, err := parser.ParseFile(set, filepath.Join(dir, e.Name()), nil, 0); err == nil {
			files = append(files, file)
		}
	}
	return set, files
}

// spokenIn lists what a package says.
func spokenIn(t *testing.T, dir string) []spoken {
	set, files := filesOf(t, dir)
	w := &speech{set: set}
	for _, f := range files {
		ast.Walk(w, f)
	}
	return w.found
}

// literalsIn lists every text of a package, said or not.
func literalsIn(t *testing.T, dir string) map[string]bool {
	_, files := filesOf(t, dir)
	all := map[string]bool{}
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok {
				all[strings.Trim(literal(lit), "\n ")] = true
			}
			return true
		})
	}
	return all
}

// speech collects what a file says. Its Visit goes into everything but what is
// known to be no speech.
type speech struct {
	set   *token.FileSet
	found []spoken
}

func (w *speech) Visit(n ast.Node) ast.Visitor {
	switch n := n.(type) {
	case *ast.ImportSpec, *ast.CaseClause:
		if c, ok := n.(*ast.CaseClause); ok {
			for _, s := range c.Body {
				ast.Walk(w, s)
			}
		}
		return nil
	case *ast.Field:
		return nil // types and tags
	case *ast.CallExpr:
		name := calledName(n)
		if counts[name] && len(n.Args) == 2 {
			if noun := literal(n.Args[1]); noun != "" {
				w.found = append(w.found, spoken{w.set.Position(n.Pos()), "%d " + noun})
				return nil
			}
		}
		if _, silent := silentCalls[name]; silent || flagCall.MatchString(name) {
			for _, a := range n.Args {
				if f, ok := a.(*ast.FuncLit); ok {
					ast.Walk(w, f)
				}
			}
			ast.Walk(w, n.Fun)
			return nil
		}
	case *ast.KeyValueExpr:
		if id, ok := n.Key.(*ast.Ident); ok && slices.Contains(helpFields, id.Name) {
			return nil
		}
	case *ast.BinaryExpr:
		if format, ok := joinedFormat(n); ok {
			w.say(n.Pos(), format)
			return insideJoined{w}
		}
		if n.Op == token.EQL || n.Op == token.NEQ {
			return nil
		}
	case *ast.BasicLit:
		if s := literal(n); s != "" {
			w.say(n.Pos(), s)
		}
	}
	return w
}

func (w *speech) say(at token.Pos, format string) {
	if sentence := strings.Trim(format, "\n "); prose(sentence) {
		w.found = append(w.found, spoken{w.set.Position(at), sentence})
	}
}

// insideJoined looks for calls inside a "a" + b + "c" whose text is taken.
type insideJoined struct{ w *speech }

func (i insideJoined) Visit(n ast.Node) ast.Visitor {
	switch n := n.(type) {
	case *ast.CallExpr:
		return i.w.Visit(n)
	case *ast.BasicLit:
		return nil
	}
	return i
}

func calledName(c *ast.CallExpr) string {
	switch f := c.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

// joinedFormat writes "a " + b + " c" as "a %s c".
func joinedFormat(e *ast.BinaryExpr) (string, bool) {
	if e.Op != token.ADD {
		return "", false
	}
	var b strings.Builder
	texts := false
	var walk func(ast.Expr)
	walk = func(x ast.Expr) {
		switch x := x.(type) {
		case *ast.BinaryExpr:
			if x.Op == token.ADD {
				walk(x.X)
				walk(x.Y)
				return
			}
		case *ast.ParenExpr:
			walk(x.X)
			return
		case *ast.BasicLit:
			if x.Kind == token.STRING {
				texts = true
				b.WriteString(literal(x))
				return
			}
		}
		b.WriteString("%s")
	}
	walk(e)
	return b.String(), texts
}

var (
	word  = regexp.MustCompile(`\pL[\pL']+`)
	words = regexp.MustCompile(`^[a-z]{3,} [^ ]|\pL[\pL']*[,;]?["')]* +[("']*\pL\pL*|\pL\pL+[,;]? %|%[\[\]0-9]*[a-z]["')]*[,;]? +\pL\pL+`)
)

// markup is what no table translates: SQL, HTML, headers, the syntax of other programs.
var markup = regexp.MustCompile(`^(<[a-z/!]|::|select |insert into |update \w+( \w+)? set |with \w+ as|create table |delete from |, \w+ as \(|default-src |[a-z]+/[a-z]+; charset=)`)

// prose tells a text that is said from a name, a path or a mark: it has two
// words beside each other, or a word beside a value.
func prose(format string) bool {
	return !markup.MatchString(format) && words.MatchString(strings.ReplaceAll(format, "%%", "")) && word.MatchString(placeholder().ReplaceAllString(format, ""))
}
