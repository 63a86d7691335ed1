package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/natefinch/atomic"
)

// disk is the data folder: keys, a snapshot, and the changes since it. A change
// is one write of one line, so that a kill leaves it whole or torn at the very
// end; a torn end was never answered. There is no fsync for a change: a kill
// does not lose what the system has taken, only a power cut does.
//
// A nil disk keeps nothing; its methods do nothing.
type disk struct {
	dir          string
	log          *os.File
	logged       int64 // bytes of the change log
	snapshotSize int64
	broken       error // the log could not be repaired after a failed write
}

const (
	keysFile     = "keys.json"
	snapshotFile = "state.json"
	changesFile  = "changes.log"

	// compactFrom is the smallest change log, in bytes, worth a new snapshot.
	compactFrom = 4 << 20
)

// snapshot is the content of state.json; the order of its lists is the order of creation.
type snapshot struct {
	Format string `json:"format"`
	change
}

const snapshotFormat = "idpsync.sandbox/1"

// openDisk reads what a folder holds; found says whether it held any objects'
// state. "" is a memory-only sandbox.
func openDisk(dir string) (d *disk, o *objects, found bool, err error) {
	o = newObjects()
	if dir == "" {
		return nil, o, false, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, nil, false, fmt.Errorf("sandbox data folder: %w", err)
	}
	d = &disk{dir: dir}
	hasSnapshot, err := d.readSnapshot(o)
	if err != nil {
		return nil, nil, false, err
	}
	hasChanges, err := d.readChanges(o)
	if err != nil {
		return nil, nil, false, err
	}
	if d.log, err = os.OpenFile(d.path(changesFile), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600); err != nil {
		return nil, nil, false, fmt.Errorf("sandbox change log: %w", err)
	}
	return d, o, hasSnapshot || hasChanges, nil
}

func (d *disk) path(name string) string { return filepath.Join(d.dir, name) }

func (d *disk) readSnapshot(o *objects) (bool, error) {
	data, err := os.ReadFile(d.path(snapshotFile))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("sandbox state: %w", err)
	}
	var s snapshot
	if err := decodeJSON(data, &s); err != nil || s.Format != snapshotFormat || !s.whole() {
		return false, damaged(d.path(snapshotFile), "it is no state of a sandbox")
	}
	o.apply(s.change)
	d.snapshotSize = int64(len(data))
	return true, nil
}

// damaged names a file and what to do with it. It never quotes the content,
// which holds secrets.
func damaged(path, why string) error {
	return fmt.Errorf("sandbox data file %s is damaged: %s; it was left as it is: put it right or move it away", path, why)
}

// readChanges replays the log and cuts off a torn last line.
func (d *disk) readChanges(o *objects) (bool, error) {
	path := d.path(changesFile)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("sandbox change log: %w", err)
	}
	whole := bytes.LastIndexByte(data, '\n') + 1
	if err := replay(path, data[:whole], o); err != nil {
		return false, err
	}
	if whole < len(data) {
		if err := os.Truncate(path, int64(whole)); err != nil {
			return false, fmt.Errorf("sandbox change log: %w", err)
		}
	}
	d.logged = int64(whole)
	return whole > 0, nil
}

// replay applies the lines that the snapshot does not hold yet: a kill between a
// snapshot and the emptying of the log leaves both. The numbers must run on
// without a gap or a repeat, which is what two servers on one folder would leave.
func replay(path string, data []byte, o *objects) error {
	number, expected := 0, int64(0)
	for line := range bytes.Lines(data) {
		number++
		var c change
		if err := decodeJSON(line, &c); err != nil || !c.whole() {
			return damaged(path, fmt.Sprintf("line %d is no change", number))
		}
		if number == 1 {
			expected = min(c.Seq, o.seq+1)
		}
		if c.Seq != expected {
			return damaged(path, fmt.Sprintf("line %d is change %d where %d was expected", number, c.Seq, expected))
		}
		expected++
		if c.Seq > o.seq {
			o.apply(c)
		}
	}
	return nil
}

// append writes one change. A failed write is taken back, so that the next one
// does not continue a torn line.
func (d *disk) append(c change) error {
	if d == nil {
		return nil
	}
	if d.broken != nil {
		return d.broken
	}
	line, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("sandbox change log: %w", err)
	}
	line = append(line, '\n')
	if _, err := d.log.Write(line); err != nil {
		if undo := d.log.Truncate(d.logged); undo != nil {
			d.broken = fmt.Errorf("sandbox change log: %w", undo)
		}
		return fmt.Errorf("sandbox change log: %w", err)
	}
	d.logged += int64(len(line))
	return nil
}

// compactIfLarge keeps the cost of a write constant on average: a snapshot is
// made when the log has outgrown it.
func (d *disk) compactIfLarge(o *objects) error {
	if d == nil || d.logged < compactFrom || d.logged < 2*d.snapshotSize {
		return nil
	}
	// the change itself is safe in the log whatever becomes of the snapshot
	_ = d.compact(o)
	return nil
}

// compact writes the snapshot, then empties the log.
func (d *disk) compact(o *objects) error {
	if d == nil || d.logged == 0 {
		return nil
	}
	data, err := json.Marshal(snapshot{Format: snapshotFormat, change: o.asChange()})
	if err != nil {
		return fmt.Errorf("sandbox state: %w", err)
	}
	if err := atomic.WriteFile(d.path(snapshotFile), bytes.NewReader(data)); err != nil {
		return fmt.Errorf("sandbox state: %w", err)
	}
	d.snapshotSize = int64(len(data))
	if err := d.log.Truncate(0); err != nil {
		return fmt.Errorf("sandbox change log: %w", err)
	}
	d.logged = 0
	return nil
}

// asChange is the whole pool as one change from nothing.
func (o *objects) asChange() change {
	c := change{Seq: o.seq}
	for _, id := range o.providerIDs {
		c.Providers = append(c.Providers, o.providers[id])
		for _, conn := range o.connectionsOf[id] {
			c.Connections = append(c.Connections, o.connections[conn])
		}
	}
	for _, id := range o.applicationIDs {
		c.Applications = append(c.Applications, o.applications[id])
	}
	return c
}

func (d *disk) close() error {
	if d == nil {
		return nil
	}
	if err := d.log.Close(); err != nil && !errors.Is(err, fs.ErrClosed) {
		return fmt.Errorf("sandbox change log: %w", err)
	}
	return nil
}

// keys reads the folder's keys or makes them, for the wanted pool id if one is
// given. A memory-only sandbox has new ones each time.
func (d *disk) keys(poolID string) (keys, error) {
	if d == nil {
		return newKeys(poolID), nil
	}
	path := d.path(keysFile)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return d.makeKeys(newKeys(poolID))
	}
	if err != nil {
		return keys{}, fmt.Errorf("sandbox keys: %w", err)
	}
	var k keys
	if err := decodeJSON(data, &k); err != nil || k.PoolID == "" || k.Secret == "" || k.Signing == "" {
		return keys{}, damaged(path, "it holds no keys of a sandbox")
	}
	return k, nil
}

func (d *disk) makeKeys(k keys) (keys, error) {
	data, err := json.Marshal(k)
	if err != nil {
		return keys{}, fmt.Errorf("sandbox keys: %w", err)
	}
	if err := atomic.WriteFile(d.path(keysFile), bytes.NewReader(data)); err != nil {
		return keys{}, fmt.Errorf("sandbox keys: %w", err)
	}
	return k, nil
}
