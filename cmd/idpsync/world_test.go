package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// The commands that scripts have beside testscript's own. Each is small enough
// to be explained by its usage line.

type worldKey struct{}

// world is the sandbox of one script.
type world struct {
	url, id, secret, token string
	process                *os.Process
	mark                   int
}

func worldOf(ts *testscript.TestScript) *world { return ts.Value(worldKey{}).(*world) }

// cmdSandbox: sandbox [FLAG...]. Starts one as a process of its own and sets
// SANDBOX, POOL and the two credentials.
func cmdSandbox(ts *testscript.TestScript, neg bool, args []string) {
	w := worldOf(ts)
	cmd := exec.Command("idpsync", append([]string{"sandbox", "--listen", "127.0.0.1:0"}, args...)...)
	cmd.Path = filepath.Join(strings.Split(ts.Getenv("PATH"), string(os.PathListSeparator))[0], "idpsync")
	cmd.Dir, cmd.Env = ts.MkAbs("."), []string{"PATH=" + ts.Getenv("PATH"), "HOME=" + ts.Getenv("HOME")}
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	ts.Check(cmd.Start())
	ended := make(chan struct{})
	ts.Defer(func() { _ = cmd.Process.Kill(); <-ended })
	line, err := bufio.NewReader(out).ReadBytes('\n')
	go func() { _, _ = io.Copy(io.Discard, out); _ = cmd.Wait(); close(ended) }()
	if err != nil {
		<-ended
		ts.Fatalf("sandbox did not start: %s", stderr.String())
	}
	var hello struct{ Listening, AccessKeyID, AccessKeySecret, UserPoolID string }
	ts.Check(json.Unmarshal(line, &hello))
	*w = world{url: hello.Listening, id: hello.AccessKeyID, secret: hello.AccessKeySecret, process: cmd.Process}
	ts.Setenv("SANDBOX", hello.Listening)
	ts.Setenv("POOL", hello.UserPoolID)
	ts.Setenv("IDPSYNC_ACCESS_KEY_ID", hello.AccessKeyID)
	ts.Setenv("IDPSYNC_ACCESS_KEY_SECRET", hello.AccessKeySecret)
}

// cmdKill: kill9. Ends the sandbox without a chance to tidy up.
func cmdKill(ts *testscript.TestScript, neg bool, args []string) {
	ts.Check(worldOf(ts).process.Kill())
	_, _ = worldOf(ts).process.Wait()
}

// cmdAPI: api METHOD PATH [BODY]. A person at the console: calls the vendor's
// API and prints the data of the answer. ID in the body may be written as
// {provider:NAME}, {conn:IDENTIFIER} or {app:IDENTIFIER}.
func cmdAPI(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: api METHOD PATH [BODY]")
	}
	w := worldOf(ts)
	if w.token == "" {
		var t struct {
			AccessToken string `json:"access_token"`
		}
		w.call(ts, "POST", "/api/v3/get-management-token", fmt.Sprintf(`{"accessKeyId":%q,"accessKeySecret":%q}`, w.id, w.secret), &t)
		w.token = t.AccessToken
	}
	body := ""
	if len(args) > 2 {
		body = w.withIDs(ts, args[2])
	}
	var data json.RawMessage
	w.call(ts, args[0], w.withIDs(ts, args[1]), body, &data)
	_, _ = ts.Stdout().Write(append(data, '\n'))
}

// call sends one request and decodes the data of a successful answer.
func (w *world) call(ts *testscript.TestScript, method, path, body string, data any) {
	req, err := http.NewRequest(method, w.url+path, strings.NewReader(body))
	ts.Check(err)
	req.Header.Set("Content-Type", "application/json")
	if w.token != "" {
		req.Header.Set("Authorization", "Bearer "+w.token)
	}
	resp, err := http.DefaultClient.Do(req)
	ts.Check(err)
	defer resp.Body.Close()
	var answer struct {
		StatusCode int
		Message    string
		Data       json.RawMessage
	}
	ts.Check(json.NewDecoder(resp.Body).Decode(&answer))
	if answer.StatusCode != http.StatusOK {
		ts.Fatalf("%s %s: %d %s", method, path, answer.StatusCode, answer.Message)
	}
	if data != nil && answer.Data != nil {
		ts.Check(json.Unmarshal(answer.Data, data))
	}
}

