package ledger

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"runtime"
	"sync"
)

// logEnd is where a log ends: what the next line must follow.
type logEnd struct {
	tail chain
	// bytes and lines count what is whole; torn tells that something follows it
	// that is not.
	bytes int64
	lines int
	torn  bool
}

// readLog reads a log line by line and checks the chain; line numbers count
// from 1, and the first line is the head. The last line may be torn: a process
// that was killed had not been told that it was written. Anything else that is
// not whole is damage. A log that is not there is fs.ErrNotExist.
func readLog(path string, each func(n int, line []byte) error) (logEnd, error) {
	var end logEnd
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return end, err
	} else if err != nil {
		return end, unreadable(path, err)
	}
	first, _ := cutLine(data)
	if err := knownVersion(path, first); err != nil {
		return end, err
	}
	for len(data) > 0 {
		line, whole := cutLine(data)
		next, ok := end.tail.follows(line)
		if !ok || !whole {
			if whole && len(line)+1 < len(data) {
				return end, damaged(path, end.lines+1, Changed)
			}
			end.torn = true
			return end, nil
		}
		if err := each(end.lines+1, line); err != nil {
			return end, err
		}
		data = data[len(line)+1:]
		end.tail, end.bytes, end.lines = next, end.bytes+int64(len(line))+1, end.lines+1
	}
	return end, nil
}

// keyOf cuts the key out of a put line as this program writes it.
func keyOf(line []byte) (string, bool) {
	rest, ok := bytes.CutPrefix(line[bodyFrom:], []byte(`"put":{"key":"`))
	key, _, found := bytes.Cut(rest, []byte(`"`))
	return string(key), ok && found && !bytes.Contains(key, []byte(`\`))
}

// bodyIs tells whether the record's first member after its checksum is name.
func bodyIs(line []byte, name string) bool {
	return bytes.HasPrefix(line[bodyFrom:], []byte(`"`+name+`":`))
}

// appendLog is a log that is open for writing. Goroutines that append at the
// same time share one write and one fsync: whoever finds the file free takes
// along what the others have queued.
type appendLog struct {
	path string
	file *os.File
	// guard is asked before every write whether we still may.
	guard func() error

	mu      sync.Mutex
	turn    *sync.Cond
	tail    chain
	waiting []byte
	spare   []byte // takes the place of what waits while that is written
	// queued and durable are offsets in the file.
	queued, durable int64
	lines           int
	busy            bool
	err             error // the first failure; nothing is written after it
}

// openLog opens a log behind its last whole line; what is torn is cut off.
func openLog(path string, end logEnd, guard func() error) (*appendLog, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, unwritable(path, err)
	}
	if end.torn {
		err = f.Truncate(end.bytes)
	}
	if err == nil {
		_, err = f.Seek(end.bytes, 0)
	}
	if err != nil {
		_ = f.Close()
		return nil, unwritable(path, err)
	}
	l := &appendLog{path: path, file: f, guard: guard, tail: end.tail, queued: end.bytes, durable: end.bytes, lines: end.lines}
	l.turn = sync.NewCond(&l.mu)
	return l, nil
}

// append writes records and returns once they are on the disk, all of them or,
// with an error, none.
func (l *appendLog) append(records ...any) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return l.err
	}
	tail, from := l.tail, len(l.waiting)
	for _, r := range records {
		var err error
		if l.waiting, tail, err = tail.record(l.waiting, r); err != nil {
			l.waiting = l.waiting[:from]
			return err
		}
	}
	l.queued += int64(len(l.waiting) - from)
	l.tail, l.lines = tail, l.lines+len(records)
	for mine := l.queued; l.durable < mine && l.err == nil; {
		if l.busy {
			l.turn.Wait()
		} else {
			l.flush()
		}
	}
	return l.err
}

// flush writes what waits, with l.mu held before and after. Whoever is about to
// append gets the processor first: its lines share this fsync then.
func (l *appendLog) flush() {
	l.busy = true
	l.mu.Unlock()
	runtime.Gosched()
	l.mu.Lock()
	batch, upto := l.waiting, l.queued
	l.waiting, l.spare = l.spare, nil
	l.mu.Unlock()
	err := l.write(batch)
	l.mu.Lock()
	l.busy, l.spare = false, batch[:0]
	if err == nil {
		l.durable = upto
	} else {
		l.err = err
		_ = l.file.Truncate(l.durable) // a torn line would be cut off by the next run as well
	}
	l.turn.Broadcast()
}

func (l *appendLog) write(batch []byte) error {
	if err := l.guard(); err != nil {
		return err
	}
	_, err := l.file.Write(batch)
	if err == nil {
		err = l.file.Sync()
	}
	if err != nil {
		return unwritable(l.path, err)
	}
	return nil
}

// end tells how long the log is on the disk.
func (l *appendLog) end() (bytes int64, lines int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.durable, l.lines
}

func (l *appendLog) close() error { return l.file.Close() }
