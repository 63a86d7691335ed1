package sandbox

import (
	"mime"
	"net/http"
	"strings"
)

// endpoint is one operation of the API.
type endpoint struct {
	method, path string // a segment "{x}" of path stands for any one segment
	open         bool   // answered without a token
	write        bool   // changes objects
	params       *dto   // of the query for GET, of the body otherwise
	handle       func(*call) (any, *failure)
}

// v3Endpoints is contract 4 and 5, as far as a reconciler needs it.
var v3Endpoints = []endpoint{
	{method: "POST", path: "/api/v3/get-management-token", open: true, params: tokenParams, handle: managementToken},

	{method: "GET", path: "/api/v3/list-ext-idp", params: listProviderParams, handle: listProviders},
	{method: "GET", path: "/api/v3/get-ext-idp", params: getProviderParams, handle: getProvider},
	{method: "GET", path: "/api/v3/list-ext-idp-conns", params: listConnectionParams, handle: listConnections},
	{method: "POST", path: "/api/v3/create-ext-idp", write: true, params: createProviderParams, handle: createProvider},
	{method: "POST", path: "/api/v3/update-ext-idp", write: true, params: updateProviderParams, handle: updateProvider},
	{method: "POST", path: "/api/v3/delete-ext-idp", write: true, params: deleteByIDParams, handle: deleteProvider},
	{method: "POST", path: "/api/v3/create-ext-idp-conn", write: true, params: createConnectionParams, handle: createConnection},
	{method: "POST", path: "/api/v3/update-ext-idp-conn", write: true, params: updateConnectionParams, handle: updateConnection},
	{method: "POST", path: "/api/v3/delete-ext-idp-conn", write: true, params: deleteByIDParams, handle: deleteConnection},
	{method: "POST", path: "/api/v3/change-ext-idp-conn-state", write: true, params: connectionStateParams, handle: changeConnectionState},

	{method: "GET", path: "/api/v3/list-applications", params: listApplicationParams, handle: listApplications},
	{method: "GET", path: "/api/v3/list-application-simple-info", params: listApplicationParams, handle: listSimpleApplications},
	{method: "GET", path: "/api/v3/get-application", params: appIDParams, handle: getApplication},
	{method: "GET", path: "/api/v3/get-application-simple-info", params: appIDParams, handle: getSimpleApplication},
	{method: "POST", path: "/api/v3/create-application", write: true, params: createApplicationParams, handle: createApplication},
	{method: "POST", path: "/api/v3/update-application", write: true, params: updateApplicationParams, handle: updateApplication},
	{method: "POST", path: "/api/v3/delete-application", write: true, params: appIDParams, handle: deleteApplication},
	{method: "GET", path: "/api/v3/get-application-secret", params: appIDParams, handle: getApplicationSecret},
	{method: "POST", path: "/api/v3/refresh-application-secret", write: true, params: appIDParams, handle: refreshApplicationSecret},
	{method: "GET", path: "/api/v3/get-application-permission-strategy", params: appIDParams, handle: getPermissionStrategy},
	{method: "POST", path: "/api/v3/update-application-permission-strategy", write: true, params: permissionStrategyParams, handle: updatePermissionStrategy},
	{method: "POST", path: "/api/v3/update-application-mfa-settings", write: true, params: mfaParams, handle: updateMFA},
}

// v2Endpoints is contract 6, as far as it is built.
var v2Endpoints = []endpoint{
	{method: "POST", path: "/api/v2/userpools/access-token", open: true, params: poolTokenParams, handle: poolToken},
	{method: "GET", path: "/api/v2/extIdpTmpl/{type}", params: noParams, handle: getTemplate},
}

// call is one request on its way through a handler.
type call struct {
	server    *Server
	request   *http.Request
	raw       []byte
	tooLarge  bool
	dialect   dialect
	requestID string
	v2        bool // which generation of the API speaks

	segment string         // what stood for the "{x}" of the path
	params  map[string]any // checked against the endpoint's params
	tx      *tx
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
	case c.v2 && c.dialect.is("v2", "on"):
		return c.find(v2Endpoints)
	}
	return nil
}

func (c *call) find(list []endpoint) *endpoint {
	for i := range list {
		if list[i].method != c.request.Method {
			continue
		}
		if segment, ok := matchPath(list[i].path, c.request.URL.Path); ok {
			c.segment = segment
			return &list[i]
		}
	}
	return nil
}

// matchPath compares a path with a pattern that has at most one "{x}" segment.
func matchPath(pattern, path string) (segment string, ok bool) {
	before, rest, variable := strings.Cut(pattern, "{")
	if !variable {
		return "", pattern == path
	}
	_, after, _ := strings.Cut(rest, "}")
	segment, ok = strings.CutPrefix(path, before)
	if !ok || !strings.HasSuffix(segment, after) {
		return "", false
	}
	segment = strings.TrimSuffix(segment, after)
	return segment, segment != "" && !strings.Contains(segment, "/")
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
	if ep.method == http.MethodGet {
		c.params, f = ep.params.query(c.request.URL.Query())
		return f
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

// text is a string parameter; "" when it was not given.
func (c *call) text(name string) string {
	s, _ := c.params[name].(string)
	return s
}

// given says whether a parameter is there and not null.
func (c *call) given(name string) bool { return c.params[name] != nil }

func success(ok bool) map[string]any { return map[string]any{"success": ok} }
