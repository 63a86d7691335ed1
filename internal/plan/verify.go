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
				if !c.unset(f.Path, got) {
					notKept = append(notKept, At{c.Key, f.Path})
				}
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

// unset tells that the server went back to a default of its own at a path that
// is declared null: one that shows something else than before the null was sent,
// or that was made without a word about it. No document lists every default.
func (c *Change) unset(dotted string, got *model.Resource) bool {
	path := model.SplitPath(dotted)
	if want, declared := c.To.At(path...); !declared || want != nil {
		return false
	}
	if c.Action != Update {
		return true
	}
	was, _ := c.From.At(path...)
	is, _ := got.At(path...)
	return fingerprint(was) != fingerprint(is)
}
