package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/idpsync/idpsync/internal/model"
)

// weakGrant (IDP0605) warns about grants that OAuth 2.0 Security Best Current
// Practice (RFC 9700) tells to leave: the implicit one, whose token stands in a
// URL, and the password one, which hands the password to the application.
func weakGrant(desired *model.State, _ Setting) []Finding {
	var fs []Finding
	for r := range declared(desired, model.Application) {
		for _, at := range [][]string{{"oidcConfig", "grant_types"}, {"oauthConfig", "grants"}} {
			for i, g := range texts(r, at...) {
				if strings.EqualFold(g, "implicit") || strings.EqualFold(g, "password") {
					path := fmt.Sprintf("%s.%d", strings.Join(at, "."), i)
					fs = append(fs, warn("IDP0605", r, path, "lint.grant", path, g))
				}
			}
		}
		for i, t := range texts(r, "oidcConfig", "response_types") {
			if implicit(t) {
				path := fmt.Sprintf("oidcConfig.response_types.%d", i)
				fs = append(fs, warn("IDP0605", r, path, "lint.responseType", path, t))
			}
		}
	}
	return fs
}

// implicit tells whether the answer of the login page itself holds a token.
func implicit(responseType string) bool {
	words := strings.Fields(responseType)
	return slices.Contains(words, "token") || slices.Contains(words, "id_token") && !slices.Contains(words, "code")
}
