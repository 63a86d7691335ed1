package web

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/idpsync/idpsync/internal/reconcile"
	"github.com/idpsync/idpsync/internal/schema"
)

// TestPublishedSchema holds the document to its schema, at rest, in trouble and
// before the first look.
func TestPublishedSchema(t *testing.T) {
	f := sample()
	troubled := sample()
	troubled.publish(broken)
	for name, f := range map[string]*fakeWatch{"at rest": f, "in trouble": troubled, "nothing yet": {}} {
		_, srv := serve(t, f)
		_, text := get(t, srv, "/api/v1/status")
		found, err := schema.VerifyOutput("status", []byte(text))
		if err != nil || len(found) > 0 {
			t.Errorf("%s: %v %v\n%s", name, err, found, text)
		}
	}
	_, srv := serve(t, f, func(o *Options) { o.Targets = append(o.Targets, Target{Name: "other", Status: (&fakeWatch{}).status}) })
	_, text := get(t, srv, "/api/v1/status")
	if found, err := schema.VerifyOutput("status", []byte(text)); err != nil || len(found) > 0 {
		t.Error(err, found)
	}
	f.publish(func(s *reconcile.Status) { s.Objects[0].State = "odd" })
	_, srv = serve(t, f)
	_, text = get(t, srv, "/api/v1/status")
	if found, err := schema.VerifyOutput("status", []byte(text)); err != nil || len(found) == 0 {
		t.Error("an unknown state is not seen", err)
	}
}

// TestSchemaCarriesTheOthers: a schema stands alone, so this one holds copies of
// those of a plan and of diagnostics.
func TestSchemaCarriesTheOthers(t *testing.T) {
	var whole struct {
		Defs map[string]any `json:"$defs"`
	}
	read := func(kind string, into any) {
		text, ok := schema.OutputSchema(kind)
		if err := json.Unmarshal(text, into); !ok || err != nil {
			t.Fatal(kind, ok, err)
		}
	}
	read("status", &whole)
	for _, kind := range []string{"plan", "diagnostics"} {
		var own any
		if read(kind, &own); !reflect.DeepEqual(own, whole.Defs[kind]) {
			t.Errorf("the copy of %s.schema.json in status.schema.json is not the same: put it in anew", kind)
		}
	}
}
