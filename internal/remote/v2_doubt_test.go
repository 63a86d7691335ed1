package remote_test

import (
	"testing"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/remote"
)

// A change by V2 whose fate is not known is settled by reading: done once.
func TestV2InDoubt(t *testing.T) {
	for _, route := range []string{
		"POST /api/v2/extIdp", "POST /api/v2/extIdpConn", "POST /api/v2/applications", "PUT /api/v2/extIdpConn/{id}/state",
		"PUT /api/v2/extIdp/{id}", "PUT /api/v2/extIdpConn/{id}", "POST /api/v2/applications/{id}",
		"DELETE /api/v2/extIdp/{id}", "DELETE /api/v2/extIdpConn/{id}", "DELETE /api/v2/applications/{id}",
	} {
		for _, action := range []string{"drop-after", "garbage"} {
			t.Run(route+" "+action, func(t *testing.T) {
				t.Parallel()
				p := serve(t, map[string]string{"v3": "off"}, route+" #1 "+action)
				c := p.speak(remote.OnlyV2)
				p.readAll(c)
				want := wantedByV2()
				create(t, c, want)
				s := reread(t, c, want)
				edit(want)
				for _, w := range want[:3] {
					if err := c.Update(t.Context(), s.Get(w.Key), w); err != nil {
						t.Fatalf("update %s: %v", w.Key, err)
					}
				}
				s = reread(t, c, want)
				if m := missing(want, s); len(m) > 0 || s.Len() != len(want) {
					t.Errorf("%d objects, %v", s.Len(), m)
				}
				for _, k := range []model.Key{pressed, portal, button, corp} {
					if err := c.Delete(t.Context(), s.Get(k)); err != nil {
						t.Fatalf("delete %s: %v", k, err)
					}
				}
				again := p.speak(remote.OnlyV2)
				p.readAll(again)
				if n := again.State(nil).Len(); n != 0 {
					t.Errorf("%d objects are left", n)
				}
			})
		}
	}
}

// One that was surely not done is told as that, or sent again.
func TestV2NotDone(t *testing.T) {
	for action, again := range map[string]bool{"drop-before": true, "429:0": true, "status=400": false, "success-false": false} {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			p := serve(t, map[string]string{"v3": "off"}, "POST /api/v2/extIdp #1 "+action)
			c := p.speak(remote.OnlyV2)
			p.readAll(c)
			_, err := c.Create(t.Context(), wantedByV2()[0])
			s := reread(t, c, wantedByV2()[:1])
			if again != (err == nil) || again != (s.Len() == 1) {
				t.Errorf("%v, %d objects", err, s.Len())
			}
		})
	}
}
