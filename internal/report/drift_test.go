package report_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
	"github.com/idpsync/idpsync/internal/report"
)

// sampleDrift has every state and everybody who can have changed something.
func sampleDrift() *report.Drift {
	secret := model.SecretValue("env:S", canary)
	long := strings.Repeat("x", 300)
	whole := func(last, server, file any, by plan.ChangedBy) []plan.DriftField {
		return []plan.DriftField{{LastApplied: last, Server: server, File: file, ChangedBy: by}}
	}
	return report.NewDrift(report.Target{Name: "prod", Host: "https://api.example.com", UserPoolID: "62eaa95fe0a1b29a5295bf7c"}, "present", []plan.Drifted{
		{Key: key("application/portal"), State: plan.Changed, Source: model.Source{File: "apps/portal.yaml", Line: 3}, Fields: []plan.DriftField{
			{Path: "appName", LastApplied: "Portal", Server: "Hacked \x1b[31m\u202e", File: "Portal", ChangedBy: plan.ByServer},
			{Path: "both", LastApplied: json.Number("1"), Server: json.Number("2"), File: json.Number("3"), ChangedBy: plan.ByBoth},
			{Path: "css", LastApplied: long + "old", Server: long + "old", File: long + "new", ChangedBy: plan.ByFile},
			{Path: "oidcConfig.jwks", LastApplied: secret, Server: secret, File: canary, Sensitive: true, ChangedBy: plan.ByServer},
			{Path: "redirectUris", Server: []any{"a", secret}, File: []any{}, ChangedBy: plan.ByUnknown},
		}},
		{Key: key("application/absent"), State: plan.Changed, Fields: whole("present", "present", "absent", plan.ByFile)},
		{Key: key("application/gone"), State: plan.Missing, Fields: whole("present", "absent", "present", plan.ByServer)},
		{Key: key("application/new"), State: plan.Missing, Fields: whole("absent", "absent", "present", plan.ByFile)},
		{Key: key("application/one"), State: plan.Missing, Fields: whole(nil, "absent", "present", plan.ByUnknown)},
		{Key: key("enablement/portal/x"), State: plan.Unmanaged, Fields: whole("absent", "present", "absent", plan.ByServer)},
		{Key: key("enablement/portal/y"), State: plan.Unmanaged, Fields: whole(nil, "present", "absent", plan.ByUnknown)},
		{Key: key("application/hand"), State: plan.Unmanaged, Idle: true, Fields: whole(nil, "present", "absent", plan.ByUnknown)},
	}, []plan.Ignored{{At: plan.At{Key: key("application/portal"), Path: "brandingConfig"}, Reason: "designers", Until: "2027-01-01"}})
}

func TestDriftAsJSON(t *testing.T) {
	var b bytes.Buffer
	if err := report.JSON(&b, sampleDrift()); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), canary) {
		t.Error("a secret is in the document")
	}
	golden(t, "drift-full.json", b.Bytes())
	var none bytes.Buffer
	if err := report.JSON(&none, report.NewDrift(report.Target{}, "empty", nil, nil)); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(none.String(), "null") {
		t.Errorf("null in %s", none.String())
	}
	golden(t, "drift-none.json", none.Bytes())
}

// TestDriftCounts: objects and fields are told apart, one is not many, and a
// whole object is no field.
func TestDriftCounts(t *testing.T) {
	field := func(by plan.ChangedBy) plan.DriftField { return plan.DriftField{Path: "appName", ChangedBy: by} }
	one := plan.Drifted{Key: key("application/one"), State: plan.Changed, Fields: []plan.DriftField{field(plan.ByServer), field(plan.ByServer), field(plan.ByFile)}}
	two := plan.Drifted{Key: key("application/two"), State: plan.Changed, Fields: []plan.DriftField{field(plan.ByServer)}}
	gone := plan.Drifted{Key: key("application/gone"), State: plan.Missing, Fields: []plan.DriftField{{ChangedBy: plan.ByServer}}}
	idle := gone
	idle.Idle = true
	for _, c := range []struct {
		lang, want string
		drifted    []plan.Drifted
	}{
		{"en", "Drift: 2 objects; 3 fields changed on the server, 1 field in the files; 0 unmanaged.", []plan.Drifted{one, two}},
		{"en", "Drift: 1 object; 1 field changed on the server, 0 fields in the files; 1 unmanaged.", []plan.Drifted{two, idle}},
		{"en", "Drift: 1 object; 1 change made on the server, 0 changes in the files; 0 unmanaged.", []plan.Drifted{gone}},
		{"zh-CN", "漂移：2 个对象；服务器上改了 3 个字段，文件中改了 1 个字段；0 个未管理。", []plan.Drifted{one, two}},
		{"zh-CN", "漂移：1 个对象；服务器上有 1 处变更，文件中有 0 处变更；0 个未管理。", []plan.Drifted{gone}},
	} {
		var b bytes.Buffer
		if err := report.NewDrift(report.Target{}, "present", c.drifted, nil).Text(&b, report.Style{Lang: c.lang}); err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(b.String(), c.want+"\n") {
			t.Errorf("want %q in\n%s", c.want, b.String())
		}
	}
}

func TestDriftAsText(t *testing.T) {
	asText(t, "drift-*.json", report.ReadDrift)
}
