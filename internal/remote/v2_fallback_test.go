package remote_test

import (
	"slices"
	"testing"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/remote"
)

// Fields are read by V2 where V3 shows none, and only where api says auto.
func TestAutoReadsFields(t *testing.T) {
	for _, tt := range []struct {
		api     string
		dialect map[string]string
		shown   bool
	}{
		{remote.Auto, map[string]string{"conn-fields": "off"}, true},
		{remote.Auto, map[string]string{"conn-fields": "off", "conn-list": "off"}, true},
		{remote.Auto, map[string]string{"conn-fields": "off", "v2-token": "own"}, true},
		{remote.Auto, map[string]string{"conn-fields": "off", "v2": "off"}, false},
		{remote.OnlyV3, map[string]string{"conn-fields": "off"}, false},
	} {
		p := serve(t, tt.dialect)
		c := p.speak(tt.api)
		p.readAll(c)
		want := wanted()
		create(t, c, want)
		s, err := c.Reread(t.Context(), want)
		if err != nil {
			t.Fatal(err)
		}
		r := s.Get(button)
		if r.Text("fields", "issuerUrl") != "" != tt.shown || slices.Contains(r.Hidden, "fields") == tt.shown {
			t.Errorf("%s %v: shows %v, hides %v", tt.api, tt.dialect, r.Attributes, r.Hidden)
		}
		if f, _ := r.At("fields", "clientSecret"); tt.shown && f != nil {
			if _, sealed := f.(model.Secret); !sealed {
				t.Errorf("%s %v: the secret is %T", tt.api, tt.dialect, f)
			}
		}
	}
}

// A name that V3 does not take goes by V2; what V2 has no name for is told.
func TestAutoRenames(t *testing.T) {
	for _, tt := range []struct {
		api     string
		dialect map[string]string
		kept    bool
	}{
		{remote.Auto, map[string]string{"update-app": "keep-name"}, true},
		{remote.Auto, map[string]string{"update-app": "keep-name", "config-update": "replace"}, true},
		{remote.Auto, map[string]string{"update-app": "keep-name", "v2": "off"}, false},
		{remote.OnlyV3, map[string]string{"update-app": "keep-name"}, false},
	} {
		p := serve(t, tt.dialect)
		c := p.speak(tt.api)
		p.readAll(c)
		want := wanted()
		create(t, c, want)
		s, err := c.Reread(t.Context(), want)
		if err != nil {
			t.Fatal(err)
		}
		want[2].Attributes["appName"], want[2].Attributes["ssoEnabled"] = "Another", true
		err = c.Update(t.Context(), s.Get(portal), want[2])
		if tt.kept != (err == nil) {
			t.Errorf("%s %v: %v", tt.api, tt.dialect, err)
		}
		if s, err = c.Reread(t.Context(), want); err != nil {
			t.Fatal(err)
		}
		if m := missing(want, s); tt.kept && len(m) > 0 {
			t.Errorf("%s %v: %v", tt.api, tt.dialect, m)
		}
	}
}
