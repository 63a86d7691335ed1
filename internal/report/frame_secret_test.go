package report_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/report"
)

func framed(t *testing.T, text string, line int, hint string) bool {
	t.Helper()
	var b bytes.Buffer
	doc := report.NewDiagnostics([]diagnostic.Diagnostic{{
		Code: "IDP0101", Severity: diagnostic.Error, File: "x.yaml", Range: at(line, 1, line, 2),
		Message: diagnostic.Words("wrong"), Hint: diagnostic.Words(hint),
	}}, diagnostic.English)
	if err := doc.Text(&b, report.Style{Frame: func(string) []byte { return []byte(text) }}); err != nil {
		t.Fatal(err)
	}
	return strings.Contains(b.String(), " | ")
}

func TestNoFrameOfALineThatMayTellASecret(t *testing.T) {
	for text, line := range map[string]int{
		"fields:\n  clientSecret: {secretFrom: S3CRET}\n":      2,
		"fields:\n  clientSecret: \"S3CRET\n  x: y\n":          2,
		"clientSecret:\n  secretFrom: S3CRET\n":                2,
		"- {\"client_secret\":\"S3CRET\"}\n":                   1,
		"- client_secret:\n    S3CRET\n":                       2,
		"privateKey: \"-----BEGIN\nMIIE\n\nS3CRET":             4,
		"fields:\n  spKey: |\n    -----BEGIN\n    S3CRET: x\n": 4,
		"templateData:\n  a:\n    b: x\n    c: S3CRET\n":       4,
		"oidcConfig: {jwks: S3CRET}":                           1,
		"a: b # token: S3CRET":                                 1,
		"proxy: {passwd:\tS3CRET":                              1,
		"fields: {apiKey: S3CRET, x: [}":                       1,
		"accessToken :  S3CRET":                                1,
		"credentials:\r\n  a: S3CRET\r\n":                      2,
		"fields:\n\tclientSecret:\tS3CRET":                     2,
		"clientSecret: {\nsecretFrom: S3CRET":                  2,
	} {
		if framed(t, text, line, "") {
			t.Errorf("line %d of %q is shown", line, text)
		}
	}
	if framed(t, "clientSecrt: S3CRET", 1, "did you mean clientSecret?") {
		t.Error("a slip of a secret's key is shown")
	}
	for text, line := range map[string]int{
		"clientSecret: x\nissuerUrl: y\n":                  2,
		"- clientSecret: x\n  issuerUrl: y\n":              2,
		"a:\n  token: x\nb:\n  issuerUrl: y\n":             4,
		"grants: [token, password]":                        1,
		"tokenEndpoint: https://id.example.com/token:8080": 1,
		"key: x": 1,
	} {
		if !framed(t, text, line, "did you mean issuerUrl?") {
			t.Errorf("line %d of %q is not shown", line, text)
		}
	}
}
