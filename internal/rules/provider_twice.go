package rules

import (
	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/model"
)

// providerTwice (IDP0203): a provider has no key of its own on the server, so
// two documents of one type and name could not be told apart (contract 8 Q7).
func providerTwice(desired *model.State) []Finding {
	seen := map[string]*model.Resource{}
	var fs []Finding
	for r := range desired.Of(model.IdentityProvider) {
		id := r.Text("type") + "\x00" + r.Text("name")
		if first := seen[id]; first != nil {
			fs = append(fs, Finding{
				Code: "IDP0203", Key: r.Key, Path: "name",
				Message: diagnostic.Text{ID: "rule.providerTwice", Args: []any{first.Key.Name, r.Text("type"), r.Text("name")}},
			})
			continue
		}
		seen[id] = r
	}
	return fs
}
