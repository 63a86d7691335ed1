package source

import (
	"context"
	"errors"
	"strings"
)

// reasons are the words of git and of ssh by which a person knows what to do.
var reasons = []reason{
	{"couldn't find remote ref", "see that the branch exists (--ref, or git.ref of a source)", false, false},
	{"did not end in time", "the host hangs, or the line is slow", true, false},
	{"Could not resolve host", "check the host of the repository (--git, or git.url of a source) and the network", true, false},
	{"Could not resolve hostname", "check the host of the repository (--git, or git.url of a source) and the network", true, false},
	{"Name or service not known", "check the host of the repository (--git, or git.url of a source) and the network", true, false},
	{"Failed to connect", "the host does not answer", true, false},
	{"unable to connect", "the host does not answer", true, false},
	{"Connection refused", "the host does not answer", true, false},
	{"Connection timed out", "the host does not answer", true, false},
	{"Connection reset", "the host broke off", true, false},
	{"hung up", "the host broke off; see its log", true, true},
	{"early EOF", "the host broke off", true, true},
	{"The requested URL returned error: 5", "the host has trouble", true, false},
	{"Host key verification failed", "put the host's key into known_hosts", false, false},
	{"could not read Username", "give git a credential helper for this host", false, false},
	{"could not read Password", "give git a credential helper for this host", false, false},
	{"terminal prompts disabled", "give git a credential helper for this host", false, false},
	{"Authentication failed", "the host does not take these credentials", false, false},
	{"The requested URL returned error: 403", "the host does not take these credentials", false, false},
	{"Permission denied", "the host does not take this key", false, false},
	{"not found", "check the repository (--git, or git.url of a source), and that these credentials may read it", false, true},
	{"does not appear to be a git repository", "check the repository (--git, or git.url of a source), and that these credentials may read it", false, false},
	{"dubious ownership", "the repository belongs to another user: git config --global --add safe.directory FOLDER", false, false},
	{"transport '", "a redirect or a rewrite leads to a transport that is not allowed", false, false},
}

type reason struct {
	sign, next string
	away       bool
	// vague: a broken mirror says so too.
	vague bool
}

// reasonOf is the reason that an error names; nil when nobody knows it.
func reasonOf(err error) *reason {
	for i := range reasons {
		if strings.Contains(err.Error(), reasons[i].sign) {
			return &reasons[i]
		}
	}
	return nil
}

// explain makes an error of a command one that says what to do.
func (g *Git) explain(err error) error {
	var ours *Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &ours), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	e := &Error{Message: g.name, Err: err}
	if r := reasonOf(err); r != nil {
		e.Next, e.Away = r.next, r.away
	}
	return e
}
