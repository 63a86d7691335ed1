package reconcile

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/idpsync/idpsync/internal/config"
	"github.com/idpsync/idpsync/internal/diagnostic"
)

// filesKept is what the loop knows of the files.
type filesKept struct {
	source Source
	// good are the last ones that were right, desired what they say, digest its
	// name, and seen when the files came to say so.
	good    *Files
	desired *config.Desired
	notes   []diagnostic.Diagnostic // of good, none of them an error
	digest  string
	seen    time.Time
	// wrong is what the files of now are refused for; nil when they are the good ones.
	wrong []diagnostic.Diagnostic
	// err is why they could not be had; gone tells that there is no project where
	// it was, so that even the last good files are not to be trusted.
	err  error
	gone bool
	// fresh asks that the next look counts as news.
	fresh bool
}

// look reads the files and judges them. It tells whether they ask for something
// else than before; files that are wrong never do, the last good ones stay.
func (l *Loop) look(ctx context.Context) (news bool) {
	select {
	case <-l.wake: // what it tells of is read now
		l.draft.Counters.Wakes++
	default:
	}
	l.draft.Phase = Reading
	l.publish()
	ctx, _, release := l.stoppable(ctx)
	defer release()
	ctx, seen := l.o.Observe(ctx, "files")
	err := l.fetch(ctx)
	if err != nil && l.stopped() {
		seen(nil)
		return false
	}
	l.files.gone = false
	if l.files.source.Dir != "" {
		var reading error
		news, reading = l.read()
		l.files.gone = reading != nil
		err = cmp.Or(reading, err)
	}
	l.files.err = err
	seen(err)
	if l.files.fresh && !l.files.gone && l.files.wrong == nil {
		l.files.fresh, news = false, true
	}
	l.draft.Phase = Waiting
	l.draft.Source, l.draft.Commit = l.files.source.Name, l.files.source.Commit
	l.untold = l.judge()
	l.publish()
	return news
}

func (l *Loop) fetch(ctx context.Context) error {
	s, err := l.o.Fetch(ctx)
	if s.Dir != "" { // with an error it is the last good one
		l.files.source = s
	}
	return err
}

// read loads the project and keeps it if it is right.
func (l *Loop) read() (news bool, err error) {
	f := &l.files
	files, err := l.o.Load(f.source.Dir)
	if err != nil {
		return false, err
	}
	l.draft.Target = cmp.Or(l.draft.Target, files.Target)
	l.draft.Counters.Files += uint64(files.Stats.Files)
	l.draft.Counters.Parsed += uint64(files.Stats.Parsed)
	desired, found := l.prepared(files)
	if diagnostic.HasErrors(found) {
		f.wrong = found
		return false, nil
	}
	if desired == nil {
		return false, errors.New("the project has no target to watch")
	}
	digest := desired.Digest() + settings(files)
	news = digest != f.digest
	switch {
	case !f.source.Since.IsZero():
		f.seen = f.source.Since
	case news:
		f.seen = time.Now()
	}
	f.good, f.desired, f.digest, f.notes, f.wrong = files, desired, digest, found, nil
	return news, nil
}

// prepared judges files that were read.
func (l *Loop) prepared(files *Files) (*config.Desired, []diagnostic.Diagnostic) {
	found := files.Found
	var desired *config.Desired
	if files.Target != "" {
		var more []diagnostic.Diagnostic
		desired, more = Prepare(files.Project, files.Target, l.now())
		found = slices.Concat(found, more)
	}
	diagnostic.Sort(found)
	return desired, diagnostic.Compact(found)
}

// fallBack takes files that were right before, where those of now are wrong and
// this loop has seen no others.
func (l *Loop) fallBack() {
	f := &l.files
	if f.wrong == nil || f.good != nil || l.o.Good == nil {
		return
	}
	for _, files := range l.o.Good() {
		desired, found := l.prepared(files)
		if desired != nil && !diagnostic.HasErrors(found) {
			f.good, f.desired, f.notes, f.digest = files, desired, found, desired.Digest()+settings(files)
			return
		}
	}
}

// settings names what a project says beside its objects, as far as a pass may
// come out otherwise for it.
func settings(f *Files) string {
	text, _ := json.Marshal(f.Project.Targets[f.Target]) // it holds names of secrets, never values
	sum := sha256.Sum256(text)
	return "/" + f.Target + "/" + hex.EncodeToString(sum[:])
}
