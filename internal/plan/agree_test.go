package plan

import (
	"encoding/json"
	"math/rand/v2"
	"testing"

	"github.com/idpsync/idpsync/internal/model"
)

// plainly knows nothing of any path.
type plainly struct{ Semantics }

func (plainly) Secret(model.Kind, string, model.Path) bool    { return false }
func (plainly) Set(_ model.Kind, _ string, p model.Path) bool { return len(p) > 1 }
func (plainly) Default(model.Kind, model.Path) (any, bool)    { return nil, false }
func (plainly) Structured(model.Kind, model.Path) bool        { return false }

func randomValue(r *rand.Rand, depth int) any {
	switch n := r.IntN(9); {
	case n == 0:
		return nil
	case n == 1:
		return r.IntN(2) == 0
	case n == 2:
		return json.Number([]string{"1", "1.0", "2", "1e0"}[r.IntN(4)])
	case n == 3:
		return []model.Secret{model.SecretValue("", "a"), model.SecretValue("", "b"), model.SecretRef("env:A"), model.ServerSecret()}[r.IntN(4)]
	case n < 6 && depth < 3:
		m := map[string]any{}
		for range r.IntN(4) {
			m[string(rune('a'+r.IntN(4)))] = randomValue(r, depth+1)
		}
		return m
	case n == 6:
		l := make([]any, r.IntN(3))
		for i := range l {
			l[i] = randomValue(r, 3)
		}
		return l
	}
	return []string{"", "x", "y"}[r.IntN(3)]
}

// randomPaths are what a read may hide: keys, and members of objects.
func randomPaths(r *rand.Rand) []string {
	var paths []string
	for range r.IntN(3) {
		p := string(rune('a' + r.IntN(4)))
		if r.IntN(3) > 0 {
			p += "." + string(rune('a'+r.IntN(4)))
		}
		paths = append(paths, p)
	}
	return paths
}

// TestAgreementIsNeverWrong: where the short way finds a resource as declared,
// so does the long one, and counts the same proofs.
func TestAgreementIsNeverWrong(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	sure, beside := 0, 0
	for range 200_000 {
		want, _ := randomValue(r, 0).(map[string]any)
		got, _ := randomValue(r, 0).(map[string]any)
		if r.IntN(2) == 0 {
			got = want
		}
		if want == nil || got == nil {
			continue
		}
		key := model.Key{Kind: model.Application, Name: "a"}
		w, g := &model.Resource{Key: key, Attributes: want}, &model.Resource{Key: key, Attributes: got, Hidden: randomPaths(r)}
		a := &agreement{}
		if declaresHidden(w, g) || !a.tree(want, got) {
			continue
		}
		sure++
		if len(g.Hidden) > 0 {
			beside++
		}
		d := closely(plainly{}, w, g, true, nil)
		if len(d.fields)+len(d.uncompared)+len(d.notEvaluated)+len(d.carried) > 0 || d.proofs != a.proofs {
			t.Fatalf("want %v, got %v: sure with %d proofs, but %+v", want, got, a.proofs, d)
		}
	}
	if sure < 5000 || beside < 1000 {
		t.Errorf("sure of %d only, of %d beside what is hidden", sure, beside)
	}
}
