package cli_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/idpsync/idpsync/internal/cli"
)

// served is a sandbox verb that runs beside the test.
type served struct {
	Listening, AccessKeyID, AccessKeySecret, UserPoolID string

	interrupt chan os.Signal
	code      chan int
	stderr    *strings.Builder
}

func serve(t *testing.T, dir string, args ...string) *served {
	t.Helper()
	s := &served{interrupt: make(chan os.Signal, 1), code: make(chan int, 1), stderr: &strings.Builder{}}
	out, in := io.Pipe()
	env := cli.Env{
		LookupEnv: func(string) (string, bool) { return "", false }, Environ: func() []string { return nil },
		Dir: dir, Interrupt: s.interrupt, Terminal: func(any) bool { return false },
	}
	go func() {
		s.code <- cli.Main(t.Context(), env, strings.NewReader(""), in, s.stderr, append([]string{"sandbox", "--listen", "127.0.0.1:0"}, args...))
		_ = in.Close()
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("no first line: exit %d, %s", <-s.code, s.stderr)
	}
	if err := json.Unmarshal([]byte(line), s); err != nil {
		t.Fatalf("the first line %q: %v", line, err)
	}
	return s
}

func (s *served) end(t *testing.T, want cli.Exit) {
	t.Helper()
	s.interrupt <- syscall.SIGTERM
	if code := <-s.code; code != int(want) {
		t.Errorf("exit %d, want %d: %s", code, want, s.stderr)
	}
}

// config is a project whose only target is the served sandbox.
func (s *served) config(t *testing.T) call {
	f := files(s.Listening)
	f["idpsync.yaml"] = strings.ReplaceAll(f["idpsync.yaml"], "62eaa95fe0a1b29a5295bf7c", s.UserPoolID)
	f["idpsync.yaml"] = strings.ReplaceAll(f["idpsync.yaml"], "defaultTarget: local", "defaultTarget: prod")
	return call{dir: project(t, f), env: map[string]string{"PROD_AK": s.AccessKeyID, "PROD_SK": s.AccessKeySecret}}
}

func (s *served) post(t *testing.T, path, body string) {
	t.Helper()
	res, err := http.Post(s.Listening+path, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", path, res.Status)
	}
}

func TestTheSandboxServesUntilItIsInterrupted(t *testing.T) {
	s := serve(t, t.TempDir())
	c := s.config(t)
	c.run(t, "apply", "-y").want(t, cli.OK, []string{"Pool " + s.UserPoolID + " at " + s.Listening + " (target prod)", "Result: 4 done"}, nil)
	c.run(t, "plan").want(t, cli.OK, []string{"No changes."}, nil)
	s.end(t, cli.OK)
}

func TestTheSandboxKeepsItsFolder(t *testing.T) {
	dir := t.TempDir()
	first := serve(t, dir, "--data", "kept", "--request-log", "requests.jsonl")
	c := first.config(t)
	c.run(t, "apply", "-y").want(t, cli.OK, nil, nil)
	call{dir: dir}.run(t, "sandbox", "--listen", "127.0.0.1:0", "--data", "kept").want(t, cli.Locked, nil, []string{"is held by process"})
	first.end(t, cli.OK)
	log, err := os.ReadFile(filepath.Join(dir, "requests.jsonl"))
	if err != nil || !strings.Contains(string(log), "create-application") || strings.Contains(string(log), canary) {
		t.Errorf("request log: %v, %d bytes, or a secret in it", err, len(log))
	}
	second := serve(t, dir, "--data", "kept")
	if second.AccessKeySecret != first.AccessKeySecret || second.UserPoolID != first.UserPoolID {
		t.Error("the credentials did not stay")
	}
	again := second.config(t)
	again.run(t, "plan").want(t, cli.OK, []string{"No changes."}, nil)
	second.end(t, cli.OK)
}

func TestTheKillFaultEndsTheSandbox(t *testing.T) {
	s := serve(t, t.TempDir(), "--fault", "GET /api/v3/list-ext-idp #1 kill")
	s.config(t).run(t, "plan").want(t, cli.Unavailable, nil, []string{"error: "})
	if code := <-s.code; code != int(cli.Failure) {
		t.Errorf("exit %d", code)
	}
}

func TestAFailedStepEndsWith5AndItsRequest(t *testing.T) {
	s := serve(t, t.TempDir(), "--fault", "POST /api/v3/create-application #1 status=403")
	r := s.config(t).run(t, "apply", "-y", "-o", "json")
	r.want(t, cli.Partial, nil, []string{"failed  create application/portal: ", "skipped create enablement/portal/corp-oidc"})
	doc := r.document(t, "result")
	for _, step := range doc["steps"].([]any) {
		st := step.(map[string]any)
		_, hasError := st["error"]
		if failed := st["status"] == "failed"; failed != hasError {
			t.Errorf("%v: status %v, error %v", st["key"], st["status"], st["error"])
		}
	}
	s.end(t, cli.OK)
}

