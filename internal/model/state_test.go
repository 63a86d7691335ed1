package model_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idpsync/idpsync/internal/model"
)

// TestStateKeepsItsOrder puts resources in every order, some twice, and changes
// the state while somebody goes through it.
func TestStateKeepsItsOrder(t *testing.T) {
	of := func(kind model.Kind, name string) *model.Resource {
		return &model.Resource{Key: model.Key{Kind: kind, Name: name}, ID: "first"}
	}
	s := model.NewState(
		of(model.Application, "b"), of(model.Connection, "c"), of(model.Connection, "a"), of(model.IdentityProvider, "z"),
		of(model.Connection, "b"), of(model.Connection, "c"),
	)
	keys := func() (all []string) {
		for r := range s.All() {
			all = append(all, r.Key.String()+" "+r.ID)
		}
		return all
	}
	want := []string{"identityprovider/z first", "connection/a first", "connection/b first", "connection/c first", "application/b first"}
	if diff := cmp.Diff(want, keys()); diff != "" || s.Len() != len(want) {
		t.Errorf("%d: %s", s.Len(), diff)
	}

	var seen []string
	for r := range s.Of(model.Connection) {
		seen = append(seen, r.Key.Name+" "+r.ID)
		if r.Key.Name == "a" {
			s.Put(of(model.Connection, "aa"))
			s.Put(of(model.Enablement, "b/aa"))
			s.Put(&model.Resource{Key: model.Key{Kind: model.Connection, Name: "c"}, ID: "second"})
			if n := len(slices.Collect(s.Of(model.Connection))); n != 4 {
				t.Errorf("%d connections, want 4", n)
			}
		}
	}
	if diff := cmp.Diff([]string{"a first", "b first", "c first"}, seen); diff != "" {
		t.Error("somebody on his way through sees another state than there was:", diff)
	}
	want = []string{
		"identityprovider/z first", "connection/a first", "connection/aa first", "connection/b first", "connection/c second",
		"application/b first", "enablement/b/aa first",
	}
	if diff := cmp.Diff(want, keys()); diff != "" {
		t.Error(diff)
	}
	if r := s.Get(model.Key{Kind: model.Connection, Name: "c"}); r == nil || r.ID != "second" {
		t.Errorf("%+v", r)
	}
	if r := s.Get(model.Key{Kind: model.Application, Name: "c"}); r != nil {
		t.Errorf("%+v", r)
	}
}
