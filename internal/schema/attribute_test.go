package schema_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/schema"
)

func TestSecret(t *testing.T) {
	c := schema.Bundled()
	for _, test := range []struct {
		kind   model.Kind
		typ    string
		path   string
		secret bool
	}{
		// rows of connection-types.json
		{model.Connection, "github", "fields.clientSecret", true},
		{model.Connection, "github", "fields.clientsecret", true},
		{model.Connection, "github", "fields.clientID", false},
		{model.Connection, "saml", "fields.samlSpKey", true},
		{model.Connection, "saml", "fields.samlIdpCert", false},
		{model.Connection, "oauth", "fields.codeToTokenScript", false},
		{model.Connection, "honor", "fields.clientSecret", true},
		// words
		{model.Connection, "ldap", "fields.bindPassword", true},
		{model.Connection, "ldap", "fields.bindDN", false},
		{model.Connection, "ldap", "fields.encodingAESKey", true},
		{model.Connection, "ldap", "fields.private_key", true},
		{model.Connection, "ldap", "fields.apiKey2", true},
		{model.Connection, "ldap", "fields.APIKey", true},
		{model.Connection, "ldap", "fields.secretKey", true},
		{model.Connection, "ldap", "fields.publicKey", false},
		{model.Connection, "ldap", "fields.monkey", false},
		{model.Connection, "ldap", "fields.key", false},
		{model.Connection, "ldap", "fields.tokenUrl", false},
		{model.Connection, "ldap", "fields.access-token", true},
		{model.Connection, "ldap", "fields.PASSWORD", true},
		{model.Connection, "no such type", "fields.corpCredentials", true},
		{model.Connection, "ldap", "fields.proxy.passwd", true},
		{model.Connection, "ldap", "fields.", false},
		// outside fields
		{model.Connection, "github", "fields", false},
		{model.Connection, "github", "clientSecret", false},
		{model.IdentityProvider, "github", "fields.clientSecret", false},
		{model.Application, "", "oidcConfig.client_secret", true},
		{model.Application, "", "oidcConfig.jwks", true},
		{model.Application, "", "oidcConfig.jwks.keys", true},
		{model.Application, "", "oidcConfig.jwks_uri", false},
		{model.Application, "", "oidcConfig", false},
		{model.Application, "", "oauthConfig.client_secret", true},
		{model.Application, "", "samlConfig.samlResponseSigningKey", true},
		{model.Application, "", "templateData.a.b", true},
		{model.Application, "", "clientSecret", false},
	} {
		if got := c.Secret(test.kind, test.typ, strings.Split(test.path, ".")); got != test.secret {
			t.Errorf("%s %s %s: secret %v", test.kind, test.typ, test.path, got)
		}
	}
}

// In a template that is not ours, only the words of a key tell a secret.
func TestSecretByWidgetNeedsOurMark(t *testing.T) {
	c := catalogOf(t, parse(t, "testdata/check/connection.local.txtar"))
	for path, want := range map[string]bool{"fields.word": false, "fields.token": true} {
		if got := c.Secret(model.Connection, "acme", strings.Split(path, ".")); got != want {
			t.Errorf("%s: secret %v", path, got)
		}
	}
}

// TestSecretByWidget proves that a template settles what a name only suggests.
func TestSecretByWidget(t *testing.T) {
	c := catalogOf(t, parse(t, "testdata/attribute.txtar"))
	for path, want := range map[string]bool{
		"fields.pin": true, "fields.useToken": false, "fields.tokens": false, "fields.token": true,
		"fields.maxToken": false, "fields.proxy": false, "fields.proxy.apiKey": true, "fields.proxy.useToken": false,
	} {
		if got := c.Secret(model.Connection, "acme", strings.Split(path, ".")); got != want {
			t.Errorf("%s: secret %v", path, got)
		}
	}
}

func TestSet(t *testing.T) {
	c := catalogOf(t, parse(t, "testdata/attribute.txtar"))
	for _, test := range []struct {
		kind model.Kind
		path string
		set  bool
	}{
		{model.Application, "redirectUris", true},
		{model.Application, "logoutRedirectUris", true},
		{model.Application, "oidcConfig.grant_types", true},
		{model.Application, "mfa.disabledFactors", true},
		{model.Application, "oidcConfig", false},
		{model.Application, "oidcConfig.jwks.keys", false},
		{model.Connection, "fields.tokens", true},
		{model.Connection, "fields.scopes", true},
		{model.Connection, "fields.proxy.scopes", false},
		{model.Connection, "fields.pin", false},
		{model.Connection, "scopes", false},
		{model.IdentityProvider, "redirectUris", false},
	} {
		if got := c.Set(test.kind, "acme", strings.Split(test.path, ".")); got != test.set {
			t.Errorf("%s %s: set %v", test.kind, test.path, got)
		}
	}
}

// TestDefault compares with the defaults of contract 5.1.
func TestDefault(t *testing.T) {
	for path, want := range map[string]any{
		"appType":                                 "web",
		"samlProviderEnabled":                     false,
		"oidcConfig.grant_types":                  []any{"authorization_code", "password", "refresh_token"},
		"oidcConfig.id_token_expire":              "1209600",
		"oidcConfig.jwks_uri":                     nil,
		"samlConfig.lifetimeInSeconds":            "3600",
		"loginConfig.enabledBasicLoginMethods":    []any{"EMAIL_CODE", "EMAIL_PASSWORD"},
		"brandingConfig.guardVersion":             "Advanced",
		"brandingConfig.showForgetPasswordButton": true,
	} {
		got, ok := schema.Bundled().Default(model.Application, strings.Split(path, "."))
		if n, isNumber := got.(interface{ Float64() (float64, error) }); isNumber {
			if _, err := n.Float64(); err != nil {
				t.Error(err)
			}
			got = reflect.ValueOf(got).String()
		}
		if !ok || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, %v", path, got, ok)
		}
	}
	for _, path := range []string{"", "ssoEnabled", "oidcConfig", "oidcConfig.nothing", "oidcConfig.grant_types.x", "nothing.at.all"} {
		if got, ok := schema.Bundled().Default(model.Application, strings.Split(path, ".")); ok {
			t.Errorf("%q has the default %v", path, got)
		}
	}
}
