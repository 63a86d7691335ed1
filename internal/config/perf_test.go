package config_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/idpsync/idpsync/internal/config"
)

// BenchmarkProject measures 10,000 objects in as many files, all of whose
// targets are made.
func BenchmarkProject(b *testing.B) {
	dir := b.TempDir()
	writeFile(b, filepath.Join(dir, config.ProjectFile), standardProject)
	for i := range 2000 {
		writeFile(b, filepath.Join(dir, fmt.Sprintf("p%d/idp.yaml", i)), fmt.Sprintf(`apiVersion: idpsync/v1
kind: IdentityProvider
metadata: {name: p%[1]d}
spec: {type: oidc}
`, i))
		for j := range 2 {
			writeFile(b, filepath.Join(dir, fmt.Sprintf("p%d/c%d.yaml", i, j)), fmt.Sprintf(`apiVersion: idpsync/v1
kind: Connection
metadata: {name: c%[1]d-%[2]d}
spec:
  provider: p%[1]d
  type: oidc
  displayName: Connection %[1]d
  fields:
    issuerUrl: https://idp%[1]d.${var.domain}
    clientID: portal
    clientSecret: {secretFrom: {env: S%[1]d}}
`, i, j))
			writeFile(b, filepath.Join(dir, fmt.Sprintf("p%d/a%d.yaml", i, j)), fmt.Sprintf(`apiVersion: idpsync/v1
kind: Application
metadata: {name: a%[1]d-%[2]d}
spec:
  appName: Application %[1]d
  redirectUris: [https://a%[1]d.example.com/callback]
  connections: [c%[1]d-0, c%[1]d-1]
  oidcConfig: {grant_types: [authorization_code, refresh_token], id_token_signed_response_alg: RS256}
`, i, j))
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		p, found, err := config.Load(dir, config.Options{})
		if err != nil || len(found) > 0 {
			b.Fatal(err, found)
		}
		for _, target := range p.TargetNames() {
			d, found := p.Desired(target)
			if len(found) > 0 || d.State.Len() != 18000 {
				b.Fatal(d.State.Len(), found[:min(3, len(found))])
			}
		}
	}
}
