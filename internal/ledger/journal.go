package ledger

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	journalDir = "journal"
	openEnd    = ".open.jsonl"
	closedEnd  = ".jsonl"
)

// journalLine is one line of a journal; one member is set.
type journalLine struct {
	Head     *journalHead   `json:"head,omitempty"`
	Intent   *intentLine    `json:"intent,omitempty"`
	Outcome  *outcomeLine   `json:"outcome,omitempty"`
	Override *Override      `json:"override,omitempty"`
	Close    *Summary       `json:"close,omitempty"`
	Settled  *settledMarker `json:"settled,omitempty"`
}

// journalHead is the first line. Version stands at the top so that every
// file of a ledger tells it in one place.
type journalHead struct {
	Run RunHead `json:"run"`
}

type intentLine struct {
	N   int    `json:"n"`
	Key string `json:"key"`
	Entry
}

type outcomeLine struct {
	N int `json:"n"`
	Outcome
}

// settledMarker says that a later run found out what became of every step.
type settledMarker struct {
	By   string    `json:"by"`
	Time time.Time `json:"time"`
}

// Override is a guard that was passed, and why.
type Override struct {
	Guard  string `json:"guard"`
	Reason string `json:"reason"`
}

// versioned is the head as it is written.
type versioned struct {
	Version int    `json:"version"`
	Kind    string `json:"kind"`
	journalLine
}

// journalFile is one file of the folder, known by its name alone.
type journalFile struct {
	name  string
	run   string
	epoch int64
	open  bool
}

