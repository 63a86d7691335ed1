package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// perProvider is how many connections share an identity provider.
const perProvider = 10

const projectFile = `apiVersion: idpsync/v1
kind: Project
defaultTarget: local
targets:
  local: {sandbox: {}}
`

// scopes are what connections ask for; each takes three to seven.
var scopes = []string{"openid", "profile", "email", "phone", "address", "offline_access", "groups"}

// makeProject writes a project that every check is silent about. Of oidc a pool
// may hold any number of providers, as far as anybody knows.
func makeProject(n int, dir string) error {
	if err := os.MkdirAll(filepath.Join(dir, "connections"), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "idpsync.yaml"), []byte(projectFile), 0o644); err != nil {
		return err
	}
	var providers bytes.Buffer
	for i := range (n + perProvider - 1) / perProvider {
		fmt.Fprintf(&providers, "---\napiVersion: idpsync/v1\nkind: IdentityProvider\nmetadata: {name: p-%04d}\nspec: {type: oidc}\n", i)
	}
	if err := os.WriteFile(filepath.Join(dir, "providers.yaml"), providers.Bytes(), 0o644); err != nil {
		return err
	}
	for i := range n {
		name := filepath.Join(dir, "connections", fmt.Sprintf("%05d.yaml", i))
		if err := os.WriteFile(name, []byte(connection(i)), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func connection(i int) string {
	var list strings.Builder
	for _, s := range scopes[:3+i%5] {
		fmt.Fprintf(&list, "      - %s\n", s)
	}
	return fmt.Sprintf(`apiVersion: idpsync/v1
kind: Connection
metadata:
  name: corp-%05[1]d
spec:
  provider: p-%04[2]d
  type: oidc
  displayName: Log in with company %[1]d
  loginOnly: %[3]t
  logo: https://files.example.com/social-connections/icon_oidc.png
  fields:
    mode: BACK_CHANNEL
    issuerUrl: https://idp-%05[1]d.example.com
    clientID: client-%016[1]x
    clientSecret: {secretFrom: {env: OIDC_%[1]d}}
    scopes:
%[4]s`, i, i/perProvider, i%2 == 0, list.String())
}