type poolState struct {
	IdentityProviders []struct {
		ID, Name    string
		Connections []struct{ ID, Identifier string }
	}
	Applications []struct{ AppID, AppIdentifier string }
}

func (w *world) withIDs(ts *testscript.TestScript, text string) string {
	if !strings.Contains(text, "{provider:") && !strings.Contains(text, "{conn:") && !strings.Contains(text, "{app:") {
		return text
	}
	var s poolState
	ts.Check(json.Unmarshal(w.control(ts, "GET", "state", ""), &s))
	var pairs []string
	for _, p := range s.IdentityProviders {
		pairs = append(pairs, "{provider:"+p.Name+"}", p.ID)
		for _, c := range p.Connections {
			pairs = append(pairs, "{conn:"+c.Identifier+"}", c.ID)
		}
	}
	for _, a := range s.Applications {
		pairs = append(pairs, "{app:"+a.AppIdentifier+"}", a.AppID)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

func (w *world) control(ts *testscript.TestScript, method, what, body string) []byte {
	req, err := http.NewRequest(method, w.url+"/_sandbox/"+what, strings.NewReader(body))
	ts.Check(err)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	ts.Check(err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	ts.Check(err)
	if resp.StatusCode != http.StatusOK {
		ts.Fatalf("/_sandbox/%s: %s %s", what, resp.Status, text)
	}
	return text
}

// cmdMany: many N. Creates N applications at the console.
func cmdMany(ts *testscript.TestScript, neg bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	for i := range n {
		cmdAPI(ts, neg, []string{"POST", "/api/v3/create-application", fmt.Sprintf(`{"appName":"App %d","appIdentifier":"app-%d"}`, i, i)})
	}
}

// cmdProviders: providers N. Creates N providers at the console.
func cmdProviders(ts *testscript.TestScript, neg bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	for i := range n {
		cmdAPI(ts, neg, []string{"POST", "/api/v3/create-ext-idp", fmt.Sprintf(`{"name":"By hand %d","type":"saml"}`, i)})
	}
}

// cmdControl: control METHOD WHAT [BODY]. Calls /_sandbox/WHAT and prints the answer.
func cmdControl(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: control METHOD WHAT [BODY]")
	}
	body := ""
	if len(args) > 2 {
		body = args[2]
	}
	_, _ = ts.Stdout().Write(worldOf(ts).control(ts, args[0], args[1], body))
}

type record struct {
	N            int
	Method, Path string
	Status       int
}

// cmdRequests: requests mark | requests N | requests writes N. Counts what the
// sandbox was asked since the mark.
func cmdRequests(ts *testscript.TestScript, neg bool, args []string) {
	w := worldOf(ts)
	var log struct{ Requests []record }
	ts.Check(json.Unmarshal(w.control(ts, "GET", "requests", ""), &log))
	if len(args) == 1 && args[0] == "mark" {
		w.mark = len(log.Requests)
		return
	}
	since := log.Requests[w.mark:]
	if len(args) == 2 && args[0] == "writes" {
		since = writes(since)
		args = args[1:]
	}
	if len(args) != 1 {
		ts.Fatalf("usage: requests mark | requests N | requests writes N")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	if len(since) != want {
		for _, r := range since {
			ts.Logf("%d %s %s", r.N, r.Method, r.Path)
		}
		ts.Fatalf("%d requests, want %d", len(since), want)
	}
}

func writes(rs []record) []record {
	var ws []record
	for _, r := range rs {
		if r.Method != http.MethodGet && !strings.HasSuffix(r.Path, "/get-management-token") {
			ws = append(ws, r)
		}
	}
	return ws
}

// cmdJSON: json FILE PATH [WANT]. Reads a value by a dotted path ("steps.0.key",
// "changes.count" for a length) and compares it, written as JSON unless a string.
func cmdJSON(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: json FILE PATH [WANT]")
	}
	var v any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &v))
	got, err := pick(v, strings.Split(args[1], "."))
	if len(args) == 2 {
		if (err != nil) != neg {
			ts.Fatalf("%s: %v (%v)", args[1], got, err)
		}
		return
	}
	ts.Check(err)
	if (text(got) != args[2]) != neg {
		ts.Fatalf("%s is %s, want %s", args[1], text(got), args[2])
	}
}

