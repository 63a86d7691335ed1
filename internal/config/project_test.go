package config_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/idpsync/idpsync/internal/config"
	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/model"
)

// everything is an idpsync.yaml that says all there is to say.
const everything = `apiVersion: idpsync/v1
kind: Project
defaultTarget: prod
include: [config/**]
exclude: ["**/draft.yaml"]
allowExec: true
targets:
  prod:
    host: https://api.example.com/base/
    userPoolId: 62eaa95fe0a1b29a5295bf7c
    api: v3
    credentials: {accessKeyId: {env: PROD_AK}, accessKeySecret: {env: PROD_SK}, userPoolSecret: {env: PROD_PS}}
    vars: {domain: example.com, n: 3, yes: true}
    pin: {identityprovider/corp: 60b49eb83fd80adb96f26e68}
    caFile: ca.pem
    allowHTTP: a lab
    settle: 1m30s
    maxRPS: 2.5
    policy: {prune: owned, maxDeletes: 0, protect: [connection/*]}
    ignore: [{match: [connection/a, connection/b], path: logo, until: 2027-01-01}]
    ledger: postgres://db/x
    traits: {fields-update: merge}
  local: {sandbox: {dialect: {conn-list: off, stale-reads: 200ms}}}
  plain: {host: http://127.0.0.1:4010, coreHost: http://127.0.0.1:4011/, userPoolId: x, credentials: {accessKeyId: AKID}}
policy: {maxDeletePercent: 7.5, protect: [application/portal], uncomparedSecrets: push}
lint: {IDP0604: off, IDP0102: warn}
ignore: [{match: application/*, path: brandingConfig.customCSS, reason: edited by designers}]
ledger: file:.idpsync/ledger
`

// mentioned declares what everything speaks of.
const mentioned = `apiVersion: idpsync/v1
kind: IdentityProvider
metadata: {name: corp}
spec: {type: oidc}
---
apiVersion: idpsync/v1
kind: Connection
metadata: {name: a, state: external}
---
apiVersion: idpsync/v1
kind: Connection
metadata: {name: b, targets: [plain], state: external}
---
apiVersion: idpsync/v1
kind: Application
metadata: {name: retired, state: absent}
`

func TestProject(t *testing.T) {
	dir := project(t, config.ProjectFile, everything, "config/mentioned.yaml", mentioned)
	p, found, err := config.Load(dir, config.Options{})
	if err != nil || len(found) > 0 {
		t.Fatalf("%v\n%s", err, render(found, diagnostic.English))
	}
	ignored := config.IgnoreRule{Match: []string{"application/*"}, Path: []string{"brandingConfig.customCSS"}, Reason: "edited by designers"}
	base := config.Policy{Prune: "off", MaxDeletes: 5, MaxDeletePercent: 7.5, Protect: []string{"application/portal"}, UncomparedSecrets: "push"}
	prodPolicy := base
	prodPolicy.Prune, prodPolicy.MaxDeletes, prodPolicy.Protect = "owned", 0, []string{"application/portal", "connection/*"}
	rps := 2.5
	want := &config.Project{
		Dir: dir, DefaultTarget: "prod", Policy: base, AllowExec: true, Ledger: "file:.idpsync/ledger",
		Lint:    map[string]string{"IDP0604": "off", "IDP0102": "warn"},
		Ignore:  []config.IgnoreRule{ignored},
		Include: []string{"config/**"}, Exclude: []string{"**/draft.yaml"},
		Targets: map[string]*config.Target{
			"prod": {
				Name: "prod", Host: "https://api.example.com/base", CoreHost: "https://core.example.com/base", API: "v3",
				UserPoolID: "62eaa95fe0a1b29a5295bf7c", AccessKeyID: config.EnvRef{Name: "PROD_AK"},
				AccessKeySecret: config.EnvRef{Name: "PROD_SK"}, UserPoolSecret: config.EnvRef{Name: "PROD_PS"},
				Vars:   map[string]any{"domain": "example.com", "n": json.Number("3"), "yes": true},
				Pin:    map[model.Key]string{{Kind: model.IdentityProvider, Name: "corp"}: "60b49eb83fd80adb96f26e68"},
				CAFile: "ca.pem", AllowHTTP: "a lab", Settle: 90 * time.Second, MaxRPS: &rps, Policy: prodPolicy,
				Ignore: []config.IgnoreRule{ignored, {
					Match: []string{"connection/a", "connection/b"}, Path: []string{"logo"},
					Until: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC),
				}},
				Ledger: "postgres://db/x", Traits: map[string]string{"fields-update": "merge"},
			},
			"local": {
				Name: "local", API: "auto", Policy: base, Ledger: "file:.idpsync/ledger", Settle: 10 * time.Second,
				Sandbox:     &config.SandboxTarget{Dialect: map[string]string{"conn-list": "off", "stale-reads": "200ms"}},
				AccessKeyID: config.EnvRef{Name: config.DefaultAccessKeyID}, AccessKeySecret: config.EnvRef{Name: config.DefaultAccessKeySecret},
				Ignore: []config.IgnoreRule{ignored},
			},
			"plain": {
				Name: "plain", API: "auto", Policy: base, Ledger: "file:.idpsync/ledger", Settle: 10 * time.Second,
				Host: "http://127.0.0.1:4010", CoreHost: "http://127.0.0.1:4011", UserPoolID: "x",
				AccessKeyID: config.EnvRef{Value: "AKID"}, AccessKeySecret: config.EnvRef{Name: config.DefaultAccessKeySecret},
				Ignore: []config.IgnoreRule{ignored},
			},
		},
	}
	if diff := cmp.Diff(want, p, cmpopts.IgnoreUnexported(config.Project{})); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"prod", "local", "plain"}, p.TargetNames()); diff != "" {
		t.Error(diff)
	}
}

