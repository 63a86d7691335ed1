package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/idpsync/idpsync/internal/cli"
	"github.com/idpsync/idpsync/internal/sandbox"
)

// run is one command in this process: its exit code, stdout and stderr.
func run(t testing.TB, dir string, env map[string]string, args ...string) (code int, out, errs string) {
	t.Helper()
	return runAt(t, nil, dir, env, args...)
}

// runAt is a run by another clock.
func runAt(t testing.TB, now func() time.Time, dir string, env map[string]string, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	e := cli.Env{
		LookupEnv: func(name string) (string, bool) { v, ok := env[name]; return v, ok },
		Environ:   func() []string { return nil },
		Dir:       dir,
		Terminal:  func(any) bool { return false },
		Now:       now,
	}
	code = cli.Main(t.Context(), e, strings.NewReader(""), &stdout, &stderr, args)
	return code, stdout.String(), stderr.String()
}

// matrixPool is a sandbox with a project that means it.
type matrixPool struct {
	t       testing.TB
	url     string
	keys    sandbox.Credentials
	token   string
	dialect dialect
	seed    []byte
	dir     string // of the project
	data    string // of the sandbox
	env     map[string]string
	now     func() time.Time // nil: the real clock
	mark    int              // requests logged before the last command
}

type object = map[string]any

// newMatrixPool starts a sandbox with what somebody made by hand.
func newMatrixPool(t testing.TB, d dialect) *matrixPool {
	t.Helper()
	return startPool(t, d, []byte(byHandSeed), "")
}

// startPool starts a sandbox with a seed; nil is an empty pool. What it knows is
// kept in a folder, or with "" in memory alone.
func startPool(t testing.TB, d dialect, seed []byte, data string) *matrixPool {
	t.Helper()
	p := &matrixPool{t: t, dialect: d, seed: seed, dir: t.TempDir(), data: data, env: map[string]string{}}
	p.restart()
	return p
}

// restart serves the pool's folder, as after a kill.
func (p *matrixPool) restart() {
	p.t.Helper()
	s, err := sandbox.New(sandbox.Options{Dialect: p.dialect, Seed: p.seed, DataDir: p.data})
	if err != nil {
		p.t.Fatal(err)
	}
	server := httptest.NewServer(s)
	p.t.Cleanup(func() { server.Close(); _ = s.Close() })
	p.meet(server.URL, s.Credentials())
}

// meet makes the project mean the pool of that address.
func (p *matrixPool) meet(url string, keys sandbox.Credentials) {
	p.t.Helper()
	p.url, p.keys, p.mark, p.token = url, keys, 0, ""
	p.env["IDPSYNC_ACCESS_KEY_ID"], p.env["IDPSYNC_ACCESS_KEY_SECRET"] = p.keys.AccessKeyID, p.keys.AccessKeySecret
	p.env["POOL_SECRET"] = p.keys.AccessKeySecret
	p.write("idpsync.yaml", object{
		"apiVersion": "idpsync/v1", "kind": "Project", "targets": object{"pool": p.target()},
		"policy": object{"maxDeletes": 100, "maxDeletePercent": 100},
	})
}

func (p *matrixPool) target() object {
	return object{
		"host": p.url, "userPoolId": p.keys.UserPoolID, "settle": p.dialect.settle().String(), "maxRPS": 0,
		"credentials": object{"userPoolSecret": object{"env": "POOL_SECRET"}},
	}
}

// write writes documents as JSON, which is YAML.
func (p *matrixPool) write(name string, docs ...object) {
	p.t.Helper()
	var b bytes.Buffer
	for _, d := range docs {
		text, err := json.MarshalIndent(d, "", " ")
		if err != nil {
			p.t.Fatal(err)
		}
		fmt.Fprintf(&b, "---\n%s\n", text)
	}
	if err := os.WriteFile(filepath.Join(p.dir, name), b.Bytes(), 0o644); err != nil {
		p.t.Fatal(err)
	}
}

// command runs one and reads its document, if it wrote one.
func (p *matrixPool) command(doc any, args ...string) (code int, errs string) {
	p.t.Helper()
	p.mark = len(p.log())
	code, out, errs := runAt(p.t, p.now, p.dir, p.env, append(args, "-o", "json")...)
	if doc != nil && out != "" {
		if err := json.Unmarshal([]byte(out), doc); err != nil {
			p.t.Fatalf("%v: %v in %s", args, err, out)
		}
	}
	return code, errs
}

// request is one line of the sandbox's log.
type request struct {
	N            int
	Method, Path string
	Query        string
	Status       int
	StatusCode   int
	Body         json.RawMessage
}

func (r request) String() string {
	return fmt.Sprintf("#%d %s %s?%s %d/%d %s", r.N, r.Method, r.Path, r.Query, r.Status, r.StatusCode, r.Body)
}

func (r request) writes() bool {
	return r.Method != http.MethodGet && !strings.HasSuffix(r.Path, "token") && !strings.HasSuffix(r.Path, "graphql/v2")
}

func (p *matrixPool) log() []request {
	p.t.Helper()
	var l struct{ Requests []request }
	p.control("GET", "requests", nil, &l)
	return l.Requests
}

// writes are the writes of the last command.
func (p *matrixPool) writes() []request {
	var ws []request
	for _, r := range p.log()[p.mark:] {
		if r.writes() {
			ws = append(ws, r)
		}
	}
	return ws
}

// control calls /_sandbox.
func (p *matrixPool) control(method, what string, body, into any) {
	p.t.Helper()
	p.exchange(method, "/_sandbox/"+what, body, into)
}

// console calls the API as a person at the console does.
func (p *matrixPool) console(method, path string, body any) object {
	p.t.Helper()
	if p.token == "" {
		var t struct {
			Data struct {
				Token string `json:"access_token"`
			}
		}
		p.exchange("POST", "/api/v3/get-management-token", object{"accessKeyId": p.keys.AccessKeyID, "accessKeySecret": p.keys.AccessKeySecret}, &t)
		p.token = t.Data.Token
	}
	var answer struct {
		StatusCode int
		Data       object
	}
	p.exchange(method, "/api/v3/"+path, body, &answer)
	if answer.StatusCode != http.StatusOK {
		p.t.Fatalf("%s: %d", path, answer.StatusCode)
	}
	return answer.Data
}

func (p *matrixPool) exchange(method, path string, body, into any) {
	p.t.Helper()
	var sent io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			p.t.Fatal(err)
		}
		sent = bytes.NewReader(text)
	}
	req, err := http.NewRequest(method, p.url+path, sent)
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if p.token != "" {
		req.Header.Set("Authorization", "Bearer "+p.token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err == nil && into != nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		p.t.Fatalf("%s %s: %v in %.200s", method, path, err, text)
	}
}

// matrixState is what /_sandbox/state prints.
type matrixState struct {
	IdentityProviders []object
	Applications      []object
}

func (p *matrixPool) state() matrixState {
	p.t.Helper()
	var s matrixState
	p.control("GET", "state", nil, &s)
	return s
}

// rawState is the state as a seed.
func (p *matrixPool) rawState() []byte {
	p.t.Helper()
	var raw json.RawMessage
	p.control("GET", "state", nil, &raw)
	return raw
}
