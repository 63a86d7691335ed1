package rules

import (
	"iter"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/model"
)

// declared gives the resources of a kind that a document wants to be there with
// what it says: neither absent nor somebody else's.
func declared(desired *model.State, kind model.Kind) iter.Seq[*model.Resource] {
	return func(yield func(*model.Resource) bool) {
		for r := range desired.Of(kind) {
			if r.Lifecycle == model.Absent || r.Lifecycle == model.External {
				continue
			}
			if !yield(r) {
				return
			}
		}
	}
}

// warn is a finding of the security lint.
func warn(code string, r *model.Resource, path, sentence string, args ...any) Finding {
	return Finding{
		Code: code, Severity: diagnostic.Warning, Key: r.Key, Path: path,
		Message: diagnostic.T(sentence, args...), Hint: diagnostic.T(sentence + ".hint"),
	}
}

// texts lists the strings of a list at the path; nil when there is none.
func texts(r *model.Resource, path ...string) []string {
	v, _ := r.At(path...)
	list, _ := v.([]any)
	out := make([]string, 0, len(list))
	for _, e := range list {
		s, _ := e.(string)
		out = append(out, s)
	}
	return out
}
