package remote

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Error is a request that did not do what it was for. It never holds a secret,
// a body or a header.
type Error struct {
	Method, Path string
	// HTTPStatus is 0 when no answer arrived.
	HTTPStatus int
	// StatusCode is the status in the body; 0 when the body names none.
	StatusCode int
	APICode    string
	RequestID  string
	// Message is one sentence: the server's own, or what is wrong with its answer.
	Message string

	unavailable bool
	unknown     bool
	absent      bool
	// doubtful: the server answered 200 and success=false (contract 8 Q1).
	doubtful bool
	// mute: reading what a write in doubt did got no answer either.
	mute    bool
	noRoute bool
	hollow  bool // the data is {} or null: neither present nor absent
	unsent  bool
	hint    string
	parts   []string
	// lacks are the dotted paths that read back otherwise; partly: something
	// else of the step was stored.
	lacks  []string
	partly bool
	lost   []string
	cause  error
}

// Error says what happened and where.
func (e *Error) Error() string {
	d := make([]string, 0, 5)
	if e.Path != "" {
		d = append(d, e.Method+" "+e.Path)
	}
	if s := e.status(); s != 0 {
		d = append(d, fmt.Sprintf("status %d", s))
	}
	if e.APICode != "" {
		d = append(d, "api code "+e.APICode)
	}
	if e.RequestID != "" {
		d = append(d, "request id "+e.RequestID)
	}
	if len(d) == 0 {
		return e.Message
	}
	return e.Message + " (" + strings.Join(d, ", ") + ")"
}

// status is the one status worth telling: the body's, unless HTTP says worse.
func (e *Error) status() int {
	if e.StatusCode == 0 || e.HTTPStatus >= 300 && e.StatusCode == http.StatusOK {
		return e.HTTPStatus
	}
	return e.StatusCode
}

// Unwrap gives the network's own error, if that was the reason.
func (e *Error) Unwrap() error { return e.cause }

// Unavailable tells that the server could not be had, and that trying again
// later may help.
func (e *Error) Unavailable() bool { return e.unavailable }

// Unreachable tells that no connection could be made at all, or that neither a
// write nor the read that should settle it was answered.
func (e *Error) Unreachable() bool { return e.unavailable && e.unsent || e.mute }

// Unknown tells that a write was sent and nobody knows whether it was done.
func (e *Error) Unknown() bool { return e.unknown }

// Absent tells that the server said the object does not exist (contract 8 Q4).
func (e *Error) Absent() bool { return e.absent }

// PartsDone lists the parts of a step that were done before the failure.
func (e *Error) PartsDone() []string { return e.parts }

// NotKept lists the dotted paths that the server did not store although it
// stored other things of the same step, or said that it stored them. The step
// is done but for these. It is empty for a failure.
func (e *Error) NotKept() []string {
	if !e.partly {
		return nil
	}
	return e.lacks
}

// NotStored tells that the server answered and did not store some of the step,
// or all of it.
func (e *Error) NotStored() bool { return len(e.lacks) > 0 }

// LostKeys lists the dotted paths of the secrets that an update of a connection
// cost, because the server replaces fields, or that it would have cost had it
// been sent. A person has to enter them again, or to declare them.
func (e *Error) LostKeys() []string { return e.lost }

// Hint tells what to do next, or is empty.
func (e *Error) Hint() string { return e.hint }

// asError finds the *Error in a chain.
func asError(err error) (*Error, bool) {
	var e *Error
	ok := errors.As(err, &e)
	return e, ok
}

func isAbsent(err error) bool {
	e, ok := asError(err)
	return ok && e.absent
}

// isHollow tells that the answer was good and held nothing.
func isHollow(err error) bool {
	e, ok := asError(err)
	return ok && e.hollow
}

// isNoRoute tells that the server may not know the endpoint at all. An absent
// object looks the same in some deployments, so the caller must look twice.
func isNoRoute(err error) bool {
	e, ok := asError(err)
	return ok && (e.noRoute || e.absent)
}

// inDoubt tells that a write must be judged by reading: it was sent and its
// fate is not known, or the server said success=false.
func inDoubt(err error) bool {
	e, ok := asError(err)
	return ok && (e.unknown || e.doubtful)
}

// changed returns err with edit applied to a copy of the *Error in it; an error
// of another make is returned as it is.
func changed(err error, edit func(*Error)) error {
	e, ok := asError(err)
	if !ok {
		return err
	}
	c := *e
	edit(&c)
	return &c
}

// withParts notes the parts that were done before err.
func withParts(err error, parts []string) error {
	if err == nil || len(parts) == 0 {
		return err
	}
	if _, ok := asError(err); !ok {
		return &Error{Message: err.Error(), parts: slices.Clone(parts), cause: err}
	}
	return changed(err, func(e *Error) { e.parts = slices.Concat(parts, e.parts) })
}
