package remote

import (
	"context"
	"net/url"
	"strconv"

	"github.com/idpsync/idpsync/internal/model"
)

const v3Prefix = "/api/v3/"

// v3 is the current generation (contract 4, 5).
type v3 struct {
	wire   *wire
	secret func(model.Kind, string, model.Path) bool
	// arrays is how the server writes them.
	arrays wordings
	twins  twins
}

func newV3(w *wire, secret func(model.Kind, string, model.Path) bool) *v3 {
	return &v3{wire: w, secret: secret}
}

// reply says what a good answer to an operation looks like.
type reply int

const (
	success reply = iota // data.success is true
	object               // the object, with its id
	factors              // data.enabledFactors
)

// v3Operations gives each operation its route and its reply.
var v3Operations = [...]struct {
	path  string
	reply reply
	id    string // the key of the object's id in the reply
}{
	createProvider:        {"create-ext-idp", object, "id"},
	updateProvider:        {"update-ext-idp", object, "id"},
	deleteProvider:        {"delete-ext-idp", success, ""},
	createConnection:      {"create-ext-idp-conn", object, "id"},
	updateConnection:      {"update-ext-idp-conn", object, "id"},
	deleteConnection:      {"delete-ext-idp-conn", success, ""},
	createApplication:     {"create-application", object, "appId"},
	updateApplication:     {"update-application", success, ""},
	deleteApplication:     {"delete-application", success, ""},
	setPermissionStrategy: {"update-application-permission-strategy", success, ""},
	setMFA:                {"update-application-mfa-settings", factors, ""},
	switchConnection:      {"change-ext-idp-conn-state", success, ""},
}

// get reads an endpoint. query holds keys and values in turn.
func (v *v3) get(ctx context.Context, path string, query ...string) (call, envelope, error) {
	q := url.Values{}
	for i := 0; i+1 < len(query); i += 2 {
		q.Set(query[i], query[i+1])
	}
	c := call{method: "GET", path: v3Prefix + path, query: q, repeatable: true}
	env, err := v.wire.do(ctx, c)
	return c, env, err
}

// write implements generation.
func (v *v3) write(ctx context.Context, op operation, body tree) (tree, error) {
	row := v3Operations[op]
	c := call{method: "POST", path: v3Prefix + row.path, body: body}
	env, err := v.wire.do(ctx, c)
	if err != nil {
		return nil, err
	}
	data, _ := env.data.(tree)
	if done, said := data["success"].(bool); said && !done {
		e := v.wire.odd(c, env, "the server answered success=false")
		e.unknown, e.doubtful = false, true
		return nil, e
	}
	return v.settled(op, c, env, data)
}

// settled checks that the data is what the operation answers with when done.
func (v *v3) settled(op operation, c call, env envelope, data tree) (tree, error) {
	row := v3Operations[op]
	switch row.reply {
	case object:
		if text(data[row.id]) == "" {
			return nil, v.wire.odd(c, env, "the answer holds no "+row.id)
		}
		return v.decode(op, data), nil
	case factors:
		if data["enabledFactors"] == nil && data["success"] == nil {
			return nil, v.wire.odd(c, env, "the answer does not say whether it was done")
		}
		fixArray(data, "enabledFactors")
		return data, nil
	}
	if done, _ := data["success"].(bool); !done {
		return nil, v.wire.odd(c, env, "the answer does not say whether it was done")
	}
	return nil, nil
}

func (v *v3) decode(op operation, data tree) tree {
	switch op {
	case createConnection, updateConnection:
		if fixObject(data, "fields") == nil {
			delete(data, "fields")
		}
		return v.connection(data, v.texts([]tree{data}))
	case createApplication:
		return v.applicationTree(data)
	}
	return provider(data)
}

// page reads data as a list whose elements all have the id key; it tells the
// total that the server claims.
func (v *v3) page(c call, env envelope, idKey string) (listing, error) {
	l := listing{total: -1}
	data := env.data
	if t, ok := data.(tree); ok {
		if n, ok := number(t["totalCount"]); ok {
			l.total = n
		}
		if _, has := t["list"]; !has {
			return l, v.wire.odd(c, env, "the answer holds no list")
		}
		data = t["list"]
	}
	if data == nil && l.total != 0 {
		return l, v.wire.odd(c, env, "the answer holds no list")
	}
	items, ok := objectsOf(data)
	if !ok {
		return l, v.wire.odd(c, env, "the list has a shape nobody knows")
	}
	for _, it := range items {
		if text(it[idKey]) == "" {
			return l, v.wire.odd(c, env, "an element of the list has no "+idKey)
		}
	}
	l.items = items
	return l, nil
}

func itoa(n int) string { return strconv.Itoa(n) }
