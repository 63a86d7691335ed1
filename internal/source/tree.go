package source

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha1" //nolint:gosec // the ids of git are what they are
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"
)

// entry is a file of a commit.
type entry struct {
	mode, id, name string
	size           int64
}

// The bounds of a folder: one that is larger is no project.
const (
	mostFiles = 200_000
	mostBytes = 1 << 30
)

const link = "120000"

// errDamaged: the mirror does not hold what it should.
var errDamaged = errors.New("what was fetched is corrupt")

// folder gives the files of a commit, written once a process. The folder appears
// whole or not at all.
func (g *Git) folder(ctx context.Context, commit string) (string, error) {
	if dir, ok := g.trees[commit]; ok {
		if _, err := os.Stat(dir); err == nil {
			return dir, nil
		}
	}
	entries, err := g.list(ctx, commit)
	if err != nil {
		return "", err
	}
	root := filepath.Join(g.home, "trees")
	fresh, err := os.MkdirTemp(root, ".new-")
	if err != nil {
		return "", &Error{Message: "the folder for what is fetched", Next: "make it writable", Err: err}
	}
	defer func() { _ = os.RemoveAll(fresh) }()
	if err := g.write(ctx, fresh, entries); err != nil {
		return "", err
	}
	dir := filepath.Join(root, commit[:12]+strings.TrimPrefix(filepath.Base(fresh), ".new"))
	if err := os.Rename(fresh, dir); err != nil {
		return "", &Error{Message: "the folder for what is fetched", Next: "make it writable", Err: err}
	}
	g.trees[commit] = dir
	return dir, nil
}

// list lists the files of the path at a commit. Submodules are left out.
func (g *Git) list(ctx context.Context, commit string) ([]entry, error) {
	what := commit + ":" + g.path
	if out, err := g.run.run(ctx, "cat-file", "-t", what); err != nil || strings.TrimSpace(string(out)) != "tree" {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if g.path == "" {
			return nil, g.explain(err)
		}
		return nil, refuse("see --path, or git.path of a source", "%s: there is no folder %s at commit %s", g.name, printable(g.path), commit[:12])
	}
	out, err := g.run.run(ctx, "ls-tree", "-r", "-z", "-l", "--full-tree", what)
	if err != nil {
		return nil, g.explain(err)
	}
	var entries []entry
	var total int64
	for line := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		if line == "" {
			continue
		}
		e, err := parseEntry(line)
		if err != nil {
			return nil, &Error{Message: fmt.Sprintf("%s: commit %s", g.name, commit[:12]), Next: hintOf(err), Err: err}
		}
		if e.id == "" {
			continue
		}
		entries, total = append(entries, e), total+e.size
		if len(entries) > mostFiles || total > mostBytes {
			return nil, refuse("name the folder of the project (--path, or git.path of a source)", "%s: more than %d files or %d MiB", g.name, mostFiles, mostBytes>>20)
		}
	}
	return entries, nil
}

// parseEntry reads "MODE TYPE ID SIZE\tNAME"; an entry without an id is none to
// write.
func parseEntry(line string) (entry, error) {
	head, name, ok := strings.Cut(line, "\t")
	words := strings.Fields(head)
	if !ok || len(words) != 4 {
		return entry{}, refuse("", "git lists its files in a way that is not understood")
	}
	if words[1] != "blob" {
		return entry{}, nil
	}
	if !harmless(name) {
		return entry{}, refuse("remove it from the repository", "it holds a file that must not be written: %q", printable(name))
	}
	size, err := strconv.ParseInt(words[3], 10, 64)
	if err != nil || size < 0 {
		return entry{}, refuse("", "git lists its files in a way that is not understood")
	}
	return entry{mode: words[0], id: words[2], name: name, size: size}, nil
}

// harmless tells that a name stays in its folder and is no repository of its own.
func harmless(name string) bool {
	if !filepath.IsLocal(filepath.FromSlash(name)) || path.Clean(name) != name {
		return false
	}
	for part := range strings.SplitSeq(name, "/") {
		if strings.EqualFold(strings.TrimRight(part, ". "), ".git") || strings.ContainsFunc(part, unicode.IsControl) {
			return false
		}
	}
	return true
}

// write puts the files into a folder, through a root that nothing leads out of.
// Links come last, so that no file is written through one.
func (g *Git) write(ctx context.Context, dir string, entries []entry) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	var ask bytes.Buffer
	for _, e := range entries {
		ask.WriteString(e.id + "\n")
	}
	read, give := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := unpack(root, bufio.NewReaderSize(read, 1<<16), entries)
		_ = read.CloseWithError(err)
		done <- err
	}()
	err = g.run.stream(ctx, &ask, give, "cat-file", "--batch")
	_ = give.CloseWithError(err)
	wrong := <-done
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err == nil || errors.Is(wrong, errDamaged) || errors.As(wrong, new(*Error)) {
		return wrong // what git says then is only that nobody listens
	}
	return err
}

// unpack writes what cat-file --batch prints for each entry in turn.
func unpack(root *os.Root, from *bufio.Reader, entries []entry) error {
	type later struct{ name, to string }
	var links []later
	for _, e := range entries {
		data, err := object(from, e)
		if err != nil {
			return err
		}
		if e.mode == link {
			links = append(links, later{e.name, string(data)})
			continue
		}
		if err := put(root, e.name, data); err != nil {
			return err
		}
	}
	for _, l := range links {
		if err := makeParent(root, l.name); err != nil {
			return err
		}
		if err := root.Symlink(filepath.FromSlash(l.to), l.name); err != nil {
			return twice(l.name, err)
		}
	}
	return nil
}

// object reads one answer, "ID blob SIZE\n" and the bytes, and holds it to its id.
func object(from *bufio.Reader, e entry) ([]byte, error) {
	line, err := from.ReadString('\n')
	if err != nil {
		return nil, err
	}
	if want := fmt.Sprintf("%s blob %d\n", e.id, e.size); line != want {
		return nil, fmt.Errorf("%w: no blob %s", errDamaged, e.id)
	}
	data := make([]byte, e.size+1)
	if _, err := io.ReadFull(from, data); err != nil {
		return nil, err
	}
	data = data[:e.size]
	if idOf(data, len(e.id)) != e.id {
		return nil, fmt.Errorf("%w: other bytes in blob %s", errDamaged, e.id)
	}
	return data, nil
}

func idOf(data []byte, length int) string {
	h := sha1.New() //nolint:gosec // see the import
	if length == 2*sha256.Size {
		h = sha256.New()
	}
	fmt.Fprintf(h, "blob %d\x00", len(data))
	h.Write(data)
	return hex.EncodeToString(h.Sum(nil))
}

func put(root *os.Root, name string, data []byte) error {
	if err := makeParent(root, name); err != nil {
		return err
	}
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return twice(name, err)
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

func makeParent(root *os.Root, name string) error {
	if dir := path.Dir(name); dir != "." {
		return root.MkdirAll(dir, 0o700)
	}
	return nil
}

// twice explains a name that is taken: two files of the repository are one here.
func twice(name string, err error) error {
	if errors.Is(err, fs.ErrExist) {
		return refuse("rename one of them", "the repository holds %q twice, as this disk sees it", printable(name))
	}
	return err
}
