package reconcile

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
)

// terse is a server that has no word for what is called mute, and leaves what
// is called lasting as it is.
type terse struct{ Remote }

func (terse) Unsupported(_ model.Kind, p model.Path) bool {
	return len(p) == 0 || p[len(p)-1] == "mute"
}

func (terse) Lasting(_ model.Kind, a string) bool { return a == "template" }

func TestSpeechless(t *testing.T) {
	type tree = map[string]any
	app := model.Key{Kind: model.Application, Name: "a"}
	other := model.Key{Kind: model.Connection, Name: "c"}
	want := &model.Resource{
		Key: app, Attributes: tree{
			"kept": "x", "mute": tree{"deep": tree{"leaf": "y"}, "none": tree{}}, "half": tree{"mute": nil, "kept": tree{}},
			"gone": tree{"mute": []any{"z"}}, "template": "declared", "appType": "web",
		},
		Refs: map[string]model.Key{"mute.deep.leaf": other, "kept": other},
	}
	absent := &model.Resource{Key: model.Key{Kind: model.Application, Name: "b"}, Lifecycle: model.Absent, Attributes: tree{"mute": "x", "template": "declared"}}
	s := &speechless{remote: terse{}}
	got := s.without(model.NewState(want, absent))
	actual := model.NewState(&model.Resource{Key: app, Attributes: tree{"template": "another", "appType": "spa"}},
		&model.Resource{Key: absent.Key, Attributes: tree{"template": "another"}})
	got = s.lasting(s.lasting(got, actual), model.NewState())
	got = s.lasting(got, actual)
	if d := cmp.Diff(tree{"kept": "x", "half": tree{"kept": tree{}}, "appType": "web"}, got.Get(app).Attributes); d != "" {
		t.Errorf("attributes:\n%s", d)
	}
	if d := cmp.Diff(map[string]model.Key{"kept": other}, got.Get(app).Refs); d != "" {
		t.Errorf("references:\n%s", d)
	}
	if d := cmp.Diff(tree{"mute": "x", "template": "declared"}, got.Get(absent.Key).Attributes); d != "" {
		t.Errorf("what is to be absent:\n%s", d)
	}
	if want.Attributes["mute"] == nil || want.Attributes["template"] == nil || len(want.Refs) != 2 {
		t.Error("the files were written to")
	}
	s = &speechless{remote: terse{}}
	s.lasting(s.without(model.NewState(want)), actual)
	at := func(p string) plan.At { return plan.At{Key: app, Path: p} }
	if d := cmp.Diff([]plan.At{at("gone.mute"), at("half.mute"), at("mute.deep.leaf"), at("mute.none"), at("template")}, s.all()); d != "" {
		t.Errorf("told:\n%s", d)
	}
}
