package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"
)

// Template fetches the connection template of a provider type, as the server
// gives it: {"connectionTmpls": [...], ...}. Only V2 has them (contract 6.1).
// A type that the server does not know is an *Error that is Absent.
func (c *Client) Template(ctx context.Context, providerType string) (json.RawMessage, error) {
	if providerType == "" || strings.ContainsAny(providerType, "/?#%") || strings.HasPrefix(providerType, ".") {
		return nil, &Error{Message: "no provider type has such a name", unsent: true}
	}
	k := call{method: http.MethodGet, path: "/api/v2/extIdpTmpl/" + providerType, repeatable: true}
	env, err := c.core.call(ctx, k)
	if err != nil {
		return nil, err
	}
	if t, ok := env.data.(tree); !ok || len(t) == 0 {
		return nil, c.core.odd(k, env, "the answer holds no template")
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(env.data); err != nil {
		return nil, c.core.odd(k, env, "the template cannot be written as JSON")
	}
	return bytes.TrimSpace(b.Bytes()), nil
}
