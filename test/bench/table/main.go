// Command table measures idpsync and prints the table of docs/performance.md. It
// exits 1 when a bound is broken and 2 when something could not be measured.
//
//	table [-rows 4,5] [-pairs 5] [-large 100000] [-docs FILE]
//	table -pgo FILE
//
// It is run by "make bench", which builds what it needs. IDPSYNC_BENCH_PEER
// names a folder with another floor (floor/) and Terraform's best case
// (gen_tf.py), for the rows that compare with these.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// bench is one run of the table.
type bench struct {
	bin, tools, schemas, work string
	peer                      string
	pairs, size, large        int
	rows                      []row
	plan10k, validate10k      []usage // of idpsync, once measured
}

// row is a line of the table. A row that has no bound here, or cannot be
// measured on this machine, is neither kept nor broken: it only says something.
type row struct {
	name, goal, bound, measured string
	broken                      bool
}

func main() {
	b := &bench{peer: os.Getenv("IDPSYNC_BENCH_PEER")}
	var only, docs, pgo string
	flag.StringVar(&b.bin, "bin", "bin/idpsync", "the idpsync to measure")
	flag.StringVar(&b.tools, "tools", ".cache/bench", "the folder with floor and bare")
	flag.StringVar(&b.schemas, "schemas", "schemas", "the folder of the published schemas")
	flag.StringVar(&b.work, "work", ".cache/bench/work", "a folder for projects and pools; emptied")
	flag.StringVar(&only, "rows", "", "the rows to measure, as in 4,5; all without it")
	flag.IntVar(&b.pairs, "pairs", 5, "how often each command of a pair runs, after one run that does not count")
	flag.IntVar(&b.size, "size", 10_000, "connections of a project")
	flag.IntVar(&b.large, "large", 100_000, "connections of the largest project; 0 leaves it out")
	flag.StringVar(&docs, "docs", "", "write the table into this page, between its markers")
	flag.StringVar(&pgo, "pgo", "", "measure nothing; write a profile of apply, plan and validate into this file")
	flag.Parse()
	if err := b.run(only, pgo); err != nil {
		fmt.Fprintln(os.Stderr, "table:", err)
		os.Exit(2)
	}
	if docs != "" {
		if err := b.writeInto(docs); err != nil {
			fmt.Fprintln(os.Stderr, "table:", err)
			os.Exit(2)
		}
	}
	if slices.ContainsFunc(b.rows, func(r row) bool { return r.broken }) {
		os.Exit(1)
	}
}

// steps are the measurements and the rows that each of them fills.
var steps = []struct {
	rows []string
	do   func(*bench) error
}{
	{[]string{"1", "2", "3"}, (*bench).counts},
	{[]string{"4"}, (*bench).validate},
	{[]string{"5"}, (*bench).plan},
	{[]string{"6"}, (*bench).planFarAway},
	{[]string{"7"}, (*bench).apply},
	{[]string{"8"}, (*bench).peaks},
	{[]string{"9"}, (*bench).growth},
	{[]string{"10"}, (*bench).terraform},
	{[]string{"11"}, (*bench).startUp},
	{[]string{"12"}, (*bench).reparsed},
	{[]string{"13"}, (*bench).binarySize},
	{[]string{"sandbox"}, (*bench).sandboxRate},
	{[]string{"floor"}, (*bench).lean},
}

func (b *bench) run(only, pgo string) error {
	for _, path := range []*string{&b.bin, &b.tools, &b.schemas, &b.work} {
		abs, err := filepath.Abs(*path)
		if err != nil {
			return err
		}
		*path = abs
	}
	if err := os.RemoveAll(b.work); err != nil {
		return err
	}
	if err := os.MkdirAll(b.work, 0o755); err != nil {
		return err
	}
	if pgo != "" {
		return b.profile(pgo)
	}
	start := time.Now()
	defer func() { fmt.Fprintf(os.Stderr, "table: took %s\n", time.Since(start).Round(time.Second)) }()
	wanted := strings.FieldsFunc(only, func(r rune) bool { return r == ',' })
	fmt.Println("| # | goal | bound | measured |\n|---|---|---|---|")
	for _, s := range steps {
		if len(wanted) > 0 && !slices.ContainsFunc(s.rows, func(r string) bool { return slices.Contains(wanted, r) }) {
			continue
		}
		if err := s.do(b); err != nil {
			return fmt.Errorf("row %s: %w", strings.Join(s.rows, ", "), err)
		}
	}
	return nil
}

// add prints a row as soon as it is known.
func (b *bench) add(r row) {
	b.rows = append(b.rows, r)
	fmt.Println(r)
}

// String is the row in Markdown.
func (r row) String() string {
	broken := ""
	if r.broken {
		broken = " **BROKEN**"
	}
	return fmt.Sprintf("| %s | %s | %s | %s%s |", r.name, r.goal, r.bound, r.measured, broken)
}

// The lines of the page between which the table stands.
const (
	tableBegins = "<!-- table: make bench-docs writes it -->\n"
	tableEnds   = "<!-- end of the table -->\n"
)

// writeInto puts the table into the page.
func (b *bench) writeInto(page string) error {
	data, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(data), tableBegins)
	_, after, closed := strings.Cut(rest, tableEnds)
	if !ok || !closed {
		return fmt.Errorf("%s has no %q and %q", page, tableBegins, tableEnds)
	}
	var t strings.Builder
	t.WriteString(before + tableBegins + "\n| # | goal | bound | measured |\n|---|---|---|---|\n")
	for _, r := range b.rows {
		t.WriteString(r.String() + "\n")
	}
	t.WriteString("\n" + tableEnds + after)
	return os.WriteFile(page, []byte(t.String()), 0o644)
}

// thousands writes 10000 as 10,000.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
