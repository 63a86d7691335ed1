package report_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/report"
)

// What a doctor's document holds of the owner's is told as text and stays out of
// JSON.
func TestDoctorDocument(t *testing.T) {
	skew := -75
	doc := report.NewDoctor(report.Doctor{
		Tool: "idpsync test", Probed: true,
		Target: report.DoctorTarget{
			Deployment: "private", API: "auto", Fingerprint: "sha256:0011223344556677",
			Owner: report.Target{Name: "acme", Host: "https://sso.acme.example", UserPoolID: "62eaa95fe0a1b29a5295bf7c"},
		},
		Checks: []report.DoctorCheck{
			{Name: "host", Status: "ok"},
			{Name: "credentials", Status: "failed", HTTPStatus: 200, StatusCode: 403, APICode: "2333", Message: "acme says no", Hint: "ask acme"},
			{Name: "clock", Status: "warning", SkewSeconds: &skew},
			{Name: "get-ext-idp", Status: "skipped", Message: "the pool has no provider"},
		},
		Traits: []report.DoctorTrait{
			{Name: "secrets", Value: "masked", Source: "probe"},
			{Name: "fields-update", Value: "replace", Source: "probe", Pinned: "merge"},
			{Name: "new-conn", Source: "unknown", Reason: "making a scratch connection failed: HTTP status 500"},
		},
		Scratch: report.DoctorScratch{Found: 3, Removed: 2},
	})
	var text, data bytes.Buffer
	if err := doc.Text(&text, report.Style{}); err != nil {
		t.Fatal(err)
	}
	if err := report.JSON(&data, doc); err != nil {
		t.Fatal(err)
	}
	golden(t, "doctor.txt", text.Bytes())
	golden(t, "doctor.json", data.Bytes())
	for _, secret := range []string{"acme", "62eaa95f"} {
		if strings.Contains(data.String(), secret) {
			t.Errorf("JSON tells %q", secret)
		}
		if !strings.Contains(text.String(), secret) {
			t.Errorf("the owner is not told %q", secret)
		}
	}
	back, err := report.ReadDoctor(&data)
	if err != nil {
		t.Fatal(err)
	}
	if back.Traits[1].Pinned != "merge" || back.Checks[1].APICode != "2333" || *back.Checks[2].SkewSeconds != skew {
		t.Errorf("read back as %+v", back)
	}
}
