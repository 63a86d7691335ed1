package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// sender talks to endpoints.
type sender struct {
	client *http.Client
	now    func() time.Time
}

func newSender(transport http.RoundTripper, now func() time.Time) *sender {
	return &sender{now: now, client: &http.Client{
		Transport: transport, Timeout: 10 * time.Second,
		// Wherever it leads, the URL was given for one host.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// send tells an endpoint once. wait is what it asked to wait before another try.
func (s *sender) send(ctx context.Context, e *Endpoint, m *Message) (wait time.Duration, err error) {
	req, err := s.request(ctx, e, m)
	if err != nil {
		return 0, &Error{Message: e.name, Err: err}
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return 0, &Error{Message: e.name, Err: withoutURL(err), later: ctx.Err() == nil}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		return 0, &Error{Message: e.name, Err: withoutURL(err), later: ctx.Err() == nil}
	}
	return retryAfter(resp.Header), e.judge(resp.StatusCode, body)
}

// request signs each try anew: signatures are good for an hour or less.
func (s *sender) request(ctx context.Context, e *Endpoint, m *Message) (*http.Request, error) {
	body, err := e.content(m)
	if err != nil {
		return nil, err
	}
	at, header := *e.url, http.Header{}
	if sign := e.preset.Sign; sign != nil && e.secret != "" {
		mark, err := sign.mark(e.secret, body, s.now())
		if err != nil {
			return nil, err
		}
		switch sign.In {
		case "body":
			if body, err = sign.into(body, mark); err != nil {
				return nil, err
			}
		case "query":
			q := at.Query()
			q.Set(sign.SignAs, mark.sign)
			q.Set(sign.TimeAs, mark.time)
			at.RawQuery = q.Encode()
		case "header":
			header.Set(sign.SignAs, mark.sign)
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, at.String(), bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("no request can be made of it")
	}
	header.Set("Content-Type", "text/plain; charset=utf-8")
	if json.Valid(body) {
		header.Set("Content-Type", "application/json; charset=utf-8")
	}
	header.Set("User-Agent", "idpsync")
	req.Header = header
	return req, nil
}

// withoutURL takes the wrapping off that tells the URL.
func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		if u.Timeout() {
			return errors.New("it does not answer")
		}
		return u.Err
	}
	return err
}

// judge tells a yes from a no. What the endpoint says beside its number may
// repeat what it was sent, and is not told.
func (e *Endpoint) judge(status int, body []byte) error {
	switch {
	case status == http.StatusTooManyRequests, status >= 500, status == http.StatusRequestTimeout:
		err := wrong("", "%s answered %d", e.name, status)
		err.later = true
		return err
	case status >= 300 && status < 400:
		return wrong("name the place it leads to", "%s answered %d: redirects are not followed", e.name, status)
	case status < 200 || status >= 300:
		return wrong("check the URL", "%s answered %d", e.name, status)
	}
	a := e.preset.Answer
	if a == nil {
		return nil
	}
	var fields map[string]any
	code, ok := 0, false
	if json.Unmarshal(body, &fields) == nil {
		var n float64
		if n, ok = fields[a.Field].(float64); ok {
			code = int(n)
		}
	}
	switch {
	case !ok:
		return wrong("check the URL and the preset", "%s answered %d, and not in the words of the preset", e.name, status)
	case code == a.OK:
		return nil
	}
	err := wrong("check the URL, the secret, and the keywords and addresses that the robot allows", "%s answered %s %d", e.name, a.Field, code)
	err.later = slices.Contains(a.Later, code)
	return err
}

// retryAfter reads seconds; a date is not worth a clock here.
func retryAfter(h http.Header) time.Duration {
	n, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || n < 0 {
		return 0
	}
	return min(time.Duration(n)*time.Second, longest)
}
