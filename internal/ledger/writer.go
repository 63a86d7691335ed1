package ledger

import (
	"context"
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"sync"

	"github.com/idpsync/idpsync/internal/model"
)

// fileWriter is the holder of a pool's lock.
type fileWriter struct {
	pool  *filePool
	held  *Held
	epoch int64

	mu       sync.Mutex
	released bool
	plans    map[string]string
	keys     map[string]struct{} // of the objects that the memory knows
	tip      tip                 // of the memory on the disk, kept at the release
	// end and head are those of the memory when it was opened; log is opened
	// by the first Save.
	end  logEnd
	head memoryHead
	log  *appendLog
}

// Lock takes the lock, and looks at everything that a run would write to before
// it promises that it can.
func (p *filePool) Lock(ctx context.Context, holder Holder) (Writer, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := makeFolder(p.path(journalDir)); err != nil {
		return nil, err
	}
	held, err := Lock(p.path("lock"), holder)
	var other *HeldError
	if errors.As(err, &other) {
		return nil, err
	} else if err != nil {
		return nil, unwritable(p.path("lock"), err)
	}
	w := &fileWriter{pool: p, held: held}
	if err := w.open(); err != nil {
		return nil, errors.Join(err, held.Release())
	}
	return w, nil
}

func (w *fileWriter) open() error {
	p := w.pool
	state, err := p.readState()
	if err != nil {
		return err
	}
	m, err := p.remembered()
	if err != nil {
		return err
	}
	if err := p.checkNewest(); err != nil {
		return err
	}
	if m.end.torn {
		p.torn(p.path(memoryFile), m.end.lines+1)
	}
	w.head, w.end, w.plans = m.head, m.end, m.plans
	w.keys = make(map[string]struct{}, len(m.live))
	for key := range m.live {
		w.keys[key] = struct{}{}
	}
	w.tip = tip{m.head.Generation, m.end.bytes}
	w.epoch = state.Epoch + 1
	state.Pool, state.Epoch = p.id, w.epoch
	if err := writeSealed(p.path(stateName), state); err != nil || w.epoch > 1 {
		return err
	}
	for dir, n := p.dir, 0; n < 3; dir, n = filepath.Dir(dir), n+1 { // new folders must last as their files do
		syncFolder(dir)
	}
	return nil
}

func (w *fileWriter) Epoch() int64 { return w.epoch }

// Still implements Writer. The system keeps the lock for the process until it
// ends, also while it is stopped, so nobody can have come unless the lock's file
// was taken away.
func (w *fileWriter) Still(context.Context) error { return w.held.still() }

func (w *fileWriter) Save(ctx context.Context, objects ...Object) error {
	records := make([]any, len(objects))
	w.mu.Lock()
	for i, o := range objects {
		put := recordOf(o)
		records[i] = memoryLine[any]{Put: put}
		w.keys[put.Key] = struct{}{}
	}
	w.mu.Unlock()
	return w.keep(ctx, records)
}

func (w *fileWriter) Forget(ctx context.Context, keys ...model.Key) error {
	records := make([]any, len(keys))
	w.mu.Lock()
	for i, k := range keys {
		key := k.String()
		records[i] = memoryLine[any]{Forget: key}
		delete(w.keys, key)
	}
	w.mu.Unlock()
	return w.keep(ctx, records)
}

func (w *fileWriter) UsePlan(ctx context.Context, digest, run string) error {
	w.mu.Lock()
	before, used := w.plans[digest]
	if !used {
		w.plans[digest] = run
	}
	w.mu.Unlock()
	if used {
		return &PlanUsedError{digest, before}
	}
	return w.keep(ctx, []any{memoryLine[any]{Plan: &usedPlan{digest, run}}})
}

func (w *fileWriter) keep(ctx context.Context, records []any) error {
	if err := ctx.Err(); err != nil || len(records) == 0 {
		return err
	}
	log, err := w.memory()
	if err != nil {
		return err
	}
	return log.append(records...)
}

// memory opens the log of the memory, and begins it where there is none.
func (w *fileWriter) memory() (*appendLog, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.released {
		return nil, errReleased
	}
	if w.log != nil {
		return w.log, nil
	}
	log, err := openLog(w.pool.path(memoryFile), w.end, w.held.still)
	if err != nil {
		return nil, err
	}
	if w.end.lines == 0 {
		w.head = memoryHead{Version: version, Kind: "memory", Pool: w.pool.id, Generation: 1}
		if err := log.append(w.head); err != nil {
			return nil, errors.Join(err, log.close())
		}
		syncFolder(w.pool.dir)
	}
	w.log = log
	return log, nil
}

func (w *fileWriter) Release() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.released {
		return nil
	}
	w.released = true
	return errors.Join(w.settleMemory(), w.held.Release())
}

// settleMemory writes down how long the memory is, so that it is known when a
// part of it goes missing, and makes it short when most of it is history.
func (w *fileWriter) settleMemory() error {
	if w.log == nil {
		return nil
	}
	if err := w.held.still(); err != nil {
		return errors.Join(err, w.log.close())
	}
	bytes, lines := w.log.end()
	if err := w.log.close(); err != nil {
		return unwritable(w.log.path, err)
	}
	w.tip = tip{w.head.Generation, bytes}
	valid := len(w.keys) + len(w.plans)
	if history := lines - 1 - valid; history > valid+1000 {
		if err := w.compact(); err != nil {
			return err
		}
	}
	return writeSealed(w.pool.path(stateName), stateFile{Pool: w.pool.id, Epoch: w.epoch, Memory: w.tip})
}

// compact writes the memory anew with one line for each object and plan.
func (w *fileWriter) compact() error {
	m, err := w.pool.remembered()
	if err != nil {
		return err
	}
	head := m.head
	head.Generation++
	head.Lines = len(m.live) + len(m.plans)
	records := make([]any, 0, head.Lines+1)
	records = append(records, head)
	for _, key := range slices.Sorted(maps.Keys(m.live)) {
		records = append(records, rawRecord(m.live[key]))
	}
	for _, digest := range slices.Sorted(maps.Keys(m.plans)) {
		records = append(records, memoryLine[any]{Plan: &usedPlan{digest, m.plans[digest]}})
	}
	size := 0
	for _, line := range m.live {
		size += len(line) + 1
	}
	content := make([]byte, 0, size+1000*(1+len(m.plans)))
	var tail chain
	for _, r := range records {
		if content, tail, err = tail.record(content, r); err != nil {
			return err
		}
	}
	if err := replaceFile(w.pool.path(memoryFile), content); err != nil {
		return err
	}
	w.tip = tip{head.Generation, int64(len(content))}
	return nil
}