func TestAFirstWriteThatFailsIsNoPartialApply(t *testing.T) {
	s := serve(t, t.TempDir(), "--fault", "POST /api/v3/create-ext-idp #* status=403", "--fault", "POST /api/v3/create-application #* status=403")
	s.config(t).run(t, "apply", "-y").want(t, cli.Failure, []string{"Result: 0 done, 2 failed, 2 skipped, 0 unknown."}, nil)
	s.end(t, cli.OK)
}

func TestAValueThatIsNotKeptEndsWith5(t *testing.T) {
	s := serve(t, t.TempDir())
	c := s.config(t)
	c.run(t, "apply", "-y").want(t, cli.OK, nil, nil)
	s.post(t, "/_sandbox/faults", `{"faults":["POST /api/v3/update-application #* accept-no-store"]}`)
	for name, text := range map[string]string{
		"corp.yaml":    strings.ReplaceAll(corpFile, "appName: Portal", "appName: Portal 2"),
		"idpsync.yaml": strings.ReplaceAll(readFile(t, c.dir, "idpsync.yaml"), "    credentials:", "    settle: 1ms\n    credentials:"),
	} {
		if err := os.WriteFile(filepath.Join(c.dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	c.run(t, "apply", "-y").want(t, cli.Partial, []string{"not kept application/portal appName", "IDP0503"}, nil)
	s.end(t, cli.OK)
}

func readFile(t *testing.T, dir, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// ended is an interrupt that is already there: a sandbox that starts against
// expectation ends at once, and the test does not hang.
func ended() <-chan os.Signal {
	c := make(chan os.Signal, 1)
	c <- syscall.SIGTERM
	return c
}

func TestWrongUsageOfTheSandbox(t *testing.T) {
	for _, row := range []struct{ args, says string }{
		{"--fault|POST /nope #1 kill", "the API has no path /nope"},
		{"--fault|POST /nope #1 kill", "paths are those of the API"},
		{"--fault|POST /api/v3/create-aplication #1 kill", "did you mean /api/v3/create-application?"},
		{"--fault|POST /create-ext-idp-con #1 kill", "did you mean /api/v3/create-ext-idp-conn?"},
		{"-t|local", "-t: "},
		{"-o|text", "-o "},
		{"-o|json", "-o "},
		{"--data|", "--data: want a value"},
		{"--seed|", "--seed: want a value"},
		{"--request-log|", "--request-log: want a value"},
		{"--listen|", "--listen: want a value"},
		{"--listen|:0", "hint: write 127.0.0.1:0"},
		{"--listen|4011", "hint: write 127.0.0.1:4011"},
		{"--listen|127.0.0.1", "HOST:PORT"},
		{"--listen|127.0.0.1:", "HOST:PORT"},
		{"--listen|127.0.0.1:65536", "0 to 65535"},
		{"--listen|127.0.0.1:-1", "0 to 65535"},
		{"--listen|127.0.0.1:http", "0 to 65535"},
		{"--listen|127.0.0.1:+1", "0 to 65535"},
		{"--listen|999.0.0.1:0", "HOST:PORT"},
		{"--listen|::1:0", "HOST:PORT"},
		{"--listen|a b:0", "HOST:PORT"},
		{"--listen|http://127.0.0.1:0", "HOST:PORT"},
	} {
		t.Run(row.args, func(t *testing.T) {
			r := call{dir: t.TempDir(), interrupt: ended()}.run(t, append([]string{"sandbox"}, strings.Split(row.args, "|")...)...)
			r.want(t, cli.Usage, nil, []string{"error: ", row.says})
			if r.stdout != "" {
				t.Errorf("stdout: %q", r.stdout)
			}
		})
	}
}

func TestTheSandboxTakesAFolderThatIsThere(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []string{"nowhere", "file"} {
		call{dir: dir, interrupt: ended()}.run(t, "sandbox", "--listen", "127.0.0.1:0", "-C", c).want(t, cli.Failure, nil, []string{"-C: no folder ", c})
	}
	serve(t, dir, "-C", ".").end(t, cli.OK)
}

func TestListenTakesEveryAddressAndName(t *testing.T) {
	for _, listen := range []string{"localhost:0", "[::1]:0", "127.0.0.2:0"} {
		s := serve(t, t.TempDir(), "--listen", listen)
		s.end(t, cli.OK)
	}
}

func TestASeedThatIsNoneIsNamed(t *testing.T) {
	dir := t.TempDir()
	kept := serve(t, dir, "--data", "kept")
	kept.end(t, cli.OK)
	for text, says := range map[string]string{"": "it is empty", "null": "neither", "{}": "neither", `{"applications":{}}`: "wrong type"} {
		if err := os.WriteFile(filepath.Join(dir, "seed.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, more := range [][]string{nil, {"--data", "kept"}, {"--data", "new"}} {
			args := append([]string{"sandbox", "--listen", "127.0.0.1:0", "--seed", "seed.json"}, more...)
			call{dir: dir, interrupt: ended()}.run(t, args...).want(t, cli.Failure, nil, []string{"--seed seed.json: ", says})
		}
	}
}

func TestAnAddressInUseHasAWayOut(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	call{dir: t.TempDir(), interrupt: ended()}.run(t, "sandbox", "--listen", l.Addr().String()).
		want(t, cli.Failure, nil, []string{"error: sandbox: ", "hint: --listen 127.0.0.1:0 takes a free port"})
}
