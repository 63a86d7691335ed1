package remote

import (
	"context"
	"slices"
	"strings"

	"github.com/idpsync/idpsync/internal/model"
)

// meaning is what update-ext-idp-conn does to the keys of fields that it does
// not name. The documented meaning is "incremental" (contract 4.1), and nobody
// has seen it live. It matters for the secrets that an update leaves out, so
// the first such update of a run is read back before another may start.
type meaning int

const (
	meaningUnknown meaning = iota
	merges
	replaces
)

// fieldsMeaning is what this run has learnt; Client.mu guards it.
type fieldsMeaning struct {
	known meaning
	// learning is closed when the update that finds out has ended; nil when
	// there is none. No other update of a connection starts before.
	learning chan struct{}
}

// connectionChange is one update of a connection, as it will be sent.
type connectionChange struct {
	id       string
	from, to *model.Resource
	body     tree
	shown    tree // fields as last read
	// left are the values that are shown and not sent.
	left []leftOut
	// withheld are the dotted paths of the secrets that are not sent.
	withheld []string
}

// leftOut is a value of fields that an update does not name.
type leftOut struct {
	path   model.Path // below fields
	secret bool
}

func (l leftOut) String() string { return "fields." + l.path.String() }

func newConnectionChange(id string, base tree, from, to *model.Resource, carry carrier) connectionChange {
	u := connectionChange{id: id, from: from, to: to, body: connectionUpdate(id, base, to, carry)}
	u.shown, _ = base["fields"].(tree)
	sent, _ := u.body["fields"].(tree)
	declared, says := to.Attributes["fields"].(tree)
	if !says || len(declared) > 0 {
		u.left = unsent(nil, nil, u.shown, sent, declared)
	}
	for _, l := range u.left {
		if l.secret {
			u.withheld = append(u.withheld, l.String())
		}
	}
	for _, p := range heldPaths(model.Path{"fields"}, declared) {
		if !slices.Contains(u.withheld, p) && !(carry.secrets && shows(base, p)) {
			u.withheld = append(u.withheld, p)
		}
	}
	slices.Sort(u.withheld)
	return u
}

// shows tells that something stands at a dotted path of what was read.
func shows(base tree, dotted string) bool {
	r := model.Resource{Attributes: base}
	v, has := r.At(strings.Split(dotted, ".")...)
	return has && !empty(v)
}

// unsent appends to out the values of shown that sent does not name. What lies
// below an object that is declared empty is meant to go.
func unsent(out []leftOut, path model.Path, shown, sent, declared tree) []leftOut {
	for k, v := range shown {
		p := path.Child(k)
		object, isObject := v.(tree)
		s, named := sent[k]
		below, _ := s.(tree)
		d, says := declared[k].(tree)
		switch {
		case empty(v) || says && len(d) == 0:
		case isObject && (!named || below != nil):
			out = unsent(out, p, object, below, d)
		case !named:
			out = append(out, leftOut{p, holdsSecret(v)})
		}
	}
	return out
}

// heldPaths lists where a declaration says that the server holds the secret.
func heldPaths(path model.Path, v any) []string {
	var out []string
	switch v := v.(type) {
	case model.Secret:
		if v.Server() {
			return []string{path.String()}
		}
	case tree:
		for k, e := range v {
			out = append(out, heldPaths(path.Child(k), e)...)
		}
	case []any:
		for _, e := range v {
			out = append(out, heldPaths(path, e)...)
		}
	}
	return out
}

// updateConnection sends what is declared over what the server shows in clear.
// A secret that is not declared is left out; what that does to it is found out
// once a run, and where the server is known to drop it nothing is sent.
func (c *Client) updateConnection(ctx context.Context, id string, from, to *model.Resource) error {
	base := c.connectionTree(id, from)
	nulls := openNulls(nil, to.Attributes, base)
	if c.is(traitNulls, "off") {
		base, to, nulls = lessPaths(base, nulls), lessNulls(to, nulls), nil
	}
	u := newConnectionChange(id, base, from, to, c.carrier(model.Connection, base))
	if err := c.sendChange(ctx, u); err != nil {
		return err
	}
	return c.leaveOut(ctx, u, base, nulls)
}

// sendChange sends an update of a connection when it may be sent.
func (c *Client) sendChange(ctx context.Context, u connectionChange) error {
	known, learnt, err := c.enterUpdate(ctx, len(u.withheld) > 0 && len(u.left) > 0)
	switch {
	case err != nil:
		return &Error{unsent: true, cause: err, Message: "interrupted"}
	case learnt != nil:
		defer learnt()
		return c.sendAndLearn(ctx, u)
	case len(u.withheld) > 0 && known == replaces:
		return &Error{
			unsent: true, lost: u.withheld, hint: hintEnter,
			Message: "the server replaces fields, so this was not sent: these would have to be entered again: " + strings.Join(u.withheld, ", "),
		}
	}
	return c.sendConnection(ctx, u)
}

