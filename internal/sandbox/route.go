package sandbox

import (
	"mime"
	"net/http"
	"strings"
)

// call is one request on its way through a handler.
type call struct {
	server    *Server
	request   *http.Request
	raw       []byte
	tooLarge  bool
	dialect   dialect
	requestID string
	speech    speech

	segments []string       // what stood for each "{x}" of the path
	params   map[string]any // checked against the endpoint's params
	tx       *tx
	verbatim bool // the answer was published as it is: arrays stay arrays
}

// speech is which envelope a call is answered in.
type speech int

const (
	speaksV3 speech = iota
	speaksV2
	speaksGraphQL // of the V2 host
)

func speechOf(path string) speech {
	switch {
	case path == "/graphql/v2":
		return speaksGraphQL
	case strings.HasPrefix(path, "/api/v2/"):
		return speaksV2
	}
	return speaksV3
}

// dispatch finds the endpoint, lets it work and encodes what it says.
func (s *Server) dispatch(c *call, h hit) answer {
	ep := c.route()
	if ep == nil {
		return noRoute(c.request)
	}
	if f := c.admit(ep); f != nil {
		return c.fail(f)
	}
	data, f := c.run(ep, h.stores())
	switch {
	case f != nil:
		return c.fail(f)
	case h.action == actionSuccessFalse:
		return c.succeed(success(false))
	}
	return c.succeed(data)
}

// route is nil for a path that is not served under this dialect.
func (c *call) route() *endpoint {
	path := c.request.URL.Path
	switch {
	case strings.HasPrefix(path, "/api/v3/") && c.dialect.is("v3", "on"):
		if path == "/api/v3/list-ext-idp-conns" && c.dialect.is("conn-list", "off") {
			return nil // older deployments do not serve it (contract 4: not in OA)
		}
		return c.find(v3Endpoints)
	case c.speech != speaksV3 && c.dialect.is("v2", "on"):
		return c.find(v2Endpoints)
	}
	return nil
}

func (c *call) find(list []endpoint) *endpoint {
	for i := range list {
		if list[i].method != c.request.Method {
			continue
		}
		if segments, ok := matchPath(list[i].path, c.request.URL.Path); ok {
			c.segments = segments
			return &list[i]
		}
	}
	return nil
}

// matchPath compares a path with a pattern, segment by segment; a segment "{x}"
// of the pattern stands for any one that is not empty.
func matchPath(pattern, path string) (segments []string, ok bool) {
	for {
		want, restWanted, moreWanted := strings.Cut(pattern, "/")
		got, rest, more := strings.Cut(path, "/")
		switch {
		case strings.HasPrefix(want, "{") && got != "":
			segments = append(segments, got)
		case want != got:
			return nil, false
		}
		if !moreWanted || !more {
			return segments, moreWanted == more
		}
		pattern, path = restWanted, rest
	}
}

// admit checks everything that does not depend on objects: the token, the pool,
// then the parameters.
func (c *call) admit(ep *endpoint) *failure {
	if !ep.open {
		if f := c.authorize(); f != nil {
			return f
		}
	}
	var f *failure
	if ep.method == http.MethodGet || ep.method == http.MethodDelete {
		c.params, f = ep.params.query(c.request.URL.Query())
		return f
	}
	if ep.params == noParams && len(c.raw) == 0 {
		return nil
	}
	if c.params, f = c.bodyTree(); f != nil {
		return f
	}
	return ep.params.check("", c.params)
}

// bodyTree reads the request body as the published OpenAPI declares every one:
// an application/json object.
func (c *call) bodyTree() (map[string]any, *failure) {
	if c.tooLarge {
		return nil, refuse(tooLarge, "%s", errTooLarge)
	}
	kind, _, err := mime.ParseMediaType(c.request.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return nil, refuse(badArgument, "content type: want application/json")
	}
	var tree map[string]any
	if err := decodeJSON(c.raw, &tree); err != nil || tree == nil {
		return nil, refuse(badArgument, "body: want one JSON object") // the decoder's words may quote a value
	}
	return tree, nil
}

// run lets the handler work under the lock. A write is in the change log before
// this returns, or it has not happened.
func (c *call) run(ep *endpoint, keep bool) (any, *failure) {
	if !ep.write {
		return c.read(ep)
	}
	st := c.server.store
	st.mu.Lock()
	defer st.mu.Unlock()
	c.tx = &tx{objects: st.objects}
	data, f := ep.handle(c)
	if f != nil || !keep {
		return data, f
	}
	if err := st.commitLocked(c.tx.change, c.dialect.staleReads, c.server.options.Now()); err != nil {
		return nil, refuse(notWritten, "the change could not be written; look at the sandbox's data folder")
	}
	return data, nil
}

// read shows the pool as the dialect's stale-reads lets it be seen.
func (c *call) read(ep *endpoint) (any, *failure) {
	st, window := c.server.store, c.dialect.staleReads
	if window > 0 {
		st.catchUp(window, c.server.options.Now())
	}
	st.mu.RLock()
	defer st.mu.RUnlock()
	c.tx = &tx{objects: st.seen(window)}
	return ep.handle(c)
}

// segment is what stood for the first "{x}" of the path.
func (c *call) segment() string { return c.segments[0] }

// text is a string parameter; "" when it was not given.
func (c *call) text(name string) string {
	s, _ := c.params[name].(string)
	return s
}

// given says whether a parameter is there and not null.
func (c *call) given(name string) bool { return c.params[name] != nil }

func success(ok bool) map[string]any { return map[string]any{"success": ok} }
