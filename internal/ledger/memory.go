package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"time"

	"github.com/idpsync/idpsync/internal/model"
)

const memoryFile = "memory.jsonl"

// memoryHead is the first line of memory.jsonl. Lines is how many lines were
// written together with it: fewer than that, and the file was cut.
type memoryHead struct {
	Version    int    `json:"version"`
	Kind       string `json:"kind"`
	Pool       string `json:"pool"`
	Generation int    `json:"generation"`
	Lines      int    `json:"lines"`
}

// memoryLine is any other line; one member is set. Its values are of type Value
// where it is read, and what Value.written gives where it is written.
type memoryLine[V any] struct {
	Put    *objectRecord[V] `json:"put,omitempty"`
	Forget string           `json:"forget,omitempty"`
	Plan   *usedPlan        `json:"plan,omitempty"`
}

type usedPlan struct {
	Digest string `json:"digest"`
	Run    string `json:"run"`
}

// objectRecord is an Object as it is written.
type objectRecord[V any] struct {
	Key       string                      `json:"key"`
	ID        string                      `json:"id,omitempty"`
	Type      string                      `json:"type,omitempty"`
	Applied   V                           `json:"applied"`
	AfterNull map[string]V                `json:"afterNull,omitempty"`
	NotKept   map[string]notKeptRecord[V] `json:"notKept,omitempty"`
	Refs      map[string]string           `json:"refs,omitempty"`
	Protect   bool                        `json:"protect,omitempty"`
	Run       string                      `json:"run"`
	At        time.Time                   `json:"at"`
}

type notKeptRecord[V any] struct {
	Run      string `json:"run"`
	Declared V      `json:"declared"`
	Server   V      `json:"server"`
}

func recordOf(o Object) *objectRecord[any] {
	r := &objectRecord[any]{
		Key: o.Key.String(), ID: o.ID, Type: o.Type, Applied: o.Applied.written(), Refs: o.Refs,
		Protect: o.Protect, Run: o.Run, At: o.At.UTC(),
	}
	if len(o.AfterNull) > 0 {
		r.AfterNull = make(map[string]any, len(o.AfterNull))
	}
	for path, v := range o.AfterNull {
		r.AfterNull[path] = v.written()
	}
	if len(o.NotKept) > 0 {
		r.NotKept = make(map[string]notKeptRecord[any], len(o.NotKept))
	}
	for path, n := range o.NotKept {
		r.NotKept[path] = notKeptRecord[any]{n.Run, n.Declared.written(), n.Server.written()}
	}
	return r
}

func objectOf(r *objectRecord[Value]) (Object, error) {
	key, err := model.ParseKey(r.Key)
	if err != nil {
		return Object{}, err
	}
	o := Object{Key: key, ID: r.ID, Type: r.Type, Applied: r.Applied, AfterNull: r.AfterNull, Refs: r.Refs, Protect: r.Protect, Run: r.Run, At: r.At}
	if len(r.NotKept) > 0 {
		o.NotKept = make(map[string]NotKept, len(r.NotKept))
	}
	for path, n := range r.NotKept {
		o.NotKept[path] = NotKept(n)
	}
	return o, nil
}

// memory is what memory.jsonl says; live holds the last put line of each key.
type memory struct {
	head  memoryHead
	end   logEnd
	live  map[string][]byte
	plans map[string]string // digest -> run
}

// remembered reads memory.jsonl; zero when nothing was ever kept. Objects are
// not decoded yet: of a key's many lines only the last one counts.
func (p *filePool) remembered() (*memory, error) {
	state, err := p.readState()
	if err != nil {
		return nil, err
	}
	path := p.path(memoryFile)
	m := &memory{live: make(map[string][]byte, linesIn(path)), plans: map[string]string{}}
	m.end, err = readLog(path, func(n int, line []byte) error { return m.take(path, n, line) })
	if errors.Is(err, fs.ErrNotExist) {
		if state.Memory.Bytes > 0 {
			return nil, damaged(path, 0, Missing)
		}
		return m, nil
	}
	if err != nil {
		return nil, err
	}
	return m, p.checkMemory(path, m, state)
}

// linesIn guesses how many lines a memory has, so that a map for them need not
// grow. An object's line takes about as many bytes.
func linesIn(path string) int {
	const line = 600
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return int(info.Size() / line)
}

// checkMemory finds what the chain cannot: an end that is missing, and a file
// that belongs elsewhere.
func (p *filePool) checkMemory(path string, m *memory, state stateFile) error {
	tip := state.Memory
	switch {
	case state.Epoch == 0:
		return damaged(p.path(stateName), 0, Missing)
	case m.end.lines == 0 && tip.Bytes > 0:
		return damaged(path, 1, Cut)
	case m.end.lines == 0: // the first run was killed when it began the file
		return nil
	case m.head.Pool != p.id:
		return &Error{Problem: Damaged, Path: path, Line: 1, Cause: Elsewhere, Reason: m.head.Pool}
	case m.end.lines-1 < m.head.Lines, m.head.Generation == tip.Generation && m.end.bytes < tip.Bytes:
		return damaged(path, m.end.lines+1, Cut)
	case m.head.Generation < tip.Generation:
		return damaged(path, 1, Older)
	}
	return nil
}

func (m *memory) take(path string, n int, line []byte) error {
	if n == 1 {
		if json.Unmarshal(line, &m.head) != nil || m.head.Kind != "memory" {
			return damaged(path, n, Strange)
		}
		return nil
	}
	var l struct {
		Put *struct {
			Key string `json:"key"`
		} `json:"put"`
		Forget string    `json:"forget"`
		Plan   *usedPlan `json:"plan"`
	}
	if bodyIs(line, "put") {
		if key, ok := keyOf(line); ok {
			m.live[key] = line
			return nil
		}
	}
	if err := json.Unmarshal(line, &l); err != nil {
		return damaged(path, n, Strange)
	}
	switch {
	case l.Put != nil:
		m.live[l.Put.Key] = line
	case l.Forget != "":
		delete(m.live, l.Forget)
	case l.Plan != nil:
		m.plans[l.Plan.Digest] = l.Plan.Run
	default:
		return damaged(path, n, Strange)
	}
	return nil
}

func (p *filePool) Objects(ctx context.Context) (map[model.Key]Object, error) {
	m, err := p.remembered()
	if err != nil {
		return nil, err
	}
	objects := make(map[model.Key]Object, len(m.live))
	for _, line := range m.live {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		o, err := decodeObject(line)
		if err != nil {
			return nil, damaged(p.path(memoryFile), 0, Strange)
		}
		objects[o.Key] = o
	}
	return objects, nil
}

func decodeObject(line []byte) (Object, error) {
	if o, ok := quickObject(line); ok {
		return o, nil
	}
	var l memoryLine[Value]
	if err := json.Unmarshal(line, &l); err != nil {
		return Object{}, err
	}
	return objectOf(l.Put)
}

func (p *filePool) UsedPlan(ctx context.Context, digest string) (run string, used bool, err error) {
	m, err := p.remembered()
	if err != nil {
		return "", false, err
	}
	run, used = m.plans[digest]
	return run, used, nil
}
