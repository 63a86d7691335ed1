package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"time"
)

// traitsFile is traits.json.
type traitsFile struct {
	Traits map[string]trait `json:"traits"`
}

type trait struct {
	Value string    `json:"value"`
	At    time.Time `json:"at"`
}

func (p *filePool) Traits(ctx context.Context) (map[string]string, error) {
	f, err := p.readTraits()
	if err != nil {
		return nil, err
	}
	out := make(map[string]string, len(f.Traits))
	for name, t := range f.Traits {
		out[name] = t.Value
	}
	return out, nil
}

func (p *filePool) readTraits() (traitsFile, error) {
	var f traitsFile
	err := readSealed(p.path("traits.json"), &f)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if f.Traits == nil {
		f.Traits = map[string]trait{}
	}
	return f, err
}

// LearnTraits writes the file anew under a lock of its own, which is held for
// moments only: doctor learns beside a run that holds the pool's.
func (p *filePool) LearnTraits(ctx context.Context, traits map[string]string, at time.Time) error {
	if len(traits) == 0 {
		return nil
	}
	return p.briefly(ctx, "traits.lock", func() error {
		f, err := p.readTraits()
		if err != nil {
			return err
		}
		for name, value := range traits {
			if value == "" {
				delete(f.Traits, name)
				continue
			}
			f.Traits[name] = trait{value, at.UTC()}
		}
		return writeSealed(p.path("traits.json"), f)
	})
}

// readSealed reads a file of one record; the error of one that is not there is
// fs.ErrNotExist.
func readSealed(path string, into any) error {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return err
	} else if err != nil {
		return unreadable(path, err)
	}
	line, whole := cutLine(data)
	// The version comes first: a newer program may make its checksums otherwise.
	if err := knownVersion(path, line); err != nil {
		return err
	}
	if _, ok := chain("").follows(line); !ok || !whole || len(line)+1 != len(data) {
		return damaged(path, 0, Changed)
	}
	if err := json.Unmarshal(line, into); err != nil {
		return damaged(path, 0, Strange)
	}
	return nil
}

// writeSealed writes a file of one record, whole or not at all.
func writeSealed[T any](path string, content T) error {
	inner, err := json.Marshal(content)
	if err != nil {
		return err
	}
	members := map[string]json.RawMessage{}
	if err := json.Unmarshal(inner, &members); err != nil {
		return err
	}
	members["version"] = json.RawMessage("1")
	line, _, err := chain("").record(nil, members)
	if err != nil {
		return err
	}
	return replaceFile(path, line)
}
