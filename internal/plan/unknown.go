package plan

import (
	"slices"
	"sort"

	"github.com/idpsync/idpsync/internal/model"
)

// refuseServerSecrets: nobody can make anew what only the server knew.
func (b *builder) refuseServerSecrets(want *model.Resource) {
	var walk func(path model.Path, v any)
	walk = func(path model.Path, v any) {
		switch v := v.(type) {
		case model.Secret:
			if v.Server() {
				b.problem(Problem{Name: ServerSecret, Key: want.Key, Path: path.String()})
			}
		case map[string]any:
			for k, e := range v {
				walk(path.Child(k), e)
			}
		}
	}
	walk(nil, want.Attributes)
	sort.SliceStable(b.problems, func(i, j int) bool {
		x, y := &b.problems[i], &b.problems[j]
		if c := x.Key.Compare(y.Key); c != 0 {
			return c < 0
		}
		return x.Path < y.Path
	})
}

// pushed makes fields of what --push sends although it cannot be compared.
func (b *builder) pushed(want *model.Resource, uncompared []string) []FieldDiff {
	var fields []FieldDiff
	for _, p := range uncompared {
		secret := b.secretAt(want, p)
		if b.o.Push == PushAll || b.o.Push == PushSecrets && secret || b.o.Push == PushUnread && !secret {
			fields = append(fields, b.unread(want, p, NoteUncomparable))
		}
	}
	return fields
}

// secretAt tells whether the declared value at the dotted path is a secret.
func (b *builder) secretAt(r *model.Resource, dotted string) bool {
	secret := false
	var walk func(path model.Path, v any)
	walk = func(path model.Path, v any) {
		switch v := v.(type) {
		case model.Secret:
			secret = secret || path.String() == dotted
		case map[string]any:
			for k, e := range v {
				walk(path.Child(k), e)
			}
		}
	}
	walk(nil, r.Attributes)
	return secret
}

func without(paths []string, fields []FieldDiff) []string {
	return slices.DeleteFunc(paths, func(p string) bool {
		return slices.ContainsFunc(fields, func(f FieldDiff) bool { return f.Path == p && f.Note == NoteUncomparable })
	})
}

// unread is the field of a value that no read shows: what is wanted, unless it
// is a secret.
func (b *builder) unread(want *model.Resource, dotted, note string) FieldDiff {
	f := FieldDiff{Path: dotted, After: shown(true), Sensitive: true, Note: note}
	path := model.SplitPath(dotted)
	typ := ""
	if want.Key.Kind == model.Connection {
		typ = want.Text("type")
	}
	if v, ok := want.At(path...); ok && !holdsSecret(v) && !b.o.Semantics.Secret(want.Key.Kind, typ, path) {
		f.After, f.Sensitive = v, false
	}
	return f
}
