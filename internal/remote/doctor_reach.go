package remote

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"
)

// A clock that is wrong by more than skewWarns is told; by more than skewFails
// it is a failed check: dates in files and signed requests go wrong.
const (
	skewWarns = 30 * time.Second
	skewFails = 5 * time.Minute
)

// enter asks for the token, which tells of the host, the credentials, the clock
// and the generation at once.
func (d *Doctor) enter(ctx context.Context) {
	if d.client.wire.keyID == "" {
		d.puzzled("v3", "the target names no access key")
		return
	}
	err := d.client.Open(ctx)
	d.sight.v3 = true
	switch {
	case err == nil:
		d.sight.v3token = true
		d.check(Check{Name: CheckHost, Verdict: Passed})
		d.check(Check{Name: CheckCredentials, Verdict: Passed})
		d.learn("v3", "on", ByRead)
		d.learn("token-ttl", shortDuration(d.client.wire.tokens.current.ttl), ByRead)
	case isNoRoute(err):
		d.sight.v3 = false
		d.learn("v3", "off", ByRead)
	case notAnAPI(err):
		d.check(Check{Name: CheckHost, Verdict: Failed, Err: err})
		d.check(Check{Name: CheckCredentials, Verdict: Skipped, Note: "the host did not answer as the API does"})
	default:
		d.check(Check{Name: CheckHost, Verdict: Passed})
		d.check(Check{Name: CheckCredentials, Verdict: Failed, Err: err})
		d.learn("v3", "on", ByRead)
	}
	d.checkClock()
}

// notAnAPI tells that nothing answered, or something else than the API.
func notAnAPI(err error) bool {
	e, ok := asError(err)
	if !ok {
		return true
	}
	silent := e.HTTPStatus == 0 && e.Path != ""
	moved := e.HTTPStatus >= 300 && e.HTTPStatus < 400
	garbled := errors.Is(err, errHTML) || errors.Is(err, errGarbage) || errors.Is(err, errCut) || errors.Is(err, errEmpty)
	nameless := e.HTTPStatus == http.StatusOK && e.StatusCode == 0
	return silent || moved || garbled || nameless || e.unavailable
}

func (d *Doctor) checkClock() {
	c := Check{Name: CheckClock, Verdict: Passed, Skew: d.clock.skew.Round(time.Second)}
	switch off := c.Skew.Abs(); {
	case !d.clock.seen:
		c.Verdict, c.Note = Skipped, "no answer told the time"
	case off > skewFails:
		c.Verdict = Failed
	case off > skewWarns:
		c.Verdict = Warned
	}
	d.check(c)
}

// shortDuration writes 2h0m0s as 2h.
func shortDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// nobody is an id of the right shape that no object bears.
const nobody = "000000000000000000000000"

// refusals asks for what is not there, and asks wrongly, to see how the server
// says no (contract 3.1, 8 Q4).
func (d *Doctor) refusals(ctx context.Context) {
	_, err := d.get(ctx, "get-application", "appId", nobody)
	if e, ok := asError(err); ok {
		switch {
		case e.HTTPStatus == http.StatusOK && e.StatusCode == http.StatusNotFound:
			d.learn("absent", "body404", ByRead)
		case e.HTTPStatus == http.StatusNotFound:
			d.learn("absent", "http404", ByRead)
		case e.HTTPStatus == http.StatusUnprocessableEntity && e.APICode == apiCodeAbsent:
			d.learn("absent", "http422", ByRead)
		default:
			d.puzzled("absent", "an application that does not exist is refused in a way no document shows: "+outcome(err))
		}
	}
	// An application that is named by nothing: a parameter is missing.
	_, err = d.get(ctx, "get-application")
	e, ok := asError(err)
	switch {
	case !ok || e.StatusCode == 0 || e.absent:
		d.puzzled("http-status", "a request without its parameter is not refused as such: "+outcome(err))
	case e.HTTPStatus == http.StatusOK:
		d.learn("http-status", "ok", ByRead)
	case e.HTTPStatus == e.StatusCode:
		d.learn("http-status", "mirror", ByRead)
	default:
		d.puzzled("http-status", "the two statuses of a refusal differ: "+outcome(err))
	}
}

// outcome says in figures how a request went: nothing of the server's words,
// which may hold a name.
func outcome(err error) string {
	e, ok := asError(err)
	switch {
	case err == nil:
		return "it succeeded"
	case !ok:
		return "no answer"
	case e.HTTPStatus == 0:
		return "no answer"
	}
	s := "HTTP status " + itoa(e.HTTPStatus)
	if e.StatusCode != 0 {
		s += ", statusCode " + itoa(e.StatusCode)
	}
	if digits(e.APICode) {
		s += ", apiCode " + e.APICode
	}
	if e.doubtful {
		s += ", success=false"
	}
	return s
}

func digits(s string) bool {
	return s != "" && len(s) <= 10 && strings.Trim(s, "0123456789") == ""
}
