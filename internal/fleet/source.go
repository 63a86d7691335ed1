package fleet

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"github.com/riverqueue/river"

	"github.com/idpsync/idpsync/internal/config"
	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/reconcile"
)

const sourceQueue = "source"

// sourceArgs is the job that asks a repository for its newest commit.
type sourceArgs struct {
	Source string `json:"source"`
}

// Kind implements river.JobArgs.
func (sourceArgs) Kind() string { return "idpsync_source" }

// InsertOpts implements river.JobArgsWithInsertOpts. What fails is tried at the
// next time anyway.
func (sourceArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: sourceQueue, MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: alive}}
}

type sourceWorker struct {
	river.WorkerDefaults[sourceArgs]
	fleet *Fleet
}

// Timeout implements river.Worker: the first fetch of a repository may take long.
func (w *sourceWorker) Timeout(*river.Job[sourceArgs]) time.Duration { return 6 * time.Minute }

// Work implements river.Worker.
func (w *sourceWorker) Work(ctx context.Context, job *river.Job[sourceArgs]) error {
	s := w.fleet.source(job.Args.Source)
	if s == nil || s.fetch == nil || !w.fleet.working("") {
		return river.JobSnooze(again)
	}
	h, err := s.refresh(ctx)
	if w.fleet.stopping() {
		return river.JobSnooze(0)
	}
	if err == nil {
		_, err = w.fleet.publish(ctx, s, h, true)
	} else {
		err = w.fleet.ailing(ctx, s, err)
	}
	if err != nil {
		w.fleet.o.Log.Debug("what a source is was not stored", "source", s.name, "error", err)
		return errClock
	}
	return nil
}

// source is a project of the fleet as this replica has it.
type source struct {
	name, place string
	entry       config.FleetSource
	fetch       Fetch // nil for a folder
	fleet       *Fleet
	cache       *config.Cache

	busy sync.Mutex // one look at a time

	mu   sync.Mutex
	held *held // nil before the first look
	// past are earlier versions that could be read, the newest first.
	past []*held
	// told is the version that was published last, now the one in force as far as
	// this replica has heard.
	told, now string
	// said is what was complained of last; "" when it is well.
	said string
	// troubles are those of the fleet file with held, made once for both.
	troubles  []string
	troubleOf [2]any
}

// held is a version of a source that this replica has, loaded once for all of its
// targets. It is not changed.
type held struct {
	version, home string
	source        reconcile.Source
	project       *config.Project
	found         []diagnostic.Diagnostic
	stats         config.Stats
}

func (s *source) have() *held {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.held
}

// at gives a version of the source. A repository is asked for it where this
// replica has another one; a folder is what it is.
func (s *source) at(ctx context.Context, version string) (*held, error) {
	if h := s.have(); h != nil && h.version == version {
		return h, nil
	}
	if s.fetch == nil {
		return nil, s.late(version)
	}
	s.busy.Lock()
	defer s.busy.Unlock()
	if h := s.have(); h != nil && h.version == version { // another pass fetched it
		return h, nil
	}
	h, err := s.fetched(ctx)
	if h == nil || h.version != version {
		return nil, errors.Join(s.late(version), err)
	}
	return h, nil
}

func (s *source) late(version string) error {
	return fmt.Errorf("this replica does not have version %.12s of source %s", version, s.name)
}

// refresh looks at the source. With an error it gives what was had before, or nil.
func (s *source) refresh(ctx context.Context) (*held, error) {
	s.busy.Lock()
	defer s.busy.Unlock()
	if s.fetch == nil {
		return s.readFolder()
	}
	return s.fetched(ctx)
}

// fetched asks the repository; busy is held.
func (s *source) fetched(ctx context.Context) (*held, error) {
	src, err := s.fetch(ctx)
	if src.Dir == "" {
		return s.have(), errors.Join(err, ctx.Err())
	}
	if h := s.have(); h != nil && h.version == src.Commit {
		return h, err
	}
	h, wrong := s.load(src, src.Commit)
	if wrong != nil {
		return s.have(), wrong
	}
	return s.keep(h), err
}

// load reads the project. An error says that there is none: such a version never
// comes into force.
func (s *source) load(from reconcile.Source, version string) (*held, error) {
	h := &held{version: version, source: from}
	if s.fetch != nil {
		h.home = homeOfGit
	}
	var err error
	h.project, h.found, h.stats, err = s.fleet.o.Load(s.cache, from.Dir)
	return h, err
}

// mostPast is how many earlier versions a target with wrong files may fall back to.
const mostPast = 3

// earlier gives them.
func (s *source) earlier() []*held {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.past
}

// keep lets the passes work with what was read.
func (s *source) keep(h *held) *held {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.held; old != nil && old != h && old.project != nil && !diagnostic.HasErrors(old.found) {
		s.past = append([]*held{old}, s.past[:min(len(s.past), mostPast-1)]...)
	}
	s.held = h
	return h
}

// homeOfGit asks for the folder of -C: that of a commit comes and goes.
const homeOfGit = "git"

// folderError is a folder that is not there.
type folderError struct {
	dir string
	err error
}

func (e *folderError) Error() string {
	if errors.Is(e.err, fs.ErrNotExist) {
		return fmt.Sprintf("the folder %s is not there", e.dir)
	}
	return e.err.Error()
}

// Hint tells what next.
func (e *folderError) Hint() string { return "its targets wait, and go on as soon as it can be read" }

// readFolder reads a folder, again while it changes under the reader. One that is
// gone says nothing: what it held is not worked with any more.
func (s *source) readFolder() (*held, error) {
	for range 3 {
		before, err := digestOf(s.entry.Dir)
		if err != nil {
			return s.keep(nil), &folderError{s.entry.Dir, err}
		}
		if old := s.have(); old != nil && old.version == before {
			return old, nil
		}
		h, err := s.load(reconcile.Source{Dir: s.entry.Dir, Name: s.place, Since: time.Now()}, before)
		if err != nil {
			return s.keep(nil), err
		}
		if after, err := digestOf(s.entry.Dir); err == nil && after == before {
			return s.keep(h), nil
		}
	}
	return s.have(), fmt.Errorf("the files of %s change while they are read", s.place)
}

// missing tells of a target that the fleet file names and the project has not.
func (p *pass) missing() []diagnostic.Diagnostic {
	if p.held.project.Targets[p.pick.Target] != nil || diagnostic.HasErrors(p.held.found) {
		return nil
	}
	p.fleet.mu.Lock()
	defer p.fleet.mu.Unlock()
	_, troubles := p.fleet.file.Resolve(p.pick.Source, p.held.project.TargetNames())
	for _, t := range troubles {
		if t.Picked.Target == p.pick.Target {
			return []diagnostic.Diagnostic{t.Diagnostic}
		}
	}
	return nil
}
