package ledger

import (
	"encoding/json"
	"errors"
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

// Here is this process as a holder; run is empty for one that is no run.
func Here(run string, now time.Time) Holder {
	host, _ := os.Hostname()
	return Holder{Host: host, PID: os.Getpid(), Run: run, Since: now.UTC()}
}

// Held is a lock that is held. The operating system lets go of it when the
// process ends, however it ends.
type Held struct {
	file   *flock.Flock
	holder Holder
}

// HeldError tells that another process holds the lock. The Holder is zero when
// it has not yet written who it is.
type HeldError struct {
	Path   string
	Holder Holder
	// Asked is when the lock was asked for.
	Asked time.Time
	// Wait is set for a holder in a database that was cut off from it: after that
	// time the holder sends nothing any more, and the lock can be had. 0 is a holder
	// that is there.
	Wait time.Duration
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
	age := ""
	if d := e.Asked.Sub(h.Since); d > 0 && !h.Since.IsZero() {
		age = fmt.Sprintf(" (%s ago)", d.Round(time.Second))
	}
	if e.Wait > 0 {
		age += fmt.Sprintf(", not heard of any more: it is free in %s", e.Wait.Round(100*time.Millisecond))
	}
	return fmt.Sprintf("%s is held by process %d on host %s%s, since %s%s", e.Path, h.PID, h.Host, run, h.Since.UTC().Format(time.RFC3339), age)
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
		return nil, &HeldError{Path: path, Holder: readHolder(path), Asked: holder.Since}
	}
	if err := writeHolder(path, holder); err != nil {
		_ = f.Unlock()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return &Held{f, holder}, nil
}

// Release lets go of the lock. The files stay: taking one away while another
// process opens it would let two processes hold "the" lock.
func (l *Held) Release() error {
	if l.still() == nil {
		_ = os.Remove(holderPath(l.file.Path()))
	}
	return l.file.Unlock()
}

// LostError tells that the lock is not ours any more: somebody took its file
// away, and another run may hold a new one.
type LostError struct{ Path string }

func (e *LostError) Error() string {
	return fmt.Sprintf("the lock %s was taken away while this run held it", e.Path)
}

var errReleased = errors.New("the lock of the ledger was released")

// still tells whether the lock file is the one we hold.
func (l *Held) still() error {
	if !l.file.Locked() {
		return errReleased
	}
	mine, err := l.file.Stat()
	path := l.file.Path()
	if err == nil {
		if there, missing := os.Stat(path); missing == nil && os.SameFile(mine, there) {
			return nil
		}
	}
	return &LostError{path}
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
