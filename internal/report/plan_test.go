package report_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
	"github.com/idpsync/idpsync/internal/report"
	"github.com/idpsync/idpsync/internal/rules"
)

func key(s string) model.Key {
	k, err := model.ParseKey(s)
	if err != nil {
		panic(err)
	}
	return k
}

const canary = "canary-7d1f"

// samplePlan has every action, every note, and a canary wherever a secret may be.
func samplePlan() *plan.Plan {
	secret := model.SecretValue("env:S", canary)
	return &plan.Plan{
		Summary: plan.Summary{Create: 2, Update: 2, Replace: 1, Delete: 1, Unchanged: 7, Unmanaged: 2, Uncompared: 1},
		Changes: []*plan.Change{
			{
				Key: key("identityprovider/corp"), Action: plan.Create, Risk: plan.Low, Reason: "not on the server",
				Source: model.Source{File: "corp.yaml", Line: 1},
				Found:  []plan.FieldDiff{{Path: "name", After: "Corp SSO"}, {Path: "type", After: "oidc"}},
			},
			{
				Key: key("connection/corp-oidc"), Action: plan.Create, Risk: plan.Low, Reason: "not on the server",
				DependsOn: []model.Key{key("identityprovider/corp")}, Applications: []string{"portal"},
				Source: model.Source{File: "corp.yaml", Line: 7},
				Found: []plan.FieldDiff{
					{Path: "fields.clientSecret", After: secret, Sensitive: true},
					{Path: "fields.scopes", After: []any{"openid", "<profile>&", secret}},
					{Path: "loginOnly", After: false},
					{Path: "fields.level", After: json.Number("1.50")},
				},
			},
			{
				Key: key("application/portal"), Action: plan.Update, Risk: plan.Medium, Reason: "3 fields differ",
				Applications: []string{"portal"}, Source: model.Source{File: "apps/portal.yaml", Line: 3},
				Found: []plan.FieldDiff{
					{Path: "appName", Before: "旧门户", After: "门户网站"},
					{Path: "logoutRedirectUris", Before: []any{"https://a.example"}},
					{Path: "oidcConfig.jwks", Before: secret, After: secret, Sensitive: true, Note: plan.NoteWillBeSent},
				},
			},
			{
				Key: key("connection/wiki"), Action: plan.Update, Risk: plan.Medium, Reason: "2 fields differ",
				Applications: []string{"a", "b", "c", "d", "e", "f", "g"},
				Found: []plan.FieldDiff{
					{Path: "fields.aesKey", After: "left unmarked by mistake " + canary, Sensitive: true, Note: plan.NoteUncomparable},
					{Path: "fields.metadata", Before: strings.Repeat("x", 300) + "old\nline", After: strings.Repeat("x", 300) + "new\nline"},
				},
			},
			{
				Key: key("connection/ad"), Action: plan.Replace, Risk: plan.High, Reason: "a fixed attribute differs: type",
				Applications: []string{"portal", "wiki"}, Source: model.Source{File: "ad.yaml", Line: 2},
				Loses: []model.Key{key("enablement/portal/ad"), key("enablement/wiki/ad")},
				Found: []plan.FieldDiff{{Path: "type", Before: "ad", After: "ldap"}},
			},
			{
				Key: key("enablement/portal/old"), Action: plan.Delete, Risk: plan.High, Reason: "switched on outside idpsync", Applications: []string{"portal"},
				Loses: []model.Key{key("enablement/portal/old")},
			},
		},
		NotEvaluated: []plan.At{{Key: key("connection/corp-oidc"), Path: "fields.clientSecret"}, {Key: key("connection/wiki"), Path: "fields.appSecret"}, {Key: key("connection/same"), Path: "fields.clientSecret"}},
	}
}

func sample() *report.Plan {
	return report.NewPlan(report.PlanInput{
		Tool: "idpsync 1.2.3", CreatedAt: time.Date(2026, 11, 22, 10, 0, 0, 0, time.FixedZone("", 3600)),
		Target:    report.Target{Name: "prod", Host: "https://api.example.com", UserPoolID: "62eaa95fe0a1b29a5295bf7c"},
		ReadScope: "needed", Ledger: "empty", ConfigDigest: "sha256:c", StateDigest: "sha256:s",
		Plan: samplePlan(),
		Refusals: []rules.Refusal{
			{Code: "IDP0307", Name: "replace", Key: key("connection/ad"), Message: "it would be lost", Override: "--override replace=REASON"},
			{Code: "IDP0304", Name: "incomplete-read", Message: "the list is not whole"},
		},
	})
}

func TestAPlanAsJSON(t *testing.T) {
	var first, second bytes.Buffer
	for _, b := range []*bytes.Buffer{&first, &second} {
		if err := report.JSON(b, sample()); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("the same plan gave other bytes")
	}
	if strings.Contains(first.String(), canary) {
		t.Error("a secret is in the document")
	}
	golden(t, "plan-full.json", first.Bytes())
}

func TestAnEmptyPlanHasArraysAndNoNull(t *testing.T) {
	var b bytes.Buffer
	doc := report.NewPlan(report.PlanInput{CreatedAt: time.Unix(0, 0), Plan: &plan.Plan{Summary: plan.Summary{Unchanged: 7, Unmanaged: 2}}})
	if err := report.JSON(&b, doc); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "null") {
		t.Errorf("null in %s", b.String())
	}
	golden(t, "plan-empty.json", b.Bytes())
}

func TestAPlanAsText(t *testing.T) {
	asText(t, "plan-*.json", report.ReadPlan)
}

func TestSecretsLeftOutAreShownWhereNothingElseChanges(t *testing.T) {
	var b bytes.Buffer
	if err := sample().Text(&b, report.Style{}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "? connection/same fields.clientSecret: not evaluated\n") {
		t.Errorf("not told in\n%s", b.String())
	}
	if strings.Contains(b.String(), canary) {
		t.Error("a secret is in the text")
	}
}

// Colour must only ever add escapes: without them the text is the plain one.
func TestColourAddsNothingButColour(t *testing.T) {
	var plainText, coloured bytes.Buffer
	if err := sample().Text(&plainText, report.Style{}); err != nil {
		t.Fatal(err)
	}
	if err := sample().Text(&coloured, report.Style{Color: true}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(coloured.String(), "\x1b[") {
		t.Error("no colour in the coloured text")
	}
	if got := stripColour(coloured.String()); got != plainText.String() {
		t.Errorf("without escapes the coloured text is\n%s", got)
	}
}

func stripColour(s string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(s, "\x1b[")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		_, s, _ = strings.Cut(after, "m")
	}
}

func TestOnlyOwnDocumentsAreRead(t *testing.T) {
	for name, doc := range map[string]string{
		"not JSON":     `hello`,
		"another kind": `{"formatVersion":"1.0","kind":"idpsync.result"}`,
		"a new major":  `{"formatVersion":"2.0","kind":"idpsync.plan"}`,
	} {
		if _, err := report.ReadPlan(strings.NewReader(doc)); err == nil {
			t.Errorf("%s was read as a plan", name)
		}
	}
}
