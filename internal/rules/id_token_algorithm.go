package rules

import (
	"strings"

	"github.com/idpsync/idpsync/internal/model"
)

// idTokenAlgorithm (IDP0606) warns about identity tokens whose signature proves
// nothing to a third party: with HS256 or its longer kin whoever can check one can also make one.
func idTokenAlgorithm(desired *model.State, _ Setting) []Finding {
	var fs []Finding
	for r := range declared(desired, model.Application) {
		if alg := r.Text("oidcConfig", "id_token_signed_response_alg"); strings.HasPrefix(alg, "HS") || alg == "none" {
			fs = append(fs, warn("IDP0606", r, "oidcConfig.id_token_signed_response_alg", "lint.idToken", "oidcConfig.id_token_signed_response_alg", alg))
		}
	}
	return fs
}
