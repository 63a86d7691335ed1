package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/idpsync/idpsync/internal/model"
)

// call is one request in the API's own words.
type call struct {
	method string
	path   string // below the base URL: /api/v3/...
	query  url.Values
	body   any // a tree that may hold secrets; nil for a GET
	// repeatable: sending it twice does no harm.
	repeatable bool
}

// wire sends calls and judges what comes back. It knows tokens and envelopes,
// and no endpoint but the one that gives tokens.
type wire struct {
	base      *url.URL
	setting   string // what a target calls base
	keyID     string
	keySecret model.Secret
	poolID    string // as the user named it
	lang      string
	agent     string
	reads     *retryablehttp.Client
	writes    *retryablehttp.Client
	tokens    tokens
}

// do sends the call with the run's token, and once more with a fresh one after
// a 401: the server has done nothing then, so that is safe for a write too.
func (w *wire) do(ctx context.Context, c call) (envelope, error) {
	tok, err := w.tokens.get(ctx)
	if err != nil {
		return envelope{}, notSent(err)
	}
	env, err := w.send(ctx, c, tok)
	if e, ok := asError(err); !ok || e.status() != http.StatusUnauthorized {
		return env, err
	}
	if tok, err = w.tokens.after401(ctx, tok.value); err != nil {
		return envelope{}, notSent(err)
	}
	return w.send(ctx, c, tok)
}

// notSent takes the doubt from an error that stopped a call before it left.
func notSent(err error) error {
	return changed(err, func(e *Error) { e.unknown, e.absent, e.unsent = false, false, true })
}

// send sends the call, with its retries, and returns the envelope of a good answer.
func (w *wire) send(ctx context.Context, c call, tok token) (envelope, error) {
	body, sent, err := encode(c.body)
	if err != nil {
		return envelope{}, &Error{Method: c.method, Path: c.path, Message: err.Error(), unsent: true, cause: err}
	}
	sent = append(sent, tok.value, w.keySecret.Reveal())
	req, err := w.request(sending(ctx, sent), c, body, tok)
	if err != nil {
		return envelope{}, &Error{Method: c.method, Path: c.path, Message: "cannot make the request", unsent: true}
	}
	client := w.reads
	if !c.repeatable {
		client = w.writes
	}
	resp, err := client.Do(req)
	if err != nil {
		return envelope{}, w.noAnswer(c, err)
	}
	defer resp.Body.Close()
	return w.judge(c, resp, sent)
}

func (w *wire) request(ctx context.Context, c call, body []byte, tok token) (*retryablehttp.Request, error) {
	u := *w.base
	u.Path += c.path
	u.RawQuery = c.query.Encode()
	var raw any
	if body != nil {
		raw = body
	}
	req, err := retryablehttp.NewRequestWithContext(counted(ctx), c.method, u.String(), raw)
	if err != nil {
		return nil, err
	}
	h := req.Header
	h.Set("Accept", "application/json")
	h.Set("User-Agent", w.agent)
	h.Set("x-authing-lang", w.lang)
	if body != nil {
		h.Set("Content-Type", "application/json;charset=UTF-8")
	}
	if tok.value != "" {
		h.Set("Authorization", "Bearer "+tok.value)
		h.Set("x-authing-userpool-id", tok.pool)
	}
	return req, nil
}

// encode makes the JSON of a body. It is where secrets become plain, and it
// also returns them, so that an answer that repeats one can be kept quiet.
func encode(body any) (data []byte, secrets []string, err error) {
	if body == nil {
		return nil, nil, nil
	}
	plain, err := reveal(body, nil, &secrets)
	if err != nil {
		return nil, nil, err
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(plain); err != nil {
		return nil, nil, errors.New("the request cannot be written as JSON")
	}
	return b.Bytes(), secrets, nil
}