// enterUpdate waits while another update finds out what the server does. If
// that is not known yet and this one withholds a secret, it is the one to find
// out: learnt is to be called when it has ended.
func (c *Client) enterUpdate(ctx context.Context, withholds bool) (known meaning, learnt func(), err error) {
	for {
		c.mu.Lock()
		busy, known := c.fields.learning, c.fields.known
		if busy == nil && known == meaningUnknown && withholds {
			c.fields.learning = make(chan struct{})
			learnt = c.endLearning
		}
		c.mu.Unlock()
		if busy == nil {
			return known, learnt, nil
		}
		select {
		case <-busy:
		case <-ctx.Done():
			return known, nil, ctx.Err()
		}
	}
}

func (c *Client) endLearning() {
	c.mu.Lock()
	defer c.mu.Unlock()
	close(c.fields.learning)
	c.fields.learning = nil
}

const hintEnter = "declare them with secretFrom, so that every update carries them"

// sendAndLearn sends an update that leaves out a secret and looks whether the
// server still has all that it had.
func (c *Client) sendAndLearn(ctx context.Context, u connectionChange) error {
	err := c.sendConnection(ctx, u)
	if e, ok := asError(err); err != nil && (!ok || !e.partly) {
		return err
	}
	fresh, found, rerr := c.lookBack(ctx, u)
	if rerr != nil {
		return &Error{unknown: true, cause: safeCause(rerr), Message: "the update was done; whether the server kept " +
			strings.Join(u.withheld, ", ") + " is not known: reading it again failed: " + rerr.Error()}
	}
	if found != meaningUnknown {
		c.mu.Lock()
		c.fields.known = found
		c.learns(traitFields, map[meaning]string{merges: "merge", replaces: "replace"}[found])
		c.cache.putConnection(fresh)
		c.mu.Unlock()
	}
	if found == replaces {
		if lost := c.putBack(ctx, u, fresh); lost != nil {
			return lost
		}
	}
	return err
}

// lookBack reads the connection until it tells what became of the values left
// out: they are gone, or they are there in a read that is not older than the
// update. Where the update changes nothing that is shown, only the whole
// settling time tells the age of a read.
func (c *Client) lookBack(ctx context.Context, u connectionChange) (fresh tree, found meaning, err error) {
	visible := len(against(&model.Resource{Attributes: without(u.to.Attributes, unset).(tree)}, u.from).differ) > 0
	agrees := false
	_, err = c.until(ctx, func(ctx context.Context) (bool, error) {
		t, err := c.freshConnection(ctx, u.id, u.to)
		if err != nil {
			return false, err
		}
		c.mu.Lock()
		agrees = len(judged(u.from, u.to, c.connectionResource(t)).differ) == 0
		c.mu.Unlock()
		fresh = t
		return len(vanished(u.left, t)) > 0 || visible && agrees, nil
	})
	switch {
	case err != nil || fresh["fields"] == nil:
		return nil, meaningUnknown, err
	case len(vanished(u.left, fresh)) > 0:
		return fresh, replaces, nil
	case agrees:
		return fresh, merges, nil
	}
	return fresh, meaningUnknown, nil
}

// vanished lists those of the values that a connection does not show any more.
func vanished(left []leftOut, t tree) []leftOut {
	if t["fields"] == nil {
		return nil
	}
	r := model.Resource{Attributes: tree{"fields": t["fields"]}}
	var out []leftOut
	for _, l := range left {
		if v, has := r.At(append([]string{"fields"}, l.path...)...); !has || empty(v) {
			out = append(out, l)
		}
	}
	return out
}

// putBack sends again what the server dropped and had shown in clear, and tells
// what only a person can enter again.
func (c *Client) putBack(ctx context.Context, u connectionChange, fresh tree) error {
	var lost, open []leftOut
	for _, l := range vanished(u.left, fresh) {
		if l.secret {
			lost = append(lost, l)
		} else {
			open = append(open, l)
		}
	}
	failed := ""
	if len(open) > 0 {
		if still, err := c.sendAgain(ctx, u, open); err != nil {
			lost = append(lost, still...)
			failed = "; putting back the rest failed: " + err.Error()
		}
	}
	if len(lost) == 0 {
		return nil
	}
	e := &Error{hint: hintEnter, parts: []string{partUpdate}} // it was written, whatever it cost
	for _, l := range lost {
		e.lost = append(e.lost, l.String())
	}
	slices.Sort(e.lost)
	e.Message = "the server replaces fields: these must be entered again: " + strings.Join(e.lost, ", ") + failed
	return e
}

// sendAgain sends the update with all that was shown in clear. If that fails it
// tells which of the values are still not there.
func (c *Client) sendAgain(ctx context.Context, u connectionChange, open []leftOut) (still []leftOut, err error) {
	body := omit(u.body, "fields")
	body["fields"] = overlay(readable(u.shown), u.body["fields"])
	if _, err = c.api.write(ctx, updateConnection, body); err != nil {
		t, rerr := c.freshConnection(ctx, u.id, u.to)
		if rerr != nil {
			return open, err
		}
		if still = vanished(open, t); len(still) > 0 {
			return still, err
		}
	}
	c.remember(u.id, body)
	return nil, nil
}
