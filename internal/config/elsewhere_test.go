package config_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idpsync/idpsync/internal/config"
	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/model"
)

const onOtherTargets = `apiVersion: idpsync/v1
kind: IdentityProvider
metadata: {name: corp, targets: [prod]}
spec: {name: "Corp ${var.domain}", type: oidc}
---
apiVersion: idpsync/v1
kind: Connection
metadata: {name: corp-oidc, targets: [prod], protect: true}
spec: {provider: corp, identifier: "id-${var.only-prod}", type: oidc, fields: {issuerUrl: "https://${var.only-prod}", clientID: x}}
---
apiVersion: idpsync/v1
kind: Application
metadata: {name: portal, targets: [prod], renamedFrom: web}
spec: {appName: Portal, connections: [corp-oidc], oidcConfig: {client_secret: {secretFrom: {env: X}}}}
---
apiVersion: idpsync/v1
kind: Application
metadata: {name: portal, targets: [local]}
spec: {appName: Portal here, appIdentifier: "portal-${var.count}"}
---
apiVersion: idpsync/v1
kind: IdentityProvider
metadata: {name: gone, targets: [prod], state: absent}
spec: {type: "${var.kind}"}
---
apiVersion: idpsync/v1
kind: Application
metadata: {name: both}
spec: {appName: Both}
---
apiVersion: idpsync/v1
kind: Patch
metadata: {name: only-prod}
spec: {target: prod, match: application/portal, merge: {appIdentifier: patched}}
`

const withOnlyProd = `apiVersion: idpsync/v1
kind: Project
targets:
  local: {sandbox: {}, vars: {domain: example.test, count: 3}}
  prod: {sandbox: {}, vars: {domain: example.com, count: 5, only-prod: x, kind: oidc}}
`

func TestElsewhere(t *testing.T) {
	dir := project(t, config.ProjectFile, withOnlyProd, "a.yaml", onOtherTargets)
	want := map[string][]*model.Resource{
		"local": {
			{Key: key(t, "identityprovider/corp"), Attributes: map[string]any{"name": "Corp example.test", "type": "oidc"}, Lifecycle: model.Present, Source: at(1)},
			{Key: key(t, "connection/corp-oidc"), Attributes: map[string]any{"identifier": "corp-oidc", "type": "oidc"}, Lifecycle: model.Present, Source: at(6)},
			{Key: key(t, "application/portal"), Attributes: map[string]any{"appIdentifier": "portal"}, Lifecycle: model.Present, RenamedFrom: "web", Source: at(11)},
			{Key: key(t, "identityprovider/gone"), Attributes: map[string]any{"name": "gone"}, Lifecycle: model.Absent, Source: at(21)},
		},
		"prod": {
			{Key: key(t, "application/portal"), Attributes: map[string]any{"appIdentifier": "portal-5"}, Lifecycle: model.Present, Source: at(16)},
		},
	}
	for target, resources := range want {
		if diff := cmp.Diff(resources, desiredAt(t, dir, target).Elsewhere); diff != "" {
			t.Errorf("%s: %s", target, diff)
		}
	}
}

func at(line int) model.Source { return model.Source{File: "a.yaml", Line: line} }

// What is wrong on other targets only is said there, and hides no identity here.
func TestElsewhereIsSilent(t *testing.T) {
	dir := project(t, "a.yaml", `apiVersion: idpsync/v1
kind: Application
metadata: {name: a, targets: [prod]}
spec: {appName: "${var.nothing}", appIdentifier: {secretFrom: {env: X}}, nonsense: 1}
---
apiVersion: idpsync/v1
kind: Application
metadata: {name: b, targets: [prod]}
`)
	p, found, err := config.Load(dir, config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	d, more := p.Desired("local")
	if found = append(found, more...); len(found) > 0 {
		t.Errorf("not silent:\n%s", render(found, diagnostic.English))
	}
	if len(d.Elsewhere) != 2 || d.Elsewhere[0].Text("appIdentifier") != "a" || d.Elsewhere[1].Text("appIdentifier") != "b" {
		t.Errorf("%+v", d.Elsewhere)
	}
}
