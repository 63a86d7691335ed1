package ledger

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// Holder says who holds a lock.
type Holder struct {
	Host  string    `json:"host"`
	PID   int       `json:"pid"`
	Run   string    `json:"run,omitempty"` // empty when the holder is no run
	Since time.Time `json:"since"`
}

// Held is a lock that is held. The operating system lets go of it when the
// process ends, however it ends.
type Held struct{ file *flock.Flock }

// HeldError tells that another process holds the lock. The Holder is zero when
// it has not yet written who it is.
type HeldError struct {
	Path   string
	Holder Holder
}

func (e *HeldError) Error() string {
	h := e.Holder
	if h.PID == 0 {
		return fmt.Sprintf("%s is held by another process", e.Path)
	}
	run := ""
	if h.Run != "" {
		run = ", run " + h.Run
	}
	return fmt.Sprintf("%s is held by process %d on host %s%s, since %s", e.Path, h.PID, h.Host, run, h.Since.UTC().Format(time.RFC3339))
}

// Lock locks the file at path, which it makes along with its folder, and
// writes the holder beside it. It never waits: a lock that is held is a
// *HeldError.
func Lock(path string, holder Holder) (*Held, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	f := flock.New(path)
	ok, err := f.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	if !ok {
		return nil, &HeldError{Path: path, Holder: readHolder(path)}
	}
	if err := writeHolder(path, holder); err != nil {
		_ = f.Unlock()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return &Held{f}, nil
}

// Release lets go of the lock. The files stay: taking one away while another
// process opens it would let two processes hold "the" lock.
func (l *Held) Release() error {
	_ = os.Remove(holderPath(l.file.Path()))
	return l.file.Unlock()
}

// holderPath is a file of its own because some systems forbid to read a file
// that another process has locked.
func holderPath(path string) string { return path + ".holder" }

func readHolder(path string) Holder {
	var h Holder
	text, err := os.ReadFile(holderPath(path))
	if err != nil || json.Unmarshal(text, &h) != nil {
		return Holder{}
	}
	return h
}

func writeHolder(path string, h Holder) error {
	text, err := json.Marshal(h)
	if err != nil {
		return err
	}
	return os.WriteFile(holderPath(path), append(text, '\n'), 0o600)
}
