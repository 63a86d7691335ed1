package remote

import (
	"testing"

	"github.com/idpsync/idpsync/internal/model"
)

// TestDeadButtons: an application shows a connection that no list holds. What it
// takes to call that a dead button is that its provider, or every provider,
// proves not to have it.
func TestDeadButtons(t *testing.T) {
	corp := tree{"id": "c1", "extIdpId": "p1", "identifier": "corp-oidc", "type": "oidc"}
	listed := func(ids ...string) tree {
		list := []any{}
		for _, id := range ids {
			list = append(list, tree{"id": id, "name": id, "type": "oidc"})
		}
		return tree{"totalCount": len(ids), "list": list}
	}
	detail := func(conns ...any) tree { return tree{"id": "p1", "name": "p1", "type": "oidc", "connections": conns} }
	tests := []struct {
		name, provider    string // which the element names
		providers, detail tree
		reads             int
		dead              bool
	}{
		{"its provider does not hold it", "p1", listed("p1", "p2"), detail(corp), 1, true},
		{"its provider is gone", "p9", listed("p1", "p2"), detail(corp), 0, true},
		{"its provider holds it after all", "p1", listed("p1"), detail(corp, tree{"id": "c9", "identifier": "unread", "type": "oidc"}), 1, false},
		{"two reads of its provider differ", "p1", listed("p1"), detail(), 1, false},
		{"no provider is named, and none holds it", "", listed("p1"), detail(corp), 1, true},
		{"no provider is named, and one is a tenant's", "", tree{"totalCount": 2, "list": []any{
			tree{"id": "p1", "type": "oidc"}, tree{"id": "p2", "type": "oidc", "tenantId": "t7"},
		}}, detail(corp), 0, false},
		{"the providers are not all of them", "p9", tree{"totalCount": 3, "list": listed("p1")["list"]}, detail(corp), 0, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			app := portal()
			app["loginConfig"].(tree)["enabledExtIdpConns"] = []any{
				tree{"extIdpConnId": "c1", "extIdpId": "p1"},
				tree{"extIdpConnId": "c9", "extIdpId": test.provider, "extIdpConnIdentifier": "unread"},
			}
			f := newFake(t).on("GET list-ext-idp", test.providers).on("GET get-ext-idp", test.detail).
				on("GET list-ext-idp-conns", []any{corp}).on("GET list-applications", tree{"totalCount": 1, "list": []any{app}})
			c := loaded(t, f)
			asked := &model.Resource{Key: model.EnablementKey("portal-id", "unread"), ID: "a1/c9"}
			read, err := c.ProveButtons(t.Context(), []*model.Resource{asked})
			if err != nil || len(read) != test.reads || f.count("get-ext-idp") != test.reads {
				t.Fatalf("read %v by %d requests (%v), want %d", read, f.count("get-ext-idp"), err, test.reads)
			}
			s := c.State(nil)
			if dead := len(s.Dead) == 1 && s.Dead[0] == model.EnablementKey("portal-id", "id:c9"); dead != test.dead || len(s.Dead) > 1 {
				t.Errorf("dead buttons: %v", s.Dead)
			}
			if alive := s.Get(asked.Key) != nil; alive == test.dead || s.Get(model.EnablementKey("portal-id", "corp-oidc")) == nil {
				t.Errorf("alive %v of a button that is dead %v, or the other one is missing", alive, test.dead)
			}
		})
	}
}
