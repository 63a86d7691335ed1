package rules

import (
	"maps"
	"regexp"
	"slices"

	"github.com/idpsync/idpsync/internal/model"
)

// sha1 fits the names of algorithms: http://www.w3.org/2000/09/xmldsig#rsa-sha1,
// rsa-sha1, RSA_SHA1, SHA1withRSA, but no sha128.
var sha1 = regexp.MustCompile(`(?i)(^|[^a-z]|rsa|dsa)sha[-_]?1([^0-9]|$)`)

// longestName is longer than any name of an algorithm, and spares certificates.
const longestName = 100

// algorithm tells whether a key names one, by the word itself or by what it
// is short for.
func algorithm(key string) bool {
	return slices.ContainsFunc(model.Words(key), func(w string) bool { return w == "algorithm" || w == "alg" || w == "digest" })
}

// samlDigest (IDP0607) warns about SAML messages signed over SHA-1, for which
// two texts of one digest can be made.
func samlDigest(desired *model.State, _ Setting) []Finding {
	var fs []Finding
	for r := range declared(desired, model.Application) {
		fs = append(fs, sha1Fields(r, "samlConfig")...)
	}
	for r := range declared(desired, model.Connection) {
		if r.Text("type") == "saml" {
			fs = append(fs, sha1Fields(r, "fields")...)
		}
	}
	return fs
}

func sha1Fields(r *model.Resource, at string) []Finding {
	v, _ := r.At(at)
	tree, _ := v.(map[string]any)
	var fs []Finding
	for _, key := range slices.Sorted(maps.Keys(tree)) {
		if s, _ := tree[key].(string); len(s) <= longestName && sha1.MatchString(s) && algorithm(key) {
			path := model.Path{at, key}.String()
			fs = append(fs, warn("IDP0607", r, path, "lint.sha1", path))
		}
	}
	return fs
}
