package config

import (
	"cmp"
	"slices"
	"strings"

	"github.com/idpsync/idpsync/internal/model"
)

// The order of keys where idpsync has words for them. Other keys come after
// these as they stood.
var (
	documentOrder = []string{"apiVersion", "kind", "metadata", "spec"}
	projectOrder  = []string{"apiVersion", "kind", "defaultTarget", "targets", "policy", "lint", "ignore", "ledger", "include", "exclude", "allowExec"}
	targetOrder   = []string{
		"sandbox", "host", "coreHost", "api", "userPoolId", "credentials", "vars", "pin", "caFile", "allowHTTP",
		"settle", "maxRPS", "policy", "ignore", "ledger", "traits",
	}
	policyOrder = []string{"prune", "maxDeletes", "maxDeletePercent", "protect", "uncomparedSecrets"}
	patchOrder  = []string{"target", "match", "merge"}
)

// order is what comes first in a mapping, and whether the rest follows by name.
type order struct {
	first  []string
	byName bool
}

// orderAt is the order of the mapping at a path of a document of a kind.
func orderAt(kind string, path []string) order {
	at := strings.Join(path, "/")
	switch {
	case kind == projectKind:
		return order{first: projectPlace(path, at)}
	case at == "":
		return order{first: documentOrder}
	case at == "metadata":
		return order{first: metadataKeys}
	case at == "spec" && kind == patchKind:
		return order{first: patchOrder}
	case at == "spec":
		return order{first: specOrder[model.Kind(kind)], byName: len(specOrder[model.Kind(kind)]) > 0}
	}
	return order{}
}

func projectPlace(path []string, at string) []string {
	target := len(path) > 1 && path[0] == "targets"
	switch {
	case at == "":
		return projectOrder
	case target && len(path) == 2:
		return targetOrder
	case at == "policy" || target && len(path) == 3 && path[2] == "policy":
		return policyOrder
	case target && len(path) == 3 && path[2] == "credentials":
		return credentialKeys
	}
	return nil
}

func (o order) compare(a, b string) int {
	ra, rb := slices.Index(o.first, a), slices.Index(o.first, b)
	switch {
	case ra >= 0 && rb >= 0:
		return ra - rb
	case ra >= 0:
		return -1
	case rb >= 0:
		return 1
	case o.byName:
		return cmp.Compare(a, b)
	}
	return 0
}
