package plan

import (
	"encoding/json"
	"slices"

	"github.com/idpsync/idpsync/internal/model"
)

// agreement looks whether a resource is, beyond doubt, as declared. Nearly all
// of a pool is, and this costs a walk; what it does not settle, the aligner
// does, with every rule there is. It may say no where that says yes, never yes
// where that says no.
type agreement struct{ proofs int }

// declaresHidden tells that something is declared of which reads do not show
// all.
func declaresHidden(want, got *model.Resource) bool {
	return slices.ContainsFunc(got.Hidden, func(path string) bool {
		_, declared := want.At(model.SplitPath(path)...)
		return declared
	})
}

// tree tells that every declared key is there with the same value.
func (a *agreement) tree(want, got map[string]any) bool {
	for k, w := range want {
		g, there := got[k]
		if !there || !a.value(w, g) {
			return false
		}
	}
	return true
}

func (a *agreement) value(want, got any) bool {
	switch w := want.(type) {
	case model.Secret:
		g, ok := got.(model.Secret)
		if !ok || w.Server() || !w.Resolved() || !w.Equal(g) {
			return false
		}
		a.proofs++
		return true
	case map[string]any:
		g, ok := got.(map[string]any)
		return ok && len(w) > 0 && a.tree(w, g)
	case []any:
		g, ok := got.([]any)
		return ok && sameList(w, g)
	}
	return sameScalar(want, got)
}

// sameList compares element by element; a set in another order is not settled
// here, and neither are elements that may hold a secret.
func sameList(x, y []any) bool {
	if len(x) != len(y) {
		return false
	}
	for i := range x {
		if !sameScalar(x[i], y[i]) {
			return false
		}
	}
	return true
}

// sameScalar compares texts, truths and numbers that are written alike.
func sameScalar(x, y any) bool {
	switch x := x.(type) {
	case string:
		y, ok := y.(string)
		return ok && x == y
	case bool:
		y, ok := y.(bool)
		return ok && x == y
	case json.Number:
		y, ok := y.(json.Number)
		return ok && x == y
	}
	return false
}
