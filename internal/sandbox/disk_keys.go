package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/natefinch/atomic"
)

// keys reads the folder's keys or makes them, for the wanted pool id if one is
// given. They are there before any other file is: a state without keys has lost
// them, and its pool with them. A memory-only sandbox has new ones each time.
func (d *disk) keys(poolID string) (keys, error) {
	if d == nil {
		return newKeys(poolID), nil
	}
	path := d.path(keysFile)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := d.unused(); err != nil {
			return keys{}, err
		}
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

// unused refuses a folder that has a state.
func (d *disk) unused() error {
	for _, name := range []string{snapshotFile, changesFile} {
		if _, err := os.Stat(d.path(name)); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("sandbox data file %s is missing, and %s is there: put the keys back, or move the folder away to begin with a new pool", d.path(keysFile), name)
		}
	}
	return nil
}

func (d *disk) makeKeys(k keys) (keys, error) {
	if err := os.MkdirAll(d.dir, 0o700); err != nil {
		return keys{}, fmt.Errorf("sandbox data folder: %w", err)
	}
	data, err := json.Marshal(k)
	if err != nil {
		return keys{}, fmt.Errorf("sandbox keys: %w", err)
	}
	if err := atomic.WriteFile(d.path(keysFile), bytes.NewReader(data)); err != nil {
		return keys{}, fmt.Errorf("sandbox keys: %w", err)
	}
	return k, nil
}
