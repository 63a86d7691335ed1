package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/natefinch/atomic"

	"github.com/idpsync/idpsync/internal/config"
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

// The formats of verbs that write more than text and JSON.
func planFormats() []string        { return report.Formats(&report.Plan{}) }
func driftFormats() []string       { return report.Formats(&report.Drift{}) }
func resultFormats() []string      { return report.Formats(&report.Result{}) }
func diagnosticsFormats() []string { return report.Formats(&report.Diagnostics{}) }

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
			return nil, refuseFormat(format, can)
		}
		if file == "" || file == "-" {
			file = ""
			onStdout++
		} else if err := errors.Join(a.checkFolder(file), a.checkTwice(outs, file)); err != nil {
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

func refuseFormat(format string, can []string) error {
	fit := strings.Join(can, ", ")
	if slices.Contains(report.Formats(nil), format) {
		return usage("it writes "+fit, "-o: this verb has no %s form", format)
	}
	return usage(didYouMean(format, can), "-o: want one of %s, got %q", fit, format)
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

// checkTwice refuses a file that an earlier output writes, however it is spelt:
// the second would take the place of the first.
func (a *app) checkTwice(earlier outputs, file string) error {
	for _, o := range earlier {
		if file != "" && o.file != "" && a.sameFile(o.file, file) {
			return usage("give each format a file of its own", "-o: %s would be written twice", file)
		}
	}
	return nil
}

// sameFile tells whether two paths lead to one regular file, now or once it is
// written. A device may be written to as often as one likes.
func (a *app) sameFile(x, y string) bool {
	infoX, errX := os.Stat(a.path(x))
	infoY, errY := os.Stat(a.path(y))
	if errX == nil && errY == nil {
		return infoX.Mode().IsRegular() && os.SameFile(infoX, infoY)
	}
	if errX == nil || errY == nil {
		return false
	}
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" { // where capitals usually make no other name
		return strings.EqualFold(a.destination(x), a.destination(y))
	}
	return a.destination(x) == a.destination(y)
}

// keepInput refuses an output that would take the place of what the verb reads.
func (a *app) keepInput(outs outputs, file string) error {
	for _, o := range outs {
		if o.file != "" && a.sameFile(o.file, file) {
			return usage("give the output another name", "-o: %s is what the verb reads, and would be overwritten", o.file)
		}
	}
	return nil
}

// destination is a path with the links of its folder followed.
func (a *app) destination(file string) string {
	path := a.path(file)
	if dir, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		path = filepath.Join(dir, filepath.Base(path))
	}
	if to, err := os.Readlink(path); err == nil { // to a file that is not there yet
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(path), to)
		}
		path = to
	}
	return filepath.Clean(path)
}

// path makes a path of the command line absolute.
func (a *app) path(p string) string {
	if filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(a.env.Dir, p)
}

// reports keeps the outputs that somebody reads later or by a machine: all but
// the text on stdout. A command that ends early writes its reason there, so that
// no file of an earlier run is taken for its result.
func (outs outputs) reports() outputs {
	return slices.DeleteFunc(slices.Clone(outs), func(o output) bool { return o == output{format: textFormat} })
}

// takesStdout tells that stdout is for a format other than text.
func (outs outputs) takesStdout() bool {
	return slices.ContainsFunc(outs, func(o output) bool { return o.file == "" && o.format != textFormat })
}

// document is what report makes.
type document = report.Document

// emit writes the document to every output.
func (a *app) emit(outs outputs, doc document) error {
	var errs []error
	for _, o := range outs {
		style := a.style(o)
		errs = append(errs, a.write(o.file, func(w io.Writer) error { return report.Render(w, o.format, doc, style) }))
	}
	return errors.Join(errs...)
}

func (a *app) style(o output) report.Style {
	style := report.Style{Lang: a.lang()}
	if o.file == "" {
		style = a.screenOf(a.out, a.outColor)
	}
	if o.format != textFormat && o.format != jsonFormat {
		style.Base, style.Project = a.repository()
	}
	return style
}

// repository tells how one gets from the top of the repository to the working
// folder, and to the project's file from there.
func (a *app) repository() (base, project string) {
	if dir, err := a.projectDir(); err == nil {
		project = a.relative(filepath.Join(dir, config.ProjectFile))
	}
	for top := a.env.Dir; ; top = filepath.Dir(top) {
		if _, err := os.Stat(filepath.Join(top, ".git")); err == nil {
			rel, err := filepath.Rel(top, a.env.Dir)
			if err != nil || rel == "." {
				rel = ""
			}
			return filepath.ToSlash(rel), project
		}
		if top == filepath.Dir(top) {
			return "", project
		}
	}
}

// report writes the document of a verb that ends early, wherever its format has
// a form of it. Whoever asked for text on stdout has been told on stderr.
func (a *app) report(outs outputs, doc document) error {
	fit := report.Formats(doc)
	return a.emit(slices.DeleteFunc(outs.reports(), func(o output) bool { return !slices.Contains(fit, o.format) }), doc)
}

// tell writes the document's text to stderr.
func (a *app) tell(doc document) error {
	return doc.Text(a.err, a.errStyle())
}

// ended is how a verb ends that has a verdict and wrote its outputs: a report
// that is missing turns a success into a failure, and hides no worse end.
func ended(verdict Exit, writing error) error {
	if writing != nil && verdict == Changes {
		verdict = Failure
	}
	return errors.Join(writing, silent(verdict))
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
	var at *fs.PathError
	if errors.As(err, &at) { // whose path is that of the passing file
		err = at.Err
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

// pipe is a stream whose reader may go: "idpsync plan | head" has read what it
// wanted, which is no failure of the plan.
type pipe struct{ io.Writer }

func (p pipe) Write(b []byte) (int, error) {
	n, err := p.Writer.Write(b)
	if errors.Is(err, syscall.EPIPE) {
		return len(b), nil
	}
	return n, err
}

// missReaders makes a reader that has gone an error: what goes on for ever would
// work with nobody to hear of it.
func (a *app) missReaders() {
	if p, ok := a.out.(pipe); ok {
		a.out = p.Writer
	}
}

// lockedWriter lets several goroutines write whole lines.
type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
	// above takes what is written while progress bars stand at the end of the
	// screen; nil when there are none.
	above io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.above != nil {
		if n, err := l.above.Write(p); err == nil {
			return n, nil
		} // the bars are gone already
	}
	return l.w.Write(p)
}

// divert sends what is written above the bars; nil ends that.
func (l *lockedWriter) divert(above io.Writer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.above = above
}
