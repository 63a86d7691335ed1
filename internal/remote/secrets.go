package remote

import (
	"encoding/json"
	"errors"
	"slices"

	"github.com/idpsync/idpsync/internal/model"
)

// decoder makes plain values of a tree whose keys no contract lists (fields,
// the protocol objects).
type decoder struct {
	// secret tells whether a value at a path of the object is a secret.
	secret func(path model.Path) bool
	// texts: a string that is the JSON text of an array is that array.
	texts bool
}

// value returns v with every value at a secret path made a model.Secret, with
// arrays where their text stood, and with whole numbers written without point
// or exponent. What is empty or null stays as it is, and so does a boolean: no
// secret is one. An element of an array has the path of the array.
func (d decoder) value(path model.Path, v any) any {
	switch v := v.(type) {
	case tree:
		if len(v) > 0 && d.secret(path) {
			return d.sealed(v)
		}
		for k, e := range v {
			v[k] = d.value(append(path, k), e)
		}
	case []any:
		if len(v) > 0 && d.secret(path) {
			return d.sealed(v)
		}
		if list, other := d.list(path, v); other {
			return list
		}
	case string:
		if v != "" && d.secret(path) {
			return model.SecretValue("", v)
		}
		if d.texts {
			if list, ok := arrayIn(v); ok {
				return d.value(path, list)
			}
		}
	case json.Number:
		if d.secret(path) {
			return model.SecretValue("", v.String())
		}
		return plainNumber(v)
	}
	return v
}

// list is value for a list that is no secret. Answers share lists of scalars (see
// jsonReader), so what is another one then is a copy.
func (d decoder) list(path model.Path, v []any) (list []any, other bool) {
	for i, e := range v {
		n := d.value(path, e)
		if _, object := e.(tree); object || sameScalar(n, e) {
			continue // an object is changed where it is
		}
		if !other {
			v, other = slices.Clone(v), true
		}
		v[i] = n
	}
	return v, other
}

// sealed makes a secret of the JSON text of a value.
func (d decoder) sealed(v any) model.Secret {
	open := decoder{secret: func(model.Path) bool { return false }, texts: d.texts}
	b, err := json.Marshal(open.value(nil, v))
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
