package plan

import "github.com/idpsync/idpsync/internal/model"

// Verify compares what changes were to bring about with what is there now.
// Path is empty where the whole resource is missing, or is still there.
func Verify(sem Semantics, done []*Change, now *model.State, secretsClear bool) (notKept, unverified []At) {
	proven := map[model.Kind]bool{}
	if !secretsClear {
		proven = provenKinds(sem, done, now)
	}
	for _, c := range done {
		got := now.Get(c.Key)
		switch {
		case c.Action == Delete:
			if got != nil {
				notKept = append(notKept, At{c.Key, ""})
			}
		case got == nil:
			notKept = append(notKept, At{c.Key, ""})
		default:
			d := compare(sem, c.To, got, secretsClear || proven[c.Key.Kind], nil)
			for _, f := range d.fields {
				notKept = append(notKept, At{c.Key, f.Path})
			}
			for _, p := range d.uncompared {
				unverified = append(unverified, At{c.Key, p})
			}
		}
	}
	return notKept, unverified
}

// provenKinds tells of which kinds a declared secret reads back equal, so that
// the target shows their secrets as they are.
func provenKinds(sem Semantics, done []*Change, now *model.State) map[model.Kind]bool {
	kinds := map[model.Kind]bool{}
	for _, c := range done {
		if got := now.Get(c.Key); got != nil && c.To != nil && !kinds[c.Key.Kind] {
			kinds[c.Key.Kind] = compare(sem, c.To, got, false, nil).proofs > 0
		}
	}
	return kinds
}
