package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

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

// openDisk reads and checks what a folder holds, and writes nothing; found says
// whether it held any objects' state. "" is a memory-only sandbox.
func openDisk(dir string) (d *disk, o *objects, found bool, err error) {
	o = newObjects()
	if dir == "" {
		return nil, o, false, nil
	}
	d = &disk{dir: dir}
	gone := map[string]bool{}
	hasSnapshot, err := d.readSnapshot(o, gone)
	if err != nil {
		return nil, nil, false, err
	}
	hasChanges, err := d.readChanges(o, gone)
	if err != nil {
		return nil, nil, false, err
	}
	return d, o, hasSnapshot || hasChanges, nil
}

// start opens the change log for writing, behind its last whole line.
func (d *disk) start() error {
	if d == nil {
		return nil
	}
	log, err := os.OpenFile(d.path(changesFile), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("sandbox change log: %w", err)
	}
	if err := log.Truncate(d.logged); err != nil {
		return errors.Join(fmt.Errorf("sandbox change log: %w", err), log.Close())
	}
	d.log = log
	return nil
}

func (d *disk) path(name string) string { return filepath.Join(d.dir, name) }

// readSnapshot puts the snapshot into o, and into gone what its applications
// enable though it is no more.
func (d *disk) readSnapshot(o *objects, gone map[string]bool) (bool, error) {
	path := d.path(snapshotFile)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("sandbox state: %w", err)
	}
	var s snapshot
	if err := decodeJSON(data, &s); err != nil {
		return false, damaged(path, whyUnread(err))
	}
	if s.Format != snapshotFormat || s.Seq < 1 {
		return false, damaged(path, "it is no state of a sandbox")
	}
	if err := s.checkWhole(); err != nil {
		return false, damaged(path, err.Error())
	}
	s.markGone(gone)
	o.apply(s.change)
	if err := o.check(gone); err != nil {
		return false, damaged(path, err.Error())
	}
	d.snapshotSize = int64(len(data))
	return true, nil
}

func (c *change) markGone(gone map[string]bool) {
	for _, id := range slices.Concat(c.Removed, c.Dangling) {
		gone[id] = true
	}
}

// whyUnread tells where a file is no JSON, or none of the wanted shape, without
// the decoder's own words: they may quote a value.
func whyUnread(err error) string {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &kind) && kind.Field != "":
		return fmt.Sprintf("%s: a value of the wrong type before byte %d", kind.Field, kind.Offset)
	case errors.As(err, &syntax):
		return fmt.Sprintf("no JSON at byte %d", syntax.Offset)
	}
	return "it is not one JSON object"
}

// damaged names a file and what to do with it. It never quotes the content,
// which holds secrets.
func damaged(path, why string) error {
	return fmt.Errorf("sandbox data file %s is damaged: %s; it was left as it is: put it right or move it away", path, why)
}

// readChanges replays the log up to its last whole line.
func (d *disk) readChanges(o *objects, gone map[string]bool) (bool, error) {
	path := d.path(changesFile)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("sandbox change log: %w", err)
	}
	whole := bytes.LastIndexByte(data, '\n') + 1
	if err := replay(data[:whole], o, gone); err != nil {
		return false, damaged(path, err.Error())
	}
	d.logged = int64(whole)
	return whole > 0, nil
}

// replay applies the lines that the snapshot does not hold yet: a kill between a
// snapshot and the emptying of the log leaves both. The numbers must run on
// without a gap or a repeat, which is what two servers on one folder would leave.
func replay(data []byte, o *objects, gone map[string]bool) error {
	number, expected := 0, int64(0)
	for line := range bytes.Lines(data) {
		number++
		var c change
		if err := decodeJSON(line, &c); err != nil {
			return fmt.Errorf("line %d is no change: %s", number, whyUnread(err))
		}
		if number == 1 {
			expected = max(1, min(c.Seq, o.seq+1))
		}
		if c.Seq != expected {
			return fmt.Errorf("line %d is change %d where %d was expected", number, c.Seq, expected)
		}
		expected++
		if err := o.follow(c, gone); err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
	}
	return o.check(gone)
}

// follow applies one change of the log, unless the snapshot has it.
func (o *objects) follow(c change, gone map[string]bool) error {
	if err := c.check(); err != nil {
		return err
	}
	if c.Seq <= o.seq {
		return nil
	}
	if err := o.keepsFixed(&c); err != nil {
		return err
	}
	c.markGone(gone)
	o.apply(c)
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
	c := change{Seq: o.seq, Dangling: o.dangling()}
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
	if d == nil || d.log == nil {
		return nil
	}
	if err := d.log.Close(); err != nil && !errors.Is(err, fs.ErrClosed) {
		return fmt.Errorf("sandbox change log: %w", err)
	}
	return nil
}