func pick(v any, path []string) (any, error) {
	for i, e := range path {
		switch x := v.(type) {
		case map[string]any:
			var ok bool
			if v, ok = x[e]; !ok {
				return nil, fmt.Errorf("no %s", strings.Join(path[:i+1], "."))
			}
		case []any:
			if e == "count" {
				v = float64(len(x))
				continue
			}
			n, err := strconv.Atoi(e)
			if err != nil || n < 0 || n >= len(x) {
				return nil, fmt.Errorf("no element %s", strings.Join(path[:i+1], "."))
			}
			v = x[n]
		default:
			return nil, fmt.Errorf("%s leads nowhere", strings.Join(path[:i+1], "."))
		}
	}
	return v, nil
}

func text(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	b, _ := json.Marshal(v)
	return string(b)
}

// cmdPoints: points FILE. Every application of the state must show exactly one
// button, and its default login method must be that button's connection.
func cmdPoints(ts *testscript.TestScript, neg bool, args []string) {
	var s struct {
		Applications []struct {
			AppIdentifier string
			LoginConfig   struct {
				DefaultLoginMethod struct{ QrcodeExtIdpConnID string }
				EnabledExtIdpConns []struct{ ExtIdpConnID string }
			}
		}
	}
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &s))
	for _, a := range s.Applications {
		if on := a.LoginConfig.EnabledExtIdpConns; len(on) != 1 || on[0].ExtIdpConnID != a.LoginConfig.DefaultLoginMethod.QrcodeExtIdpConnID {
			ts.Fatalf("%s points to %s, and shows %v", a.AppIdentifier, a.LoginConfig.DefaultLoginMethod.QrcodeExtIdpConnID, on)
		}
	}
}

// cmdExpand: expand FILE... Writes the script's environment into $NAME@ marks.
func cmdExpand(ts *testscript.TestScript, neg bool, args []string) {
	for _, f := range args {
		out := ts.ReadFile(f)
		for _, name := range []string{"SANDBOX", "POOL", "STRANGE", "DATABASE", "DEAD"} {
			out = strings.ReplaceAll(out, "@"+name+"@", ts.Getenv(name))
		}
		ts.Check(os.WriteFile(ts.MkAbs(f), []byte(out), 0o644))
	}
}

// cmdCopyDir: copydir FROM TO.
func cmdCopyDir(ts *testscript.TestScript, neg bool, args []string) {
	ts.Check(os.CopyFS(ts.MkAbs(args[1]), os.DirFS(ts.MkAbs(args[0]))))
	_ = os.RemoveAll(filepath.Join(ts.MkAbs(args[1]), ".idpsync"))
}

// cmdExits: exits CODE PROGRAM ARG... Runs it and wants exactly this exit code.
// The output can be looked at with stdout and stderr.
func cmdExits(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	code := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if code != want {
		ts.Fatalf("exit code %d, want %d", code, want)
	}
}

// cmdStrange: strange html|half|redirect|empty|tls. Sets STRANGE to a server
// that answers, but not as an API does.
func cmdStrange(ts *testscript.TestScript, neg bool, args []string) {
	h := func(w http.ResponseWriter, r *http.Request) {
		switch args[0] {
		case "html":
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<html><body>Welcome, secret-canary</body></html>")
		case "half":
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, `{"statusCode":200,"data":{"access_tok`)
		case "redirect":
			http.Redirect(w, r, "https://elsewhere.example/login", http.StatusFound)
		case "empty":
			w.WriteHeader(http.StatusOK)
		}
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(h))
	if args[0] == "tls" {
		s.Config.ErrorLog = nil
		s.StartTLS()
	} else {
		s.Start()
	}
	ts.Defer(s.Close)
	ts.Setenv("STRANGE", s.URL)
}

// cmdMake: make big FILE BYTES KEY | make bomb FILE. Files too large to keep.
func cmdMake(ts *testscript.TestScript, neg bool, args []string) {
	switch args[0] {
	case "big":
		n, err := strconv.Atoi(args[2])
		ts.Check(err)
		ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(ts.ReadFile(args[1])+"    "+strings.Repeat("a", n)+"\n"), 0o644))
	case "unreadable":
		ts.Check(os.Chmod(ts.MkAbs(args[1]), 0))
	default:
		ts.Fatalf("make: unknown %v", args)
	}
}
