package rules

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
)

// secretEndpoint (IDP0308) refuses to send a secret to another place than
// before: an address, an owner or a script changes while a secret beside it is
// not known to change in the same plan. A merge request that changes one line
// would otherwise be enough to collect a company's secrets.
func secretEndpoint(d Danger) []Refusal {
	var out []Refusal
	for _, c := range d.Plan.Changes {
		if c.Action != plan.Update && c.Action != plan.Replace {
			continue
		}
		for _, f := range c.Found {
			moved := movedDestination(&f)
			if moved == "" || returns(d, c, &f) {
				continue
			}
			if carried := carriedSecrets(d, c, model.SplitPath(f.Path)[0]); len(carried) > 0 {
				out = append(out, Refusal{Key: c.Key, Message: fmt.Sprintf("%s: %s changes, and %s would go there unchanged as far as is known; change the secret in the same plan",
					c.Key, moved, strings.Join(carried, ", "))})
				break
			}
		}
	}
	return out
}

// movedDestination is the path of the first destination at or below a
// difference that was seen to change, or "". A destination may itself be written
// as a secret: then its values do not show.
func movedDestination(f *plan.FieldDiff) string {
	path := model.SplitPath(f.Path)
	switch {
	case !known(f):
		return ""
	case f.Sensitive && destination(path[len(path)-1]):
		return f.Path
	case f.Sensitive:
		return ""
	}
	before, after := map[string]string{}, map[string]string{}
	destinationsIn(path, f.Before, before)
	destinationsIn(path, f.After, after)
	for _, at := range slices.Sorted(maps.Keys(merged(before, after))) {
		if before[at] != after[at] {
			return at
		}
	}
	return ""
}

func merged(a, b map[string]string) map[string]string {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}

// destinationsIn collects the texts at or below a path whose key says where
// something goes. A list belongs to the key before it.
func destinationsIn(at model.Path, v any, into map[string]string) {
	switch v := v.(type) {
	case string:
		if destination(at[len(at)-1]) {
			into[at.String()] = v
		}
	case map[string]any:
		for k, e := range v {
			destinationsIn(at.Child(k), e, into)
		}
	case []any:
		for i, e := range v {
			if m, ok := e.(map[string]any); ok {
				destinationsIn(at.Child(strconv.Itoa(i)), m, into)
			}
		}
	}
}

// carriedSecrets lists the secrets below one top key that the change is not
// known to replace: what the server has or, where it shows none, may have, and
// what is declared. What is made anew carries only secrets that the old one is
// seen to have.
func carriedSecrets(d Danger, c *plan.Change, top string) []string {
	paths := secretsIn(c.From)
	if c.Action == plan.Update {
		paths = slices.Concat(paths, secretsIn(c.To), slices.DeleteFunc(unshown(d, c.From), staysHome))
	}
	slices.Sort(paths)
	return slices.DeleteFunc(slices.Compact(paths), func(p string) bool {
		return model.SplitPath(p)[0] != top || known(field(c, p))
	})
}

// staysHome tells that a secret is a private key, which signs here and travels
// nowhere: what may or may not be there is no reason to refuse.
func staysHome(path string) bool {
	words := model.Words(path)
	return words[len(words)-1] == "key"
}
