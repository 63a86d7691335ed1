package ledger

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"
	"github.com/natefinch/atomic"
)

// DefaultLocation is the ledger of a project that names none.
const DefaultLocation = "file:.idpsync/ledger"

// Options steer Open.
type Options struct {
	// Tell is told what is wrong and yet no reason to stop: a Torn last line. It
	// may be called from many goroutines; nil tells nobody.
	Tell func(*Error)
	// Lease is how long a holder in a database may be silent before another may
	// take its place; 0 is 30 seconds. Files need none.
	Lease time.Duration
}

// Open opens the ledger at a location as a project file writes it:
// "file:FOLDER", relative to dir, "postgres://USER@HOST/DATABASE", or "" for the
// default. Nothing is read or made yet. The caller closes it.
func Open(location, dir string, o Options) (Ledger, error) {
	location = cmp.Or(location, DefaultLocation)
	if isPostgres(location) {
		return openPostgres(location, o)
	}
	scheme, rest, _ := strings.Cut(location, ":")
	if scheme != "file" || rest == "" {
		return nil, &Error{Problem: Foreign, Path: hideLogin(location), Reason: "want file:FOLDER or postgres://USER@HOST/DATABASE"}
	}
	root := filepath.FromSlash(rest)
	if !filepath.IsAbs(root) {
		root = filepath.Join(dir, root)
	}
	return &fileLedger{root: root, tell: o.Tell}, nil
}

// hideLogin keeps the credentials of a URL out of a sentence.
func hideLogin(location string) string {
	before, rest, found := strings.Cut(location, "//")
	if at := strings.LastIndexByte(rest, '@'); found && at >= 0 {
		return before + "//..." + rest[at:]
	}
	return location
}

type fileLedger struct {
	root string
	tell func(*Error)
}

func (l *fileLedger) Pool(id string) Pool {
	return &filePool{id: id, dir: filepath.Join(l.root, folderOf(id)), tell: l.tell}
}

func (l *fileLedger) Close() error { return nil }

// Pools reads the names of the folders; one whose id could not be its name
// tells it in pool.json.
func (l *fileLedger) Pools(ctx context.Context) ([]string, error) {
	entries, err := os.ReadDir(l.root)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, unreadable(l.root, err)
	}
	var ids []string
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		id := e.Name()
		if strings.HasPrefix(id, hashedPrefix) {
			state, err := (&filePool{dir: filepath.Join(l.root, id)}).readState()
			if err != nil {
				return nil, err
			}
			id = state.Pool // "" when only traits are known: nobody can name it then
		}
		if id != "" {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids, nil
}

// folderName is an id that is safe as a file name on every system; any other is
// hashed. A server chooses ids, and no server may choose where we write.
var folderName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`) })

const hashedPrefix = "pool-"

func folderOf(id string) string {
	if folderName().MatchString(id) && !strings.HasPrefix(id, hashedPrefix) {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return hashedPrefix + hex.EncodeToString(sum[:16])
}

// filePool is one folder of the ledger.
type filePool struct {
	id, dir string
	tell    func(*Error)
}

func (p *filePool) path(name string) string { return filepath.Join(p.dir, name) }

// torn passes on that a last line is missing.
func (p *filePool) torn(path string, line int) {
	if p.tell != nil {
		p.tell(&Error{Problem: Torn, Path: path, Line: line})
	}
}

func makeFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return unwritable(dir, err)
	}
	return nil
}

var errBusy = errors.New("another process holds it for too long")

// briefly does something under a file lock that others hold for moments only.
func (p *filePool) briefly(ctx context.Context, name string, do func() error) error {
	if err := makeFolder(p.dir); err != nil {
		return err
	}
	path := p.path(name)
	f := flock.New(path, flock.SetPermissions(0o600))
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	ok, err := f.TryLockContext(ctx, 10*time.Millisecond)
	switch {
	case err != nil && ctx.Err() == nil:
		return unwritable(path, err)
	case !ok:
		return unwritable(path, errBusy)
	}
	return errors.Join(do(), f.Unlock())
}

// replaceFile writes a file that is there wholly or not at all, also after the
// machine went down.
func replaceFile(path string, content []byte) error {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, ".new-*")
	if err != nil {
		return unwritable(dir, err)
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = atomic.ReplaceFile(f.Name(), path)
	}
	if err != nil {
		return unwritable(path, err)
	}
	syncFolder(dir)
	return nil
}

// syncFolder makes a new name last. Some systems cannot, and there the name
// lasts as long as the system makes it.
func syncFolder(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
}
