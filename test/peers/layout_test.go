package peers

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// laidOut is a file before and after fmt.
type laidOut struct {
	Name   string `json:"name"`
	Before string `json:"before"`
	After  string `json:"after"`
}

var leadingBlanks = regexp.MustCompile(`(?m)^ +`)

// TestLayoutMeansTheSame lays out ugly files, and the examples with their columns
// doubled, and lets a parser of JavaScript compare what they mean and their
// comments.
func TestLayoutMeansTheSame(t *testing.T) {
	judge := node(t)
	dir := t.TempDir()
	put := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put("idpsync.yaml", "apiVersion: idpsync/v1\nkind: Project\ntargets: {local: {sandbox: {}}}\n")
	var all []laidOut
	add := func(text string) {
		l := laidOut{Name: fmt.Sprintf("f%03d.yaml", len(all)), Before: text}
		put(l.Name, text)
		all = append(all, l)
	}
	for _, path := range files(t, "../../internal/config/testdata/fmt", ".in") {
		add(contents(t, path))
	}
	for _, path := range append(files(t, "../../examples/config", ".yaml"), files(t, "../../testdata/validate/ok", ".yaml")...) {
		text := contents(t, path)
		add(leadingBlanks.ReplaceAllStringFunc(text, func(s string) string { return s + s }))
		add(strings.ReplaceAll(text, "\n", "\r\n"))
	}
	bin := filepath.Join(t.TempDir(), "idpsync")
	if _, err := run(5*time.Minute, goCommand("../..", "build", "-o", bin, "./cmd/idpsync")); err != nil {
		t.Fatal(err)
	}
	told, err := run(time.Minute, exec.Command(bin, "fmt", "-C", dir))
	if err != nil {
		t.Fatal(err)
	}
	if changed := bytes.Count(told, []byte("\n")); changed < len(all)/3 {
		t.Errorf("only %d of %d files were changed", changed, len(all))
	}
	for i := range all {
		all[i].After = contents(t, filepath.Join(dir, all[i].Name))
	}
	request, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(judge, "layout.mjs")
	cmd.Stdin = bytes.NewReader(request)
	out, err := run(2*time.Minute, cmd)
	if err != nil {
		t.Fatal(err)
	}
	var verdicts []struct{ Name, Complaint string }
	if err := json.Unmarshal(out, &verdicts); err != nil {
		t.Fatal(err)
	}
	if len(verdicts) != len(all) {
		t.Fatalf("%d verdicts on %d files", len(verdicts), len(all))
	}
	for i, v := range verdicts {
		if v.Complaint != "" {
			t.Errorf("%s\n%s\nbecame\n%s", v.Complaint, all[i].Before, all[i].After)
		}
	}
	t.Logf("%d files, %d changed", len(all), bytes.Count(told, []byte("\n")))
}

func contents(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
