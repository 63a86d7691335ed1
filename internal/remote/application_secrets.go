package remote

import (
	"context"
	"slices"
	"strings"

	"github.com/idpsync/idpsync/internal/model"
)

// An update of an application leaves out an object of which not all can be
// given back, because a secret in it is shown masked, and of the objects it
// sends the secrets that it does not know. Whether a server forgets what is
// left out is not documented (contract 10, 3), so the first such update of a
// run is looked at before another may be sent.

// withheld are the secrets that the body of an update does not say.
type withheld struct {
	// alone are those whose object is sent without them, whole those whose object
	// is not sent.
	alone, whole []model.Path
}

func withheldFrom(shown, body tree) withheld {
	var w withheld
	for name := range protocolObjects {
		own, _ := shown[name].(tree)
		sent, named := body[name].(tree)
		_, said := body[name]
		for _, p := range secretsUnsent(model.Path{name}, own, sent) {
			switch {
			case named:
				w.alone = append(w.alone, p)
			case !said: // null asks for the default, on purpose
				w.whole = append(w.whole, p)
			}
		}
	}
	return w
}

// secretsUnsent lists the secrets below shown that sent has no key for.
func secretsUnsent(path model.Path, shown, sent tree) []model.Path {
	var out []model.Path
	for k, v := range shown {
		s, named := sent[k]
		below, _ := s.(tree)
		switch inner, object := v.(tree); {
		case object && (!named || below != nil):
			out = append(out, secretsUnsent(path.Child(k), inner, below)...)
		case !named && holdsSecret(v):
			out = append(out, path.Child(k))
		}
	}
	return out
}

// judgeWithheld tells which of the secrets this server is known to forget, and
// of which nobody knows. One that resets what an update leaves out is taken to
// forget what its objects leave out too, merged or not.
func (c *Client) judgeWithheld(w withheld) (lost, doubtful []model.Path) {
	full, partial := c.is(traitApps, "full"), c.is(traitApps, "partial")
	switch {
	case full:
		lost = append(lost, w.whole...)
	case !partial:
		doubtful = append(doubtful, w.whole...)
	}
	switch {
	case full || c.is(traitConfigs, "replace"):
		lost = append(lost, w.alone...)
	case !partial || !c.is(traitConfigs, "merge"):
		doubtful = append(doubtful, w.alone...)
	}
	return lost, doubtful
}

// guarded sends an update of an application unless it would cost a secret; where
// nobody knows it is sent, looked at, and mended as far as it can be.
func (c *Client) guarded(ctx context.Context, id string, base, body tree, send func() error) error {
	w := withheldFrom(base, body)
	lost, doubtful := c.judgeWithheld(w)
	if len(doubtful) > 0 {
		c.learning.Lock()
		defer c.learning.Unlock()
		lost, doubtful = c.judgeWithheld(w)
	}
	if len(lost) > 0 {
		return lostSecrets(lost, true, "the server forgets what an update leaves out, so this was not sent: these would have to be entered again: ")
	}
	err := send()
	if e, ok := asError(err); len(doubtful) == 0 || err != nil && (!ok || !e.partly) {
		return err
	}
	fresh, rerr := c.api.application(ctx, id)
	if rerr != nil {
		return err // the end reads it again, and tells what it cannot
	}
	if gone := missingFrom(doubtful, fresh); len(gone) > 0 {
		return c.mend(ctx, w, gone, base, body)
	}
	c.noteKept(w)
	return err
}

// missingFrom lists the paths at which a read shows nothing.
func missingFrom(paths []model.Path, t tree) []model.Path {
	r := model.Resource{Attributes: t}
	return slices.DeleteFunc(slices.Clone(paths), func(p model.Path) bool {
		v, has := r.At(p...)
		return has && !empty(v)
	})
}

// noteKept remembers that this server keeps what is left out.
func (c *Client) noteKept(w withheld) {
	if len(w.alone) > 0 {
		c.learns(traitConfigs, "merge")
	}
	if len(w.whole) > 0 {
		c.learns(traitApps, "partial")
	}
}

// mend gives back what could be read of the objects that the server forgot, and
// tells which secrets must be entered again.
func (c *Client) mend(ctx context.Context, w withheld, gone []model.Path, base, body tree) error {
	again := omit(body)
	for _, p := range gone {
		if has := func(q model.Path) bool { return slices.Equal(p, q) }; slices.ContainsFunc(w.whole, has) {
			c.learns(traitApps, "full")
			again[p[0]] = readable(base[p[0]])
		} else {
			c.learns(traitConfigs, "replace")
		}
	}
	failed := ""
	if len(again) > len(body) {
		if _, err := c.api.write(ctx, updateApplication, again); err != nil && !isDoubtful(err) {
			failed = "; giving back the rest failed: " + err.Error()
		}
	}
	err := lostSecrets(gone, false, "the server forgot what the update left out: these must be entered again: ")
	err.Message += failed
	err.parts = []string{partSettings} // it was written, whatever it cost
	return err
}

func lostSecrets(paths []model.Path, unsent bool, message string) *Error {
	e := &Error{unsent: unsent, hint: hintEnter}
	for _, p := range paths {
		e.lost = append(e.lost, p.String())
	}
	slices.Sort(e.lost)
	e.Message = message + strings.Join(e.lost, ", ")
	return e
}
