package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/cli"
	"github.com/idpsync/idpsync/internal/schema"
)

// unpublished is the exit code of a story's command whose JSON is not as its
// published schema says; no command of ours ends with it.
const unpublished = 99

// published is the program as stories run it: whatever JSON document it writes
// is held to the schema in schemas/output that is published for its kind.
func published() {
	files, stdout := jsonOutputs(os.Args[1:])
	if !stdout && len(files) == 0 {
		main()
	}
	var out io.Writer = os.Stdout
	said := func() error { return nil }
	if stdout {
		var check io.WriteCloser
		check, said = checking("stdout")
		out = io.MultiWriter(os.Stdout, check)
	}
	code := execute(out)
	errs := []error{said()}
	for _, f := range files {
		if code == int(cli.Usage) { // nothing was written, and the file is somebody's
			break
		}
		if info, err := os.Stat(f); err == nil && info.Mode().IsRegular() {
			errs = append(errs, checkFile(f))
		}
	}
	if err := errors.Join(errs...); err != nil {
		fmt.Fprintln(os.Stderr, "PUBLISHED SCHEMA:", err)
		code = unpublished
	}
	os.Exit(code)
}

// checking checks what is written while it is written, and keeps none of it: a
// watch writes a line for each pass for as long as it runs, and its memory is
// measured. end waits for the verdict.
func checking(where string) (w io.WriteCloser, end func() error) {
	r, w := io.Pipe()
	verdict := make(chan error, 1)
	go func() {
		verdict <- checkPublished(where, r)
		_, _ = io.Copy(io.Discard, r) // after the first wrong document nobody looks, and the program goes on
	}()
	return w, func() error {
		_ = w.Close()
		return <-verdict
	}
}

// TestCheckingKeepsNothing: what a long run has written does not add up in the
// process whose memory the soak weighs.
func TestCheckingKeepsNothing(t *testing.T) {
	w, end := checking("stdout")
	line := []byte(`{"kind":"","said":"` + strings.Repeat("x", mib) + `"}` + "\n")
	before := inUse()
	for range 24 {
		if _, err := w.Write(line); err != nil {
			t.Fatal(err)
		}
	}
	if grown := inUse() - before; grown > 10*mib {
		t.Errorf("24 MiB were written, and %d MiB are kept", grown/mib)
	}
	if err := end(); err != nil {
		t.Error(err)
	}
}

func inUse() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func checkFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return checkPublished(path, f)
}

// jsonOutputs lists the files that a command line asks to have JSON in, and
// whether stdout is to be JSON.
func jsonOutputs(args []string) (files []string, stdout bool) {
	for i, a := range args {
		value, long := strings.CutPrefix(a, "--output=")
		switch {
		case (a == "-o" || a == "--output") && i+1 < len(args):
			value = args[i+1]
		case strings.HasPrefix(a, "-o") && len(a) > 2:
			value = a[2:]
		case !long:
			continue
		}
		format, file, toFile := strings.Cut(value, "=")
		if format != "json" {
			continue
		}
		if toFile && file != "-" {
			files = append(files, file)
		} else {
			stdout = true
		}
	}
	return files, stdout
}

// checkPublished checks every document of a text; none at all is right for a
// command that refused its command line.
func checkPublished(where string, text io.Reader) error {
	d := json.NewDecoder(text)
	for {
		var doc json.RawMessage
		if err := d.Decode(&doc); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("%s is not JSON: %w", where, err)
		}
		var head struct{ Kind string }
		if json.Unmarshal(doc, &head) != nil || head.Kind == "" {
			continue // a JSON Schema, as "schema show" prints
		}
		found, err := schema.VerifyOutput(strings.TrimPrefix(head.Kind, "idpsync."), doc)
		if err != nil {
			return fmt.Errorf("%s: %w", where, err)
		}
		if len(found) > 0 {
			return fmt.Errorf("%s is no %s as published: %s: %s (and %d more)", where, head.Kind, found[0].Pointer, found[0].Message, len(found)-1)
		}
	}
}
