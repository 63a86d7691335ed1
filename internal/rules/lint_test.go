package rules_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/rules"
)

// lintCodes lists what an application of these attributes is told, one "CODE
// path" a line.
func lintCodes(attrs obj, s rules.Setting) string {
	return codesOf(pool(resource(model.Application, "a", obj{"appIdentifier": "a"}, attrs)), s)
}

func codesOf(desired *model.State, s rules.Setting) string {
	var b strings.Builder
	for _, f := range rules.Check(desired, s) {
		b.WriteString(f.Code + " " + f.Path + "\n")
	}
	return b.String()
}

func TestAlgorithmsAndGrants(t *testing.T) {
	for _, c := range []struct {
		attrs obj
		want  string
	}{
		{obj{"oidcConfig": map[string]any{"id_token_signed_response_alg": "RS256"}}, ""},
		{obj{"oidcConfig": map[string]any{"id_token_signed_response_alg": "HS256"}}, "IDP0606 oidcConfig.id_token_signed_response_alg\n"},
		{obj{"oidcConfig": map[string]any{"id_token_signed_response_alg": "HS512"}}, "IDP0606 oidcConfig.id_token_signed_response_alg\n"},
		{obj{"oidcConfig": map[string]any{"id_token_signed_response_alg": nil}}, ""},
		{obj{"oidcConfig": map[string]any{"grant_types": []any{"authorization_code", "Password"}}}, "IDP0605 oidcConfig.grant_types.1\n"},
		{obj{"oauthConfig": map[string]any{"grants": []any{"implicit"}}}, "IDP0605 oauthConfig.grants.0\n"},
		{obj{"oidcConfig": map[string]any{"response_types": []any{"code id_token", "code", "code token"}}}, "IDP0605 oidcConfig.response_types.2\n"},
		{obj{"samlConfig": map[string]any{"digestAlgorithm": "http://www.w3.org/2001/04/xmlenc#sha256"}}, ""},
		{obj{"samlConfig": map[string]any{"signatureAlgorithm": "SHA1withRSA"}}, "IDP0607 samlConfig.signatureAlgorithm\n"},
		{obj{"samlConfig": map[string]any{"signatureAlgorithm": "RSA_SHA1"}}, "IDP0607 samlConfig.signatureAlgorithm\n"},
		{obj{"samlConfig": map[string]any{"signatureAlgorithm": "rsaSHA1"}}, "IDP0607 samlConfig.signatureAlgorithm\n"},
		{obj{"samlConfig": map[string]any{"digestAlgorithm": "sha-1"}}, "IDP0607 samlConfig.digestAlgorithm\n"},
		{obj{"samlConfig": map[string]any{"digestAlgorithm": "sha128"}}, ""},
		{obj{"samlConfig": map[string]any{"samlResponseSigningCertFingerprint": "SHA1 00:11"}}, ""},
	} {
		if got := lintCodes(c.attrs, rules.Setting{}); got != c.want {
			t.Errorf("%v: got %q, want %q", c.attrs, got, c.want)
		}
	}
}

func TestLifetimes(t *testing.T) {
	for number, long := range map[string]bool{"86400": false, "86400.5": true, "8.64e4": false, "1e9": true, "1e400": true, "-1": false, "0": false} {
		want := ""
		if long {
			want = "IDP0608 oidcConfig.access_token_expire\n"
		}
		got := lintCodes(obj{"oidcConfig": map[string]any{"access_token_expire": json.Number(number)}}, rules.Setting{})
		if got != want {
			t.Errorf("%s: got %q", number, got)
		}
	}
}

// TestSamlConnection: the keys of a SAML connection are judged as those of an
// application are, and those of another type are its own affair.
func TestSamlConnection(t *testing.T) {
	weak := obj{"signatureAlgorithm": "rsa-sha1", "digestAlgorithm": "sha1"}
	if got := codesOf(pool(fields(conn("c", "p", obj{"type": "saml"}), weak)), rules.Setting{}); got != "IDP0607 fields.digestAlgorithm\nIDP0607 fields.signatureAlgorithm\n" {
		t.Errorf("saml: %q", got)
	}
	if got := codesOf(pool(fields(conn("c", "p", nil), weak)), rules.Setting{}); got != "" {
		t.Errorf("oidc: %q", got)
	}
}

// BenchmarkCheck: every rule on ten thousand connections with a certificate.
func BenchmarkCheck(b *testing.B) {
	pem := pemOf(certificate(b, now.AddDate(1, 0, 0)))
	desired := model.NewState()
	for i := range 10_000 {
		name := "c" + strings.Repeat("0", 3) + json.Number(string(rune('a'+i%26))).String() + time.Duration(i).String()
		desired.Put(fields(conn(name, "p", obj{"type": "saml"}), obj{"samlIdpCert": pem, "signInEndPoint": "https://idp.example.com/sso", "digestAlgorithm": "sha256"}))
	}
	for b.Loop() {
		rules.Check(desired, rules.Setting{Now: now})
	}
}
