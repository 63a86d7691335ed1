package schema

import (
	"slices"

	"github.com/idpsync/idpsync/internal/model"
)

// applicationSecrets are the secret paths of an Application; what lies below
// one is secret too (spec 2).
var applicationSecrets = []model.Path{
	{"oidcConfig", "client_secret"},
	{"oidcConfig", "jwks"},
	{"oauthConfig", "client_secret"},
	{"samlConfig", "samlResponseSigningKey"},
	{"templateData"},
}

// secretWords make a key secret as its last word, secretKeys before a last word
// "key". "secret" stands in both, although only the first list is promised.
var (
	secretWords = []string{"secret", "password", "pwd", "passwd", "token", "credential", "credentials"}
	secretKeys  = []string{"private", "aes", "encrypt", "signing", "app", "api", "sp", "secret"}
)

// Secret tells whether a string at the path of a resource's attributes is a
// secret. typ is the connection type; it is ignored for other kinds. Values
// that are no strings are no secrets, which the caller has to see to, except
// below templateData and jwks.
func (c *Catalog) Secret(kind model.Kind, typ string, path model.Path) bool {
	switch kind {
	case model.Application:
		return slices.ContainsFunc(applicationSecrets, func(s model.Path) bool {
			return len(path) >= len(s) && slices.Equal(path[:len(s)], s)
		})
	case model.Connection:
		if len(path) < 2 || path[0] != "fields" {
			return false
		}
		if f := c.field(typ, path[1:]); f != nil {
			return secretField(typ, f)
		}
		return secretKey(typ, path[len(path)-1])
	}
	return false
}

// SecretFields lists the dotted paths of the secrets that the template of a
// connection type knows, in its order: "fields.clientSecret".
func (c *Catalog) SecretFields(connType string) []string {
	t, ok := c.types[connType]
	if !ok {
		return nil
	}
	var out []string
	var walk func(at model.Path, fields []field)
	walk = func(at model.Path, fields []field) {
		for i := range fields {
			path := at.Child(fields[i].key)
			if !fields[i].form && c.Secret(model.Connection, connType, path) {
				out = append(out, path.String())
			}
			if fields[i].form {
				walk(path, fields[i].children)
			}
		}
	}
	walk(model.Path{"fields"}, t.fields)
	return out
}

// secretField is secretKey for a field whose widget is known.
func secretField(connType string, f *field) bool {
	switch f.widget {
	case widgetPassword:
		return true
	case widgetNumber, widgetSwitch, widgetCheckbox, widgetObject:
		return false
	}
	return secretKey(connType, f.key)
}

// secretKey asks the row of connection-types.json, then the words of the key.
func secretKey(connType, key string) bool {
	if row, ok := knownTypes()[connType]; ok {
		if secret, ok := row.secret(key); ok {
			return secret
		}
	}
	return secretByName(key)
}

func secretByName(key string) bool {
	w := model.Words(key)
	if len(w) == 0 {
		return false
	}
	last := w[len(w)-1]
	if slices.Contains(secretWords, last) {
		return true
	}
	return last == "key" && len(w) > 1 && slices.Contains(secretKeys, w[len(w)-2])
}
