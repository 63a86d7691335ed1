package source

import (
	"context"
	"errors"
	"strings"
)

// reasons are the words of git and of ssh by which a person knows what to do.
var reasons = []struct {
	sign, next string
	away       bool
}{
	{"couldn't find remote ref", "see that the branch of --ref exists", false},
	{"did not end in time", "the host hangs, or the line is slow", true},
	{"Could not resolve host", "check the host of --git and the network", true},
	{"Could not resolve hostname", "check the host of --git and the network", true},
	{"Name or service not known", "check the host of --git and the network", true},
	{"Failed to connect", "the host does not answer", true},
	{"unable to connect", "the host does not answer", true},
	{"Connection refused", "the host does not answer", true},
	{"Connection timed out", "the host does not answer", true},
	{"Connection reset", "the host broke off", true},
	{"hung up", "the host broke off; see its log", true},
	{"early EOF", "the host broke off", true},
	{"The requested URL returned error: 5", "the host has trouble", true},
	{"Host key verification failed", "put the host's key into known_hosts", false},
	{"could not read Username", "give git a credential helper for this host", false},
	{"could not read Password", "give git a credential helper for this host", false},
	{"terminal prompts disabled", "give git a credential helper for this host", false},
	{"Authentication failed", "the host does not take these credentials", false},
	{"The requested URL returned error: 403", "the host does not take these credentials", false},
	{"Permission denied", "the host does not take this key", false},
	{"not found", "check the URL of --git, and that these credentials may read it", false},
	{"does not appear to be a git repository", "check the URL of --git, and that these credentials may read it", false},
	{"dubious ownership", "the repository belongs to another user: git config --global --add safe.directory FOLDER", false},
	{"transport '", "a redirect or a rewrite leads to a transport that is not allowed", false},
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
	for _, r := range reasons {
		if strings.Contains(err.Error(), r.sign) {
			e.Next, e.Away = r.next, r.away
			break
		}
	}
	return e
}
