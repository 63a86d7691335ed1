package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/idpsync/idpsync/internal/sandbox"
)

// pools are user pools behind one address, each below a path of its own.
type pools struct {
	server  *http.Server
	address string
	list    []*sandbox.Server
}

func openPools(n int) (*pools, error) {
	p := &pools{}
	mux := http.NewServeMux()
	for i := range n {
		s, err := sandbox.New(sandbox.Options{})
		if err != nil {
			return nil, err
		}
		path := "/" + poolName(i)
		mux.Handle(path+"/", http.StripPrefix(path, s))
		p.list = append(p.list, s)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p.address = "http://" + l.Addr().String()
	p.server = &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	go func() { _ = p.server.Serve(l) }()
	return p, nil
}

func (p *pools) close() { _ = p.server.Close() }

func poolName(i int) string { return fmt.Sprintf("customer-%02d", i) }

// title is what every application is called in the files.
const title = "Welcome"

// files writes the project and the fleet file, and gives the variables that hold
// the access keys.
func (p *pools) files(dir string) (env []string, err error) {
	var project strings.Builder
	project.WriteString("apiVersion: idpsync/v1\nkind: Project\ntargets:\n")
	for i, s := range p.list {
		name, keys := poolName(i), s.Credentials()
		variable := strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
		fmt.Fprintf(&project, "  %s: {host: %q, userPoolId: %q, settle: 0s, credentials: {accessKeyId: {env: %s_ID}, accessKeySecret: {env: %[4]s_SECRET}}}\n",
			name, p.address+"/"+name, keys.UserPoolID, variable)
		env = append(env, variable+"_ID="+keys.AccessKeyID, variable+"_SECRET="+keys.AccessKeySecret)
	}
	for name, text := range map[string]string{
		"project/idpsync.yaml": project.String(),
		"project/portal.yaml": `apiVersion: idpsync/v1
kind: IdentityProvider
metadata: {name: corp}
spec: {name: Corporate directory, type: oidc}
---
apiVersion: idpsync/v1
kind: Connection
metadata: {name: corp-oidc}
spec:
  provider: corp
  type: oidc
  displayName: Staff login
  fields: {issuerUrl: "https://id.example.com", clientID: portal, clientSecret: {secretFrom: {env: CORP_OIDC_SECRET}}}
---
apiVersion: idpsync/v1
kind: Application
metadata: {name: portal}
spec: {appName: ` + title + `, redirectUris: ["https://portal.example.com/cb"], connections: [corp-oidc]}
`,
		"fleet.yaml": `apiVersion: idpsync/v1
kind: Fleet
sources:
  - {name: logins, dir: project}
targets:
  - {source: logins, match: "customer-*", interval: 10s, mode: apply}
`,
	} {
		name = filepath.Join(dir, name)
		err = errors.Join(err, os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte(text), 0o644))
	}
	return append(env, "CORP_OIDC_SECRET=a-secret-of-the-demo"), err
}

// application is the one of a pool, as its server has it.
type application struct{ AppID, AppName string }

func applicationOf(s *sandbox.Server) (application, bool) {
	var state struct{ Applications []application }
	if exchange(s, "GET", "/_sandbox/state", "", nil, &state) != nil || len(state.Applications) != 1 {
		return application{}, false
	}
	return state.Applications[0], true
}

// wrong counts the pools whose application is not called as the files say.
func (p *pools) wrong() (n int) {
	for _, s := range p.list {
		if a, there := applicationOf(s); !there || a.AppName != title {
			n++
		}
	}
	return n
}

// edit renames the application of a pool, as somebody at the console would.
func edit(s *sandbox.Server) error {
	keys := s.Credentials()
	var login struct {
		Data struct {
			AccessToken string `json:"access_token"`
		}
	}
	err := exchange(s, "POST", "/api/v3/get-management-token", "", map[string]string{"accessKeyId": keys.AccessKeyID, "accessKeySecret": keys.AccessKeySecret}, &login)
	if err != nil {
		return err
	}
	a, there := applicationOf(s)
	if !there {
		return errors.New("the pool has no application")
	}
	var answer struct {
		StatusCode int
		Message    string
	}
	err = exchange(s, "POST", "/api/v3/update-application", login.Data.AccessToken, map[string]string{"appId": a.AppID, "appName": "Click here!!"}, &answer)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = errors.New(answer.Message)
	}
	return err
}

// exchange asks a pool without the way over the network.
func exchange(s *sandbox.Server, method, path, token string, body, into any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	if body == nil {
		text = nil
	}
	r := httptest.NewRequest(method, "http://127.0.0.1"+path, bytes.NewReader(text))
	r.RemoteAddr = "127.0.0.1:1"
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
	answer := httptest.NewRecorder()
	s.ServeHTTP(answer, r)
	return json.Unmarshal(answer.Body.Bytes(), into)
}
