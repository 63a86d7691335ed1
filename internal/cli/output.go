package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/natefinch/atomic"

	"github.com/idpsync/idpsync/internal/report"
)

// output is one "-o FORMAT[=FILE]"; no file means stdout.
type output struct{ format, file string }

// outputs are what one command writes. A file comes on top of the text on
// stdout; a format without a file takes its place.
type outputs []output

const (
	textFormat = "text"
	jsonFormat = "json"
)

// formats are those of the contract; a verb writes some of them.
var formats = []string{textFormat, jsonFormat, "sarif", "github", "gitlab", "junit", "dot", "mermaid"}

// outputs reads the -o flags against what the verb can write.
func (a *app) outputs(can ...string) (outputs, error) {
	var outs outputs
	onStdout := 0
	for _, v := range a.flags.outputs {
		format, file, toFile := strings.Cut(v, "=")
		if toFile && file == "" {
			return nil, usage("-o "+format+" writes to stdout", "-o %s: want a file after the equals sign", v)
		}
		if !slices.Contains(can, format) {
			if slices.Contains(formats, format) {
				return nil, usage("it writes "+strings.Join(can, " and "), "-o: %s is not built yet for this verb", format)
			}
			return nil, usage(didYouMean(format, can), "-o: want one of %s, got %q", strings.Join(can, ", "), format)
		}
		if file == "" || file == "-" {
			file = ""
			onStdout++
		} else if err := a.checkFolder(file); err != nil {
			return nil, err
		}
		outs = append(outs, output{format, file})
	}
	if onStdout > 1 {
		return nil, usage("give all but one of them a file: -o json=FILE", "-o: only one format fits on stdout")
	}
	if onStdout == 0 {
		outs = append(outs, output{format: textFormat})
	}
	return outs, nil
}

// checkFolder finds out before any work that a report could not be kept.
func (a *app) checkFolder(file string) error {
	dir := filepath.Dir(a.path(file))
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return fmt.Errorf("-o: no folder %s to write %s in", dir, filepath.Base(file))
	}
	return a.checkOverwrite(file)
}

// checkOverwrite refuses to write where a folder or a file of the project is.
func (a *app) checkOverwrite(file string) error {
	if info, err := os.Stat(a.path(file)); err == nil {
		switch ext := strings.ToLower(filepath.Ext(file)); {
		case info.IsDir():
			return usage("name a file in it", "-o: %s is a folder", file)
		case ext == ".yaml" || ext == ".yml":
			return usage("give it another name", "-o: %s is there already and looks like a file of the project", file)
		}
	}
	return nil
}

// path makes a path of the command line absolute.
func (a *app) path(p string) string {
	if filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(a.env.Dir, p)
}

// json keeps the outputs that are for a machine.
func (outs outputs) json() outputs {
	var kept outputs
	for _, o := range outs {
		if o.format == jsonFormat {
			kept = append(kept, o)
		}
	}
	return kept
}

// jsonOnStdout tells that stdout is for a machine.
func (outs outputs) jsonOnStdout() bool { return slices.Contains(outs, output{format: jsonFormat}) }

// document is what report makes.
type document interface {
	Text(w io.Writer, s report.Style) error
}

// emit writes the document to every output.
func (a *app) emit(outs outputs, doc document) error {
	var errs []error
	for _, o := range outs {
		style := report.Style{Color: a.outColor && o.file == ""}
		if o.file == "" && a.terminal(a.out) {
			style.Frame = a.frame
		}
		err := a.write(o.file, func(w io.Writer) error {
			if o.format == jsonFormat {
				return report.JSON(w, doc)
			}
			return doc.Text(w, style)
		})
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// tell writes the document's text to stderr.
func (a *app) tell(doc document) error {
	style := report.Style{Color: a.errColor}
	if a.terminal(a.err) {
		style.Frame = a.frame
	}
	return doc.Text(a.err, style)
}

// frame reads a file that a diagnostic names; nothing when it cannot be read.
func (a *app) frame(file string) []byte {
	text, err := os.ReadFile(a.path(filepath.FromSlash(file)))
	if err != nil {
		return nil
	}
	return text
}

// write writes to stdout, or to a file which is there wholly or not at all.
func (a *app) write(file string, fill func(io.Writer) error) error {
	if file == "" {
		return fill(a.out)
	}
	path := a.path(file)
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real // a link stays a link
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return writeThrough(path, fill)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".idpsync-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	defer func() { _ = os.Remove(f.Name()) }()
	err = fill(f)
	if e := f.Chmod(0o644); err == nil {
		err = e
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = atomic.ReplaceFile(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	return nil
}

// writeThrough writes to what is no regular file, a pipe or a device, and must
// not be put in its place.
func writeThrough(path string, fill func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(fill(f), f.Close())
}

// lockedWriter lets several goroutines write whole lines.
type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}
