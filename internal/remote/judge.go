package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"unicode"
)

// apiCodeAbsent is the only apiCode with which a 422 means absence (contract 8 Q4).
const apiCodeAbsent = "4004"

// judge tells a good answer from every other sort (contract 3.1, 3.2).
func (w *wire) judge(c call, resp *http.Response, secrets []string) (envelope, error) {
	a, ok := resp.Body.(*answer)
	if !ok {
		return envelope{}, &Error{Method: c.method, Path: c.path, Message: errGarbage.Error(), unknown: !c.repeatable}
	}
	a.envelope.requestID = reference(a.envelope.requestID, secrets)
	e := &Error{
		Method: c.method, Path: c.path, HTTPStatus: resp.StatusCode, StatusCode: a.envelope.status,
		APICode: reference(a.envelope.apiCode, secrets), RequestID: a.envelope.requestID,
	}
	switch {
	case resp.StatusCode >= 300 && resp.StatusCode < 400:
		e.Message = "the server redirects to " + target(resp)
		e.hint = "set " + w.setting + " to the address it redirects to, if you trust it: credentials are not sent after a redirect"
	case a.err != nil:
		w.judgeGarbled(e, a, c)
	case resp.StatusCode == http.StatusOK && a.envelope.status == http.StatusOK:
		return a.envelope, nil
	default:
		w.judgeRefusal(e, a, c, secrets)
	}
	return envelope{}, e
}

// judgeGarbled fills in the error for a body that is no JSON.
func (w *wire) judgeGarbled(e *Error, a *answer, c call) {
	s := e.HTTPStatus
	e.Message, e.cause = a.err.Error(), a.err
	e.unavailable = failing(s, c) || errors.Is(a.err, errCut)
	e.unknown = !c.repeatable && (s < 300 || inDoubtStatus(s))
	e.noRoute = missing(s)
	e.absent = s == http.StatusNotFound && a.empty
	switch {
	case errors.Is(a.err, errHTML) && !failing(s, c):
		e.hint = w.setting + " must be the base URL of the API, not of the console or of a login page"
	default:
		explainStatus(e)
	}
}

// judgeRefusal fills in the error for an answer that says no.
func (w *wire) judgeRefusal(e *Error, a *answer, c call, secrets []string) {
	s := e.status()
	e.Message = quiet(a.envelope.message, secrets)
	if e.Message == "" {
		e.Message = "the server refused, without a reason"
	}
	if a.envelope.status == 0 && e.HTTPStatus < 300 {
		e.Message = "the answer names no status"
		e.unknown = !c.repeatable
		return
	}
	e.absent = s == http.StatusNotFound || s == http.StatusUnprocessableEntity && a.envelope.apiCode == apiCodeAbsent
	e.noRoute = missing(s)
	e.unavailable = failing(s, c)
	e.unknown = !c.repeatable && inDoubtStatus(s)
	explainStatus(e)
}

func explainStatus(e *Error) {
	switch e.status() {
	case http.StatusUnauthorized:
		e.hint = "check accessKeyId and accessKeySecret of this target"
	case http.StatusForbidden:
		e.hint = "the access key may not call this: give it the right, or use the key of the whole user pool"
	case http.StatusTooManyRequests:
		e.hint = "the user pool's request quota is used up: lower --max-rps, or try again later"
	}
}

// outage lists the statuses after which trying again later may help.
func outage(s int) bool {
	return s == http.StatusTooManyRequests || s == http.StatusBadGateway ||
		s == http.StatusServiceUnavailable || s == http.StatusGatewayTimeout
}

// failing tells that the server cannot do its work now. Of a read that is any
// 5xx but 501, which says that it never will; of a write only an outage, since
// what became of it has to be judged by reading.
func failing(s int, c call) bool {
	return outage(s) || c.repeatable && s >= 500 && s < 600 && s != http.StatusNotImplemented
}

// inDoubtStatus tells that a write answered so may have been done all the same.
func inDoubtStatus(s int) bool { return s >= 500 && s != http.StatusNotImplemented }

// missing lists the statuses that an unknown route may give.
func missing(s int) bool {
	return s == http.StatusNotFound || s == http.StatusMethodNotAllowed || s == http.StatusNotImplemented
}

// odd is the error for an answer with a good status and an unusable content.
func (w *wire) odd(c call, env envelope, what string) *Error {
	return &Error{
		Method: c.method, Path: c.path, HTTPStatus: http.StatusOK, StatusCode: env.status,
		RequestID: env.requestID, Message: what, unknown: !c.repeatable,
	}
}

// noAnswer is the error for a call that got no answer, or not the whole of one.
func (w *wire) noAnswer(c call, err error) *Error {
	e := &Error{Method: c.method, Path: c.path, Message: reason(err), cause: safeCause(err), unavailable: true}
	e.unsent = neverSent(err)
	e.unknown = !c.repeatable && !e.unsent
	var dns *net.DNSError
	var fence fencedError
	switch {
	case errors.As(err, &fence):
		e.unavailable, e.cause = false, fence.error
		e.Message = "not sent: " + tidy(fence.Error())
	case untrusted(err):
		e.unavailable = false
		e.Message = "the certificate of " + w.base.Host + " is not trusted: " + e.Message
		e.hint = "name the certificate authority in caFile of this target, if it is your own"
	case errors.As(err, &dns):
		e.Message = "cannot find the address of " + w.base.Hostname()
		e.hint = "check " + w.setting + " of this target, and the network"
	case errors.Is(err, errOversize):
		e.unavailable = false
	case errors.Is(err, context.Canceled):
		e.unavailable = false
		e.Message = "interrupted"
	case e.unsent:
		e.Message = "cannot reach " + w.base.Host + ": " + e.Message
	}
	return e
}

// reason is the innermost sense of a network error, in one line, without the
// URL and without what a URL may hold before an @.
func reason(err error) string {
	var out *url.Error
	if errors.As(err, &out) {
		err = out.Err
	}
	var dial *net.OpError
	if errors.As(err, &dial) && dial.Op == "dial" {
		err = dial.Err
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("no answer within %s", requestTimeout)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errCut.Error()
	case errors.Is(err, io.EOF):
		return "the server closed the connection without an answer"
	}
	return tidy(userinfo().ReplaceAllString(err.Error(), "//(secret)@"))
}

var userinfo = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`//[^/@\s]*@`) })

// safeCause keeps in the chain only the errors that callers may look for: the
// text of the others may hold a URL.
func safeCause(err error) error {
	for _, known := range []error{context.Canceled, context.DeadlineExceeded, errOversize} {
		if errors.Is(err, known) {
			return known
		}
	}
	return nil
}

// target is the host a redirect points to; never its path or query, which may
// hold a ticket.
func target(resp *http.Response) string {
	u, err := resp.Location()
	if err != nil || u.Host == "" {
		return "nowhere"
	}
	return u.Scheme + "://" + u.Host
}

// tidy makes one line of at most 300 characters, free of control characters.
func tidy(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.TrimSpace(s))
	if r := []rune(s); len(r) > 300 {
		s = string(r[:300]) + "..."
	}
	return s
}
