package remote

import (
	"io"
	"net/http"

	"github.com/idpsync/idpsync/internal/model"
)

// fencedError wraps why a change was held back: for certain nothing of it left.
type fencedError struct{ error }

func (e fencedError) Unwrap() error { return e.error }

// fenced asks the fence of the request's context whether a change may leave, and
// gives the request that asks once more when the transport takes its body: by
// then it has a connection, and the first byte goes to the kernel right after.
// A request without a body (V2's DELETE) is asked for once, before it has one.
func fenced(req *http.Request) (*http.Request, error) {
	ask := model.FenceIn(req.Context())
	if ask == nil || req.Method == http.MethodGet {
		return req, nil
	}
	check := func() error {
		if err := ask(req.Context()); err != nil {
			return unsentError{fencedError{err}}
		}
		return nil
	}
	if err := check(); err != nil {
		return nil, err
	}
	if req.Body == nil || req.Body == http.NoBody {
		return req, nil
	}
	out := req.WithContext(req.Context()) // a transport must not change what it is given
	out.Body = &fencedBody{ReadCloser: req.Body, check: check}
	if req.GetBody != nil { // the transport tries again by itself when a kept connection was dead
		out.GetBody = func() (io.ReadCloser, error) {
			body, err := req.GetBody()
			return &fencedBody{ReadCloser: body, check: check}, err
		}
	}
	return out, nil
}

// fencedBody asks before its first byte is read. The head of the request waits
// in the transport's buffer until then; a server that got a part of it gets no
// body, which is no request.
type fencedBody struct {
	io.ReadCloser
	check func() error
	begun bool
}

func (b *fencedBody) Read(p []byte) (int, error) {
	if !b.begun {
		if err := b.check(); err != nil {
			return 0, err
		}
		b.begun = true
	}
	return b.ReadCloser.Read(p)
}
