package secret

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxFile is the most a secret file may hold, in bytes.
const maxFile = 1 << 20

// DirsVariable names the environment variable that lists more folders for
// secret files, separated as PATH is.
const DirsVariable = "IDPSYNC_SECRET_DIRS"

// mounts are where container platforms put secrets.
var mounts = []string{"/run/secrets", "/var/run/secrets"}

const interruptedDetail = "interrupted"

// fetch reads one reference.
func (o Options) fetch(ctx context.Context, ref string) (string, *fault) {
	if ctx.Err() != nil {
		return "", &fault{why: Failed, detail: interruptedDetail}
	}
	scheme, rest, _ := strings.Cut(ref, ":")
	switch scheme {
	case "env":
		return o.env(rest)
	case "file":
		return o.file(rest)
	case "age":
		return o.age(rest)
	case "exec":
		return o.exec(ctx, rest)
	}
	return "", &fault{why: Unsupported, detail: scheme}
}

func (o Options) env(name string) (string, *fault) {
	value, ok := o.lookup(name)
	if !ok {
		return "", &fault{why: Unset}
	}
	return value, nil
}

func (o Options) lookup(name string) (string, bool) {
	if o.LookupEnv == nil {
		return "", false
	}
	return o.LookupEnv(name)
}

// file reads a file below one of the folders where secrets may lie. A link is
// followed only if it is relative and stays below that folder.
func (o Options) file(path string) (string, *fault) {
	data, f := o.readFile(path)
	if f != nil {
		return "", f
	}
	return trimNewline(string(data)), nil
}

// home finds the folder that the path may be read from, and the path in it.
func (o Options) home(path string) (dir, name string, ok bool) {
	if !filepath.IsAbs(path) {
		return o.Dir, filepath.FromSlash(path), filepath.IsLocal(filepath.FromSlash(path))
	}
	for _, dir := range o.dirs() {
		rel, err := filepath.Rel(dir, path)
		if err == nil && filepath.IsLocal(rel) {
			return dir, rel, true
		}
	}
	return "", "", false
}

func (o Options) dirs() []string {
	dirs := slices.Clone(mounts)
	if abs, err := filepath.Abs(o.Dir); err == nil {
		dirs = append(dirs, abs)
	}
	named, _ := o.lookup(DirsVariable)
	for _, d := range filepath.SplitList(named) {
		if filepath.IsAbs(d) {
			dirs = append(dirs, d)
		}
	}
	return dirs
}

var (
	errTooLarge  = errors.New("too large")
	errIrregular = errors.New("not a regular file")
)

// readCapped reads a regular file. It looks before it opens: opening a pipe
// would wait for a writer.
func readCapped(root *os.Root, name string) ([]byte, error) {
	info, err := root.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errIrregular
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = errTooLarge
	}
	return data, err
}

func fileFault(err error) *fault {
	var pathError *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &fault{why: Absent}
	case errors.Is(err, errTooLarge):
		return &fault{why: TooLarge, detail: fmt.Sprint(maxFile >> 10)}
	case errors.Is(err, errIrregular), errors.Is(err, fs.ErrPermission):
		return &fault{why: Failed, detail: plainReason(err)}
	case errors.As(err, &pathError) && strings.Contains(pathError.Err.Error(), "escapes"):
		return &fault{why: Denied} // os.Root has no exported error for it
	}
	return &fault{why: Failed, detail: plainReason(err)}
}

// plainReason drops the path from an error: the reference names it already.
func plainReason(err error) string {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		return pathError.Err.Error()
	}
	return err.Error()
}

// trimNewline takes one newline off the end, as editors and echo put it there.
func trimNewline(s string) string {
	s, cut := strings.CutSuffix(s, "\n")
	if cut {
		s = strings.TrimSuffix(s, "\r")
	}
	return s
}
