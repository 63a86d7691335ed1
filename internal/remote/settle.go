package remote

import (
	"context"
	"net/http"
	"strings"
	"time"
)

// firstPause is the pause after the first of several reads that settle a
// doubt; each next one is twice as long.
const firstPause = 100 * time.Millisecond

// until reads until done says so or the settling time has passed; the last
// read is never before that time. It returns what the last read said.
func (c *Client) until(ctx context.Context, read func(context.Context) (done bool, err error)) (bool, error) {
	deadline := time.Now().Add(c.settle)
	for pause := firstPause; ; pause *= 2 {
		c.renew()
		done, err := read(ctx)
		left := time.Until(deadline)
		if err != nil || done || left <= 0 {
			return done, err
		}
		if err := sleep(ctx, min(pause, left)); err != nil {
			return false, err
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// born sends a create. If its fate is not known, find settles it by reading:
// what is found was created; absent means not done only when the reads of the
// whole settling time agree, and then it is sent once more (spec 7).
func (c *Client) born(ctx context.Context, op operation, body tree, find func(context.Context) (tree, error)) (tree, error) {
	made, err := c.send(ctx, op, body)
	for again := true; err != nil; again = false {
		conflict := !again && isConflict(err)
		if !inDoubt(err) && !conflict {
			return nil, err
		}
		found, ferr := c.found(ctx, find)
		switch {
		case ferr != nil:
			return nil, unsettled(err, ferr)
		case found != nil:
			return found, nil
		case conflict || !again || isDoubtful(err):
			return nil, changed(err, func(e *Error) { e.unknown, e.doubtful = false, false })
		}
		made, err = c.send(ctx, op, body)
	}
	return made, nil
}

func (c *Client) found(ctx context.Context, find func(context.Context) (tree, error)) (tree, error) {
	var t tree
	_, err := c.until(ctx, func(ctx context.Context) (bool, error) {
		var err error
		t, err = find(ctx)
		return t != nil, err
	})
	return t, err
}

// confirm judges a write in doubt by reading: kept tells how what was sent
// stands to what the server shows now.
func (c *Client) confirm(ctx context.Context, err error, kept func(context.Context) (verdict, error)) error {
	if err == nil || !inDoubt(err) {
		return err
	}
	var v verdict
	_, rerr := c.until(ctx, func(ctx context.Context) (bool, error) {
		var e error
		v, e = kept(ctx)
		return len(v.differ) == 0, e
	})
	switch {
	case rerr != nil:
		return unsettled(err, rerr)
	case len(v.differ) > 0:
		return changed(err, func(e *Error) {
			e.short(v)
			e.Message += "; the server did not keep " + strings.Join(v.differ, ", ")
		})
	case isDoubtful(err) && v.kept:
		return nil // it said no and kept what can be seen; the end tells what cannot
	case len(v.unseen) > 0:
		return changed(err, func(e *Error) {
			e.unknown, e.doubtful = true, false
			e.Message += "; no read shows what became of " + strings.Join(v.unseen, ", ")
		})
	}
	return nil
}

// unsettled says that the reads that should have settled a doubt failed too.
func unsettled(err, reading error) error {
	r, ok := asError(reading)
	return changed(err, func(e *Error) {
		e.mute = ok && e.HTTPStatus == 0 && r.HTTPStatus == 0 && r.unavailable
		e.unknown, e.doubtful = true, false
		e.Message += "; reading it again failed: " + reading.Error()
	})
}

func isConflict(err error) bool {
	e, ok := asError(err)
	return ok && e.status() == http.StatusConflict
}

func isDoubtful(err error) bool {
	e, ok := asError(err)
	return ok && e.doubtful
}
