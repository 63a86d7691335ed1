package remote

import (
	"encoding/json"
	"errors"

	"github.com/idpsync/idpsync/internal/model"
)

// secretPaths tells whether a value at a path of one object is a secret.
type secretPaths func(path model.Path) bool

// wrap returns v with every value at a secret path made a model.Secret. What is
// empty or null stays as it is, and so does a boolean: no secret is one. An
// element of an array has the path of the array.
func (secret secretPaths) wrap(path model.Path, v any) any {
	switch v := v.(type) {
	case nil, bool, model.Secret:
		return v
	case tree:
		if len(v) > 0 && secret(path) {
			return sealed(v)
		}
		for k, e := range v {
			v[k] = secret.wrap(append(path, k), e)
		}
	case []any:
		if len(v) > 0 && secret(path) {
			return sealed(v)
		}
		for i, e := range v {
			v[i] = secret.wrap(path, e)
		}
	case string:
		if v != "" && secret(path) {
			return model.SecretValue("", v)
		}
	case json.Number:
		if secret(path) {
			return model.SecretValue("", v.String())
		}
	}
	return v
}

// sealed makes a secret of the JSON text of a value.
func sealed(v any) model.Secret {
	b, err := json.Marshal(v)
	if err != nil {
		return model.SecretValue("", "")
	}
	return model.SecretValue("", string(b))
}

// errUnresolved is met when a secret has no value at the moment of sending.
var errUnresolved = errors.New("a secret of the request has no value")

// reveal returns v with every secret plain, and collects them. A key set that
// was kept as its JSON text becomes an object again.
func reveal(v any, path []string, seen *[]string) (any, error) {
	switch v := v.(type) {
	case model.Secret:
		if !v.Resolved() {
			return nil, errors.New(errUnresolved.Error() + ": " + model.Path(path).String())
		}
		*seen = append(*seen, v.Reveal())
		return unsealed(path, v.Reveal()), nil
	case jsonText:
		p, err := reveal(v.tree, path, seen)
		if err != nil {
			return nil, err
		}
		b, err := json.Marshal(p)
		return string(b), err
	case tree:
		out := make(tree, len(v))
		for k, e := range v {
			p, err := reveal(e, append(path, k), seen)
			if err != nil {
				return nil, err
			}
			out[k] = p
		}
		return out, nil
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			p, err := reveal(e, path, seen)
			if err != nil {
				return nil, err
			}
			out[i] = p
		}
		return out, nil
	}
	return v, nil
}

// jsonText is an object that goes out as a string holding its JSON.
type jsonText struct{ tree tree }

// unsealed undoes sealed for the one secret that is an object on the wire.
func unsealed(path []string, plain string) any {
	var obj tree
	if len(path) == 2 && path[1] == "jwks" && decodeJSON([]byte(plain), &obj) == nil {
		return obj
	}
	return plain
}

// holdsSecret tells whether a secret stands anywhere in v.
func holdsSecret(v any) bool {
	switch v := v.(type) {
	case model.Secret:
		return true
	case tree:
		for _, e := range v {
			if holdsSecret(e) {
				return true
			}
		}
	case []any:
		for _, e := range v {
			if holdsSecret(e) {
				return true
			}
		}
	}
	return false
}
