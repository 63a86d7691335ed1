package rules

import (
	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/model"
)

// identifierTwice (IDP0206): an identifier is what the server knows a connection
// or an application by (contract 4.4, 5.1).
func identifierTwice(desired *model.State) []Finding {
	var fs []Finding
	for _, of := range []struct {
		kind model.Kind
		path string
	}{{model.Connection, "identifier"}, {model.Application, "appIdentifier"}} {
		seen := make(map[string]*model.Resource, desired.Count(of.kind))
		for r := range desired.Of(of.kind) {
			id := r.Text(of.path)
			if first := seen[id]; first != nil && id != "" {
				fs = append(fs, Finding{
					Code: "IDP0206", Key: r.Key, Path: of.path,
					Message: diagnostic.Text{ID: "rule.identifierTwice", Args: []any{of.path, id, first.Key.String()}},
				})
				continue
			}
			seen[id] = r
		}
	}
	return fs
}
