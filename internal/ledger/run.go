package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"path/filepath"
	"slices"
	"time"

	"github.com/idpsync/idpsync/internal/model"
)

// Run is the journal of one run.
type Run struct {
	RunHead
	Overrides []Override
	Steps     []Step
	// Summary is nil while the run goes on, or when it was cut off.
	Summary *Summary
	// SettledBy is the run that found out what became of the steps of this one.
	SettledBy string
	// Torn tells that a last line was never finished.
	Torn bool

	end  logEnd
	open map[int]int // intent -> index in Steps
}

// Silence is how long ago the journal was last told what the run did: a request
// may have left long after its intent was written, when it had to wait for
// others. A clock that was set back makes it zero, never less.
func (r *Run) Silence(now time.Time) time.Duration {
	var last time.Time
	for _, s := range r.Steps {
		if s.Time.After(last) {
			last = s.Time
		}
		if o := s.Outcome; o != nil && o.By == "" && o.Time.After(last) {
			last = o.Time
		}
	}
	return max(0, now.Sub(last))
}

// Step is one intent with what became of it.
type Step struct {
	N int
	Entry
	// Outcome is nil while nobody knows.
	Outcome *Outcome
}

// RunInfo is a run in a list.
type RunInfo struct {
	RunHead
	Summary *Summary
	// Steps counts the intents, Open those whose fate nobody knows.
	Steps, Open int
	SettledBy   string
	// Err is set for a journal that cannot be read; then only ID and Epoch hold.
	Err error
}

// Open lists the steps whose fate nobody knows, in order.
func (r *Run) Open() []Step {
	var open []Step
	for _, s := range r.Steps {
		if s.Outcome == nil || s.Outcome.Fate == Unknown {
			open = append(open, s)
		}
	}
	return open
}

// Info is the run as a list shows it.
func (r *Run) Info() RunInfo {
	return RunInfo{RunHead: r.RunHead, Summary: r.Summary, Steps: len(r.Steps), Open: len(r.Open()), SettledBy: r.SettledBy}
}

func (p *filePool) Runs(ctx context.Context) ([]RunInfo, error) { return p.Recent(ctx, math.MaxInt) }

// Recent lists as Runs does, and reads no more than n journals.
func (p *filePool) Recent(ctx context.Context, n int) ([]RunInfo, error) {
	files, err := p.journals()
	if err != nil {
		return nil, err
	}
	infos := make([]RunInfo, 0, min(len(files), n))
	for _, f := range slices.Backward(files) {
		if len(infos) == n {
			break
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		r, err := p.readRun(f)
		if err != nil {
			infos = append(infos, RunInfo{RunHead: RunHead{ID: f.run, Epoch: f.epoch}, Err: err})
			continue
		}
		infos = append(infos, r.Info())
	}
	return infos, nil
}

func (p *filePool) Run(ctx context.Context, id string) (*Run, error) {
	f, there, err := p.findJournal(id)
	if err != nil {
		return nil, err
	}
	if !there {
		return nil, &NoRunError{id}
	}
	return p.readRun(f)
}

func (p *filePool) Unfinished(ctx context.Context) ([]*Run, error) {
	files, err := p.journals()
	if err != nil {
		return nil, err
	}
	var runs []*Run
	for _, f := range files {
		if !f.open {
			continue
		}
		r, err := p.readRun(f)
		if err != nil {
			return nil, err
		}
		runs = append(runs, r)
	}
	return runs, nil
}

// readRun reads one journal. A file that is called closed must say so at its
// end; one that was renamed since it was listed is looked for again.
func (p *filePool) readRun(f journalFile) (*Run, error) {
	path := filepath.Join(p.path(journalDir), f.name)
	r := &Run{RunHead: RunHead{ID: f.run, Epoch: f.epoch}, open: map[int]int{}}
	var err error
	r.end, err = readLog(path, func(n int, line []byte) error { return r.take(path, n, line) })
	switch {
	case errors.Is(err, fs.ErrNotExist) && f.open:
		f.open, f.name = false, f.name[:len(f.name)-len(openEnd)]+closedEnd
		return p.readRun(f)
	case errors.Is(err, fs.ErrNotExist):
		return nil, &NoRunError{f.run}
	case err != nil:
		return nil, err
	}
	r.Torn = r.end.torn
	if !f.open && (r.Torn || r.Summary == nil && r.SettledBy == "") {
		return nil, damaged(path, r.end.lines+1, Cut)
	}
	return r, nil
}

func (r *Run) take(path string, n int, line []byte) error {
	var l journalLine
	if err := json.Unmarshal(line, &l); err != nil {
		return damaged(path, n, Strange)
	}
	switch {
	case n == 1 && l.Head != nil:
		r.RunHead = l.Head.Run
	case n == 1:
		return damaged(path, n, Strange)
	case l.Intent != nil:
		key, err := model.ParseKey(l.Intent.Key)
		if err != nil {
			return damaged(path, n, Strange)
		}
		l.Intent.Entry.Key = key
		r.open[l.Intent.N] = len(r.Steps)
		r.Steps = append(r.Steps, Step{N: l.Intent.N, Entry: l.Intent.Entry})
	case l.Outcome != nil:
		i, ok := r.open[l.Outcome.N]
		if !ok {
			return damaged(path, n, Strange)
		}
		r.Steps[i].Outcome = &l.Outcome.Outcome
	case l.Override != nil:
		r.Overrides = append(r.Overrides, *l.Override)
	case l.Close != nil:
		r.Summary = l.Close
	case l.Settled != nil:
		r.SettledBy = l.Settled.By
	default:
		return damaged(path, n, Strange)
	}
	return nil
}