// TestTargetNames: what cannot be printed or stored names no target, and the
// others stay.
func TestTargetNames(t *testing.T) {
	dir := project(t, config.ProjectFile, "apiVersion: idpsync/v1\nkind: Project\ntargets:\n"+
		"  \"a\\0b\": {sandbox: {}}\n  \"a\\u202eb\": {sandbox: {}}\n  \"\": {sandbox: {}}\n  "+strings.Repeat("x", 201)+": {sandbox: {}}\n  客户 一/二: {sandbox: {}}\n")
	p, found, err := config.Load(dir, config.Options{})
	if err != nil || len(found) != 4 || !slices.Equal(p.TargetNames(), []string{"客户 一/二"}) {
		t.Errorf("%v, %q\n%s", err, p.TargetNames(), render(found, diagnostic.English))
	}
	for _, d := range found {
		if d.Code != "IDP0104" {
			t.Errorf("%s: %s", d.Code, d.Message.In(diagnostic.English))
		}
	}
}

func TestSandboxDoesNotLag(t *testing.T) {
	p, _, err := config.Load(project(t), config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if p.Targets["local"].Settle != 0 || p.Targets["prod"].Settle != 10*time.Second {
		t.Errorf("%v %v", p.Targets["local"].Settle, p.Targets["prod"].Settle)
	}
}

func TestEnvNames(t *testing.T) {
	dir := project(t, config.ProjectFile, everything, "config/a.yaml", `apiVersion: idpsync/v1
kind: Application
metadata: {name: a}
spec:
  appName: A
  template: x
  templateData: {deep: [{secretFrom: {env: "${var.domain}_X"}}, {secretFrom: {env: LISTED}}], f: {secretFrom: {file: x}}}
---
apiVersion: idpsync/v1
kind: Patch
metadata: {name: p}
spec: {target: prod, match: application/a, merge: {oidcConfig: {client_secret: {secretFrom: {env: PATCHED}}}}}
`)
	p, _, err := config.Load(dir, config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		config.DefaultAccessKeyID, config.DefaultAccessKeySecret,
		"LISTED", "PATCHED", "PROD_AK", "PROD_PS", "PROD_SK", "example.com_X",
	}
	if diff := cmp.Diff(want, p.EnvNames()); diff != "" {
		t.Error(diff)
	}
}

func TestPolicyProtects(t *testing.T) {
	dir := project(t, config.ProjectFile, everything, "config/mentioned.yaml", mentioned, "config/a.yaml",
		"apiVersion: idpsync/v1\nkind: Application\nmetadata: {name: portal}\nspec: {appName: A}\n---\n"+
			"apiVersion: idpsync/v1\nkind: Application\nmetadata: {name: other}\nspec: {appName: A}\n")
	d := desiredAt(t, dir, "local")
	for name, want := range map[string]bool{"portal": true, "other": false} {
		if got := d.State.Get(key(t, "application/"+name)).Protect; got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