// runName is what a run may be called: it becomes a part of a file name.
var runName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$`) })

// journals lists the files of the folder, the oldest first.
func (p *filePool) journals() ([]journalFile, error) {
	dir := p.path(journalDir)
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, unreadable(dir, err)
	}
	files := make([]journalFile, 0, len(entries))
	for _, e := range entries {
		if f, ok := parseJournalName(e.Name()); ok {
			files = append(files, f)
		}
	}
	sort.Slice(files, func(i, j int) bool {
		a, b := &files[i], &files[j]
		return a.epoch < b.epoch || a.epoch == b.epoch && a.name < b.name
	})
	return files, nil
}

// parseJournalName reads "00000007-RUN.jsonl" or "00000007-RUN.open.jsonl".
func parseJournalName(name string) (journalFile, bool) {
	rest, ok := strings.CutSuffix(name, closedEnd)
	if !ok {
		return journalFile{}, false
	}
	rest, open := strings.CutSuffix(rest, strings.TrimSuffix(openEnd, closedEnd))
	number, run, ok := strings.Cut(rest, "-")
	epoch, err := strconv.ParseInt(number, 10, 64)
	if !ok || err != nil || !runName().MatchString(run) {
		return journalFile{}, false
	}
	return journalFile{name, run, epoch, open}, true
}

func (p *filePool) findJournal(run string) (journalFile, bool, error) {
	files, err := p.journals()
	i := slices.IndexFunc(files, func(f journalFile) bool { return f.run == run })
	if err != nil || i < 0 {
		return journalFile{}, false, err
	}
	return files[i], true, nil
}

// checkNewest refuses to write beside a journal of a newer program.
func (p *filePool) checkNewest() error {
	files, err := p.journals()
	if err != nil || len(files) == 0 {
		return err
	}
	_, err = p.readRun(files[len(files)-1])
	var e *Error
	if errors.As(err, &e) && e.Problem == Newer {
		return err
	}
	return nil // damage of one journal is told where that journal is needed
}

// fileJournal is a journal that is being written.
type fileJournal struct {
	dir  string
	name string // without its ending
	log  *appendLog

	mu     sync.Mutex
	intent int
	open   map[int]bool
	closed bool
}

func (w *fileWriter) Begin(ctx context.Context, head RunHead) (Journal, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !runName().MatchString(head.ID) {
		return nil, fmt.Errorf("%q cannot name a run", head.ID)
	}
	if _, there, err := w.pool.findJournal(head.ID); err != nil || there {
		return nil, errors.Join(err, fmt.Errorf("there is a run %s already", head.ID))
	}
	head.Epoch, head.Time = w.epoch, head.Time.UTC()
	j := &fileJournal{dir: w.pool.path(journalDir), name: fmt.Sprintf("%08d-%s", w.epoch, head.ID), open: map[int]bool{}}
	log, err := openLog(filepath.Join(j.dir, j.name+openEnd), logEnd{}, w.held.still)
	if err != nil {
		return nil, err
	}
	first := versioned{version, "run", journalLine{Head: &journalHead{head}}}
	if err := log.append(first); err != nil {
		_ = log.close()
		_ = os.Remove(log.path) // a run that never began
		return nil, err
	}
	syncFolder(j.dir)
	j.log = log
	return j, nil
}

func (j *fileJournal) Intent(ctx context.Context, e Entry) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	j.mu.Lock()
	j.intent++
	n := j.intent
	j.open[n] = true
	j.mu.Unlock()
	e.Time = e.Time.UTC()
	return n, j.log.append(journalLine{Intent: &intentLine{n, e.Key.String(), e}})
}

func (j *fileJournal) Outcome(_ context.Context, n int, o Outcome) error {
	o.Time = o.Time.UTC()
	err := j.log.append(journalLine{Outcome: &outcomeLine{n, o}})
	if err == nil && o.Fate != Unknown {
		j.mu.Lock()
		delete(j.open, n)
		j.mu.Unlock()
	}
	return err
}

func (j *fileJournal) Override(_ context.Context, guard, reason string) error {
	return j.log.append(journalLine{Override: &Override{guard, reason}})
}

// Close renames the file when nothing of it is left to settle, so that the next
// run finds what is open by the names alone.
func (j *fileJournal) Close(_ context.Context, s Summary) error {
	j.mu.Lock()
	closed, open := j.closed, len(j.open)
	j.closed = true
	j.mu.Unlock()
	if closed {
		return nil
	}
	s.Time = s.Time.UTC()
	err := j.log.append(journalLine{Close: &s})
	if closing := j.log.close(); err == nil && closing != nil {
		err = unwritable(j.log.path, closing)
	}
	if err != nil || open > 0 {
		return err
	}
	return finish(j.dir, j.name)
}

func finish(dir, name string) error {
	path := filepath.Join(dir, name)
	if err := os.Rename(path+openEnd, path+closedEnd); err != nil {
		return unwritable(dir, err)
	}
	syncFolder(dir)
	return nil
}

func (w *fileWriter) Settle(ctx context.Context, run string, fates map[int]Outcome) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	f, there, err := w.pool.findJournal(run)
	if err != nil {
		return err
	}
	if !there {
		return &NoRunError{run}
	}
	r, err := w.pool.readRun(f)
	if err != nil || !f.open {
		return err
	}
	if r.end.lines == 0 {
		return w.dropJournal(f.name)
	}
	records, left := settling(r, fates)
	if len(left) == 0 {
		records = append(records, journalLine{Settled: &settledMarker{By: w.held.holder.Run, Time: w.held.holder.Since.UTC()}})
	}
	path := filepath.Join(w.pool.path(journalDir), f.name)
	if r.Torn {
		w.pool.torn(path, r.end.lines+1)
	}
	log, err := openLog(path, r.end, w.held.still)
	if err != nil {
		return err
	}
	if err := errors.Join(log.append(records...), log.close()); err != nil || len(left) > 0 {
		return err
	}
	return finish(w.pool.path(journalDir), strings.TrimSuffix(f.name, openEnd))
}

// dropJournal takes away the file of a run that was killed when it began it: it
// holds nothing, and nothing was done before it did.
func (w *fileWriter) dropJournal(name string) error {
	if err := w.held.still(); err != nil {
		return err
	}
	dir := w.pool.path(journalDir)
	if err := os.Remove(filepath.Join(dir, name)); err != nil {
		return unwritable(dir, err)
	}
	syncFolder(dir)
	return nil
}

// settling makes the lines for the steps that are settled, and lists those that
// stay open.
func settling(r *Run, fates map[int]Outcome) (records []any, left []int) {
	for _, s := range r.Open() {
		o, told := fates[s.N]
		if told {
			o.Time = o.Time.UTC()
			records = append(records, journalLine{Outcome: &outcomeLine{s.N, o}})
		}
		if !told || o.Fate == Unknown {
			left = append(left, s.N)
		}
	}
	return records, left
}
