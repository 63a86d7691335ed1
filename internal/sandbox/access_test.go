package sandbox_test

import (
	"fmt"
	"testing"

	"github.com/idpsync/idpsync/internal/sandbox"
)

// grants is list-applications-auth.
func (p *pool) grants(filter tree) []any {
	p.t.Helper()
	return p.post("list-applications-auth", filter).object("list-applications-auth")["list"].([]any)
}

func TestAccessOfAnApplication(t *testing.T) {
	p := in(t, sandbox.Options{})
	app := p.application("portal", nil)
	p.post("authorize-application-access", tree{"appId": app, "list": []any{
		tree{"targetType": "USER", "targetIdentifier": []any{"u1", "u2"}, "effect": "ALLOW"},
		tree{"targetType": "ROLE", "namespaceCode": "n", "targetIdentifier": []any{"admin"}, "effect": "DENY"},
	}}).ok("authorize")
	list := p.grants(tree{"appId": app})
	id := dig(list[0], "id").(string)
	same(t, "first", list[0], tree{"id": id, "targetId": "u1", "targetName": "u1", "targetType": "USER", "effect": "ALLOW", "enabled": true, "permissionType": "SUBJECT"})
	p.post("authorize-application-access", tree{"appId": app, "list": []any{tree{"targetType": "USER", "targetIdentifier": []any{"u1"}, "effect": "DENY"}}}).ok("again")
	p.post("update-auth-enabled", tree{"id": id, "enabled": false}).ok("switch off")
	for filter, want := range map[string]int{"effect=DENY": 2, "enabled=false": 1, "targetName=u": 2, "type=ROLE": 1, "": 3} {
		body := map[string]tree{
			"effect=DENY": {"effect": "DENY"}, "enabled=false": {"enabled": false}, "targetName=u": {"targetName": "u"},
			"type=ROLE": {"targetTypeList": []any{"ROLE", "ORG"}}, "": {"page": 1, "limit": 50},
		}[filter]
		body["appId"] = app
		same(t, filter, len(p.grants(body)), want)
	}
	same(t, "a page", len(p.grants(tree{"appId": app, "page": 2, "limit": 2})), 1)

	subject := p.post("list-subject-auth", tree{"targetType": "USER", "targetId": "u1"}).object("subject")["list"].([]any)
	same(t, "of a subject", []any{len(subject), dig(subject[0], "appId"), dig(subject[0], "appType"), dig(subject[0], "effect")}, []any{1, app, "SELFBUILT", "DENY"})
	same(t, "filtered", len(p.post("list-subject-auth", tree{"targetType": "USER", "targetId": "u1", "enabled": true}).object("subject")["list"].([]any)), 0)
	from := func(target string) any {
		return p.get("get-subject-auth-detail?targetType=USER&appId=" + app + "&targetId=" + target).object("detail")["authType"]
	}
	same(t, "whence", []any{from("u1"), from("u9")}, []any{"SELF", "DEFAULT"})

	p.post("revoke-application-access", tree{"appId": app, "list": []any{tree{"targetType": "USER", "targetIdentifier": []any{"u2", "u9"}}}}).ok("revoke")
	same(t, "two left", len(p.grants(tree{"appId": app})), 2)
	p.send("DELETE", "/api/v3/batch-applications-auth?authIds[]="+id+"&authIds[]="+nowhere, "", nil).want("all or none", 404)
	same(t, "still two", len(p.grants(tree{"appId": app})), 2)
	role := dig(p.grants(tree{"appId": app})[1], "id").(string)
	p.send("DELETE", `/api/v3/batch-applications-auth?authIds=["`+id+`","`+role+`"]`, "", nil).ok("as JSON text")
	same(t, "none", len(p.grants(tree{"appId": app})), 0)
}

func TestAccessThatIsRefused(t *testing.T) {
	p := in(t, sandbox.Options{})
	app := p.application("portal", nil)
	item := tree{"targetType": "USER", "targetIdentifier": []any{"u"}, "effect": "ALLOW"}
	good := tree{"appId": app, "list": []any{item}}
	many := func(n int) []any {
		list := make([]any, n)
		for i := range list {
			list[i] = fmt.Sprint("u", i)
		}
		return list
	}
	eleven := make([]any, 11)
	for i := range eleven {
		eleven[i] = item
	}
	p.refuseEach([]badParameter{
		{"authorize-application-access", good, tree{"appId": nowhere}, 404},
		{"authorize-application-access", good, tree{"list": nil}, 400},
		{"authorize-application-access", good, tree{"list": eleven}, 400},
		{"authorize-application-access", good, tree{"list": []any{tree{"targetType": "USER", "targetIdentifier": many(51), "effect": "ALLOW"}}}, 400},
		{"authorize-application-access", good, tree{"list": []any{tree{"targetType": "PET", "targetIdentifier": many(1), "effect": "ALLOW"}}}, 400},
		{"authorize-application-access", good, tree{"list": []any{tree{"targetType": "USER", "targetIdentifier": many(1)}}}, 400},
		{"revoke-application-access", tree{"appId": app, "list": []any{tree{"targetType": "USER", "targetIdentifier": many(1)}}}, tree{"appId": nowhere}, 404},
		{"list-applications-auth", tree{"appId": app}, tree{"limit": 51}, 400},
		{"list-applications-auth", tree{"appId": app}, tree{"appId": nowhere}, 404},
		{"update-auth-enabled", tree{"id": nowhere, "enabled": true}, tree{}, 404},
		{"list-subject-auth", tree{"targetType": "USER", "targetId": "u"}, tree{"targetType": "PET"}, 400},
	})
	p.send("DELETE", "/api/v3/batch-applications-auth", "", nil).want("no ids", 400)
	p.get("get-subject-auth-detail?targetType=USER&targetId=u&appId="+nowhere).want("no application", 404)
	p.get("get-subject-auth-detail?targetType=USER&targetId=u").want("no appId", 400)
}
