package conformance

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// poolFiles is a project of three providers, six connections and six
// applications with two buttons each: 27 steps to make it.
func poolFiles() string {
	var b strings.Builder
	for p := range 3 {
		fmt.Fprintf(&b, "---\napiVersion: idpsync/v1\nkind: IdentityProvider\nmetadata: {name: p%d}\nspec: {type: oidc}\n", p)
	}
	for c := range 6 {
		fmt.Fprintf(&b, "---\napiVersion: idpsync/v1\nkind: Connection\nmetadata: {name: c%d}\n"+
			"spec: {provider: p%d, type: oidc, displayName: C, fields: {issuerUrl: \"https://i%d.example.com\", clientID: x, clientSecret: {secretFrom: {env: CONFORMANCE_SECRET}}}}\n", c, c/2, c)
	}
	for a := range 6 {
		fmt.Fprintf(&b, "---\napiVersion: idpsync/v1\nkind: Application\nmetadata: {name: a%d}\n"+
			"spec: {appName: A%d, permissionStrategy: DENY_ALL, connections: [c%d, c%d]}\n", a, a, a, (a+1)%6)
	}
	return b.String()
}

// poolKeys lists the keys of what a pool holds, sorted. What is there twice is
// in the list twice.
func (s sandbox) poolKeys(t *testing.T) []string {
	t.Helper()
	var state struct {
		IdentityProviders []struct {
			Name        string
			Connections []struct{ Identifier string }
		}
		Applications []struct {
			AppIdentifier string
			LoginConfig   struct {
				EnabledExtIdpConns []struct{ ExtIdpConnIdentifier string }
			}
		}
	}
	s.control(t, "state", &state)
	var keys []string
	for _, p := range state.IdentityProviders {
		keys = append(keys, "identityprovider/"+p.Name)
		for _, c := range p.Connections {
			keys = append(keys, "connection/"+c.Identifier)
		}
	}
	for _, a := range state.Applications {
		keys = append(keys, "application/"+a.AppIdentifier)
		for _, c := range a.LoginConfig.EnabledExtIdpConns {
			keys = append(keys, "enablement/"+a.AppIdentifier+"/"+c.ExtIdpConnIdentifier)
		}
	}
	slices.Sort(keys)
	return keys
}
