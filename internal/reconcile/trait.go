package reconcile

import (
	"maps"
	"slices"

	"github.com/idpsync/idpsync/internal/plan"
)

const traitSecrets = "secrets"

// doubtSecrets looks at secrets that were sent and read back otherwise, of a
// server that an earlier run saw to show them as they are, when none of their
// kind reads back equal: then it does so no more, and what it shows says nothing
// of what it kept.
func (p *Pass) doubtSecrets(r Remote, out *Outcome) {
	if !p.secretsClear || out.VerifyErr != nil || len(out.NotKept) == 0 {
		return
	}
	blind, _ := plan.Verify(p.semantics, succeeded(out.Result), out.state, false)
	isSecret := func(at plan.At) bool { return !slices.Contains(blind, at) && !p.Plan.SecretsClear[at.Key.Kind] }
	if !slices.ContainsFunc(out.NotKept, isSecret) || !r.Disprove(traitSecrets) {
		return
	}
	for _, at := range out.NotKept {
		if isSecret(at) {
			out.Unverified = append(out.Unverified, at)
		}
	}
	out.NotKept = slices.DeleteFunc(out.NotKept, isSecret)
	out.Contradicted = contradicted(r)
}

// contradicted lists the traits that an earlier run learnt of a server and that
// what was read since contradicts.
func contradicted(r Remote) []string {
	learnt := r.Learnt()
	return slices.DeleteFunc(slices.Sorted(maps.Keys(learnt)), func(name string) bool { return learnt[name] != "" })
}
