package remote

import (
	"context"
	"net/http"
	"net/url"

	"github.com/idpsync/idpsync/internal/model"
)

const v2Prefix = "/api/v2/"

// v2 is the older generation (contract 6): another host, another envelope,
// other names. Everything it hands out is in the words of V3.
type v2 struct {
	core        *core
	parallelism int
	// codec decodes what both generations write alike, once it has V3's names.
	codec   *v3
	buttons switchboard
}

func newV2(c *core, secret func(model.Kind, string, model.Path) bool, parallelism int) *v2 {
	return &v2{core: c, parallelism: parallelism, codec: newV3(c.wire, secret), buttons: newSwitchboard()}
}

// codeNoApplication is V2's own way to say that an application does not exist
// (contract 3.3); it comes as code, or as apiCode beside a 499 (contract 3.5).
const codeNoApplication = "2011"

// do sends a call and knows V2's way to say absent.
func (v *v2) do(ctx context.Context, k call) (envelope, error) {
	env, err := v.core.call(ctx, k)
	if e, ok := asError(err); ok && (e.APICode == codeNoApplication || itoa(e.StatusCode) == codeNoApplication) {
		err = changed(err, func(e *Error) { e.absent, e.unknown = true, false })
	}
	return env, err
}

// get reads an endpoint. query holds keys and values in turn.
func (v *v2) get(ctx context.Context, path string, query ...string) (call, envelope, error) {
	q := url.Values{}
	for i := 0; i+1 < len(query); i += 2 {
		q.Set(query[i], query[i+1])
	}
	k := call{method: http.MethodGet, path: v2Prefix + path, query: q, repeatable: true}
	env, err := v.do(ctx, k)
	return k, env, err
}

// write implements generation. A code of 200 is all that V2 documents as the
// sign of success; where an answer says more it is believed too.
func (v *v2) write(ctx context.Context, op operation, body tree) (tree, error) {
	k, err := v.request(ctx, op, body)
	if err != nil {
		return nil, err
	}
	env, err := v.do(ctx, k)
	v.buttons.wrote(op, body)
	if err != nil {
		return nil, err
	}
	data, _ := env.data.(tree)
	if done, said := data["success"].(bool); said && !done {
		e := v.core.odd(k, env, "the server answered success=false")
		e.unknown, e.doubtful = false, true
		return nil, e
	}
	return v.made(op, k, env, data, body)
}

// made decodes the answer of a create. The others answer with nothing that is
// needed.
func (v *v2) made(op operation, k call, env envelope, data, body tree) (tree, error) {
	switch op {
	case createProvider, createConnection, createApplication:
	default:
		return nil, nil
	}
	if text(data["id"]) == "" {
		return nil, v.core.odd(k, env, "the answer holds no id")
	}
	switch op {
	case createConnection:
		v.buttons.noteOwner(text(data["id"]), text(body["extIdpId"]))
		return v.codec.decode(op, data), nil
	case createApplication:
		v.buttons.noteStrategy(text(data["id"]), data["permissionStrategy"])
		return v.application3(data), nil
	}
	return provider(data), nil
}

// request is the call of one change (contract 6.2, 6.3).
func (v *v2) request(ctx context.Context, op operation, body tree) (call, error) {
	id := text(body["id"])
	to := func(method, path string, body tree) (call, error) {
		if body == nil {
			return call{method: method, path: v2Prefix + path}, nil
		}
		return call{method: method, path: v2Prefix + path, body: body}, nil
	}
	switch op {
	case createProvider:
		out := pick(body, "name", "type")
		out["connections"] = []any{}
		return to(http.MethodPost, "extIdp", out)
	case updateProvider:
		return to(http.MethodPut, "extIdp/"+id, pick(body, "name"))
	case deleteProvider:
		return to(http.MethodDelete, "extIdp/"+id, nil)
	case createConnection:
		return to(http.MethodPost, "extIdpConn", pick(body, "extIdpId", "type", "identifier", "displayName", "fields", "logo"))
	case updateConnection:
		return to(http.MethodPut, "extIdpConn/"+id, pick(body, "displayName", "fields", "logo"))
	case deleteConnection:
		return to(http.MethodDelete, "extIdpConn/"+id, nil)
	case switchConnection:
		return to(http.MethodPut, "extIdpConn/"+id+"/state", pick(body, "appId", "enabled"))
	case createApplication:
		return to(http.MethodPost, "applications", created2(body))
	case updateApplication:
		return to(http.MethodPost, "applications/"+text(body["appId"]), updated2(body))
	case deleteApplication:
		return to(http.MethodDelete, "applications/"+text(body["appId"]), nil)
	case setPermissionStrategy:
		out, err := v.strategyBody(ctx, text(body["appId"]), text(body["permissionStrategy"]))
		if err != nil {
			return call{}, notSent(err)
		}
		return to(http.MethodPost, "applications/"+text(body["appId"]), out)
	}
	return call{}, &Error{Message: "the V2 API has no call for this", unsent: true}
}
