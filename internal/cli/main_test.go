package cli_test

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/idpsync/idpsync/internal/cli"
)

// project writes a project folder and returns it.
func project(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const projectFile = `apiVersion: idpsync/v1
kind: Project
defaultTarget: local
targets:
  local: {sandbox: {}}
  prod:
    host: HOST
    userPoolId: 62eaa95fe0a1b29a5295bf7c
    credentials: {accessKeyId: {env: PROD_AK}, accessKeySecret: {env: PROD_SK}}
`

const corpFile = `apiVersion: idpsync/v1
kind: IdentityProvider
metadata: {name: corp}
spec: {name: Corp SSO, type: oidc}
---
apiVersion: idpsync/v1
kind: Connection
metadata: {name: corp-oidc}
spec:
  provider: corp
  type: oidc
  displayName: Corp login
  fields:
    issuerUrl: https://idp.example.com
    clientID: portal
    clientSecret: {secretFrom: {env: CORP_SECRET}}
---
apiVersion: idpsync/v1
kind: Application
metadata: {name: portal}
spec:
  appName: Portal
  redirectUris: [https://portal.example.com/callback]
  connections: [corp-oidc]
`

const canary = "canary-51f0"

// files is a good project whose target prod is at host.
func files(host string) map[string]string {
	return map[string]string{"idpsync.yaml": strings.ReplaceAll(projectFile, "HOST", host), "corp.yaml": corpFile}
}

// call is one run of the program.
type call struct {
	dir      string
	env      map[string]string
	stdin    string
	in       io.Reader // instead of stdin
	terminal bool

	interrupt <-chan os.Signal
	said      func(stderr string) // hears each piece of stderr
	at        time.Time
}

type ran struct {
	code           int
	stdout, stderr string
}

func (c call) run(t *testing.T, args ...string) ran {
	t.Helper()
	env := map[string]string{"CORP_SECRET": canary}
	for k, v := range c.env {
		env[k] = v
	}
	var stdout bytes.Buffer
	stderr := &heard{said: c.said}
	if c.in == nil {
		c.in = strings.NewReader(c.stdin)
	}
	code := cli.Main(t.Context(), cli.Env{
		LookupEnv: func(name string) (string, bool) { v, ok := env[name]; return v, ok },
		Environ: func() (list []string) {
			for k, v := range env {
				list = append(list, k+"="+v)
			}
			return list
		},
		Dir: c.dir, Interrupt: c.interrupt,
		Terminal: func(any) bool { return c.terminal },
		Now: func() time.Time {
			if c.at.IsZero() {
				return time.Now()
			}
			return c.at
		},
	}, c.in, &stdout, stderr, args)
	r := ran{code, stdout.String(), stderr.String()}
	if strings.Contains(r.stdout+r.stderr, canary) {
		t.Errorf("%v: a secret is in the output", args)
	}
	return r
}

// heard keeps what is written and passes it on.
type heard struct {
	bytes.Buffer
	said func(string)
}

func (h *heard) Write(p []byte) (int, error) {
	if h.said != nil {
		h.said(string(p))
	}
	return h.Buffer.Write(p)
}

// want checks the exit code and that each stream holds its parts.
func (r ran) want(t *testing.T, code cli.Exit, stdout, stderr []string) {
	t.Helper()
	if r.code != int(code) {
		t.Errorf("exit %d, want %d", r.code, code)
	}
	for _, part := range stdout {
		if !strings.Contains(r.stdout, part) {
			t.Errorf("stdout does not hold %q", part)
		}
	}
	for _, part := range stderr {
		if !strings.Contains(r.stderr, part) {
			t.Errorf("stderr does not hold %q", part)
		}
	}
	if t.Failed() {
		t.Logf("stdout:\n%s\nstderr:\n%s", r.stdout, r.stderr)
	}
}

// document decodes stdout, which must be one JSON value of the kind.
func (r ran) document(t *testing.T, kind string) map[string]any {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal([]byte(r.stdout), &doc); err != nil {
		t.Fatalf("stdout is no JSON: %v\n%s\n%s", err, r.stdout, r.stderr)
	}
	if doc["kind"] != "idpsync."+kind || doc["formatVersion"] != "1.0" {
		t.Fatalf("want kind idpsync.%s, got %v %v", kind, doc["kind"], doc["formatVersion"])
	}
	return doc
}

func TestAMistakeOfOursIsToldWithoutItsValue(t *testing.T) {
	var stdout, stderr bytes.Buffer
	env := cli.Env{LookupEnv: func(string) (string, bool) { panic("value " + canary) }, Environ: func() []string { return nil }, Dir: t.TempDir()}
	r := ran{cli.Main(t.Context(), env, strings.NewReader(""), &stdout, &stderr, []string{"version"}), stdout.String(), stderr.String()}
	r.want(t, cli.Failure, nil, []string{"idpsync made a mistake", "please report"})
	if strings.Contains(r.stderr, canary) || strings.Contains(r.stderr, "goroutine") || strings.Count(r.stderr, "\n") != 2 {
		t.Errorf("stderr: %q", r.stderr)
	}
}
