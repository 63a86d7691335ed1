package ledger

import (
	"errors"
	"io/fs"
)

const stateName = "pool.json"

// stateFile is pool.json: what must be known before the logs are read.
type stateFile struct {
	Pool  string `json:"pool"`
	Epoch int64  `json:"epoch"`
	// Memory is how memory.jsonl was when the last writer let go: it may have
	// grown since, and never shrunk.
	Memory tip `json:"memory"`
}

// tip is the end of a log.
type tip struct {
	// Generation counts how often the log was written anew.
	Generation int   `json:"generation"`
	Bytes      int64 `json:"bytes"`
}

// readState gives the zero state when nothing was ever written.
func (p *filePool) readState() (stateFile, error) {
	var s stateFile
	err := readSealed(p.path(stateName), &s)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	return s, err
}
