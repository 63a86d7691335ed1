package conformance

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// programFile is idpsync, built once for all tests of this module.
var programFile = filepath.Join(os.TempDir(), fmt.Sprintf("idpsync-conformance-%d", os.Getpid()))

func TestMain(m *testing.M) {
	cmd := exec.Command("go", "build", "-o", programFile, "./cmd/idpsync")
	cmd.Dir = filepath.Join("..", "..")
	if out, err := cmd.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "idpsync does not build: %v\n%s", err, out)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.Remove(programFile)
	os.Exit(code)
}

// sandbox is one process of `idpsync sandbox`.
type sandbox struct {
	Listening       string `json:"listening"`
	AccessKeyID     string `json:"accessKeyId"`
	AccessKeySecret string `json:"accessKeySecret"`
	UserPoolID      string `json:"userPoolId"`
}

func startSandbox(t *testing.T, flags ...string) sandbox {
	t.Helper()
	cmd := exec.Command(programFile, append([]string{"sandbox", "--listen", "127.0.0.1:0"}, flags...)...)
	cmd.Env = []string{"HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH")}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadBytes('\n')
	var s sandbox
	if err == nil {
		err = json.Unmarshal(line, &s)
	}
	if err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		t.Fatalf("the sandbox did not start: %v\n%s", err, stderr.String())
	}
	return s
}

// control reads from the sandbox what a client does not see.
func (s sandbox) control(t *testing.T, what string, into any) {
	t.Helper()
	resp, err := http.Get(s.Listening + "/_sandbox/" + what)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil {
		err = json.Unmarshal(body, into)
	}
	if err != nil {
		t.Fatalf("_sandbox/%s: %v", what, err)
	}
}

// project is a folder of files for one pool, and what it takes to talk to it.
type project struct {
	dir string
	env []string
}

// newProject makes a project whose one target is at this address, which need
// not be the sandbox's own.
func newProject(t *testing.T, s sandbox, address string) project {
	t.Helper()
	p := project{dir: t.TempDir()}
	p.env = []string{
		"IDPSYNC_ACCESS_KEY_ID=" + s.AccessKeyID, "IDPSYNC_ACCESS_KEY_SECRET=" + s.AccessKeySecret,
		"HOME=" + p.dir, "PATH=" + os.Getenv("PATH"),
		"CONFORMANCE_SECRET=first-value", "CONFORMANCE_STEADY=steady-value",
	}
	p.write(t, "idpsync.yaml", fmt.Sprintf("apiVersion: idpsync/v1\nkind: Project\n"+
		"targets: {pool: {host: %q, userPoolId: %q, api: v3, settle: 2s}}\n"+
		"policy: {maxDeletes: 50, maxDeletePercent: 100}\n", address, s.UserPoolID))
	return p
}

func (p project) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// idpsync runs the program in the project's folder. It gives what it printed
// and its exit code; a program that had to be killed is an error.
func (p project) idpsync(t *testing.T, limit time.Duration, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, programFile, args...)
	cmd.Dir, cmd.Env = p.dir, p.env
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if ctx.Err() != nil {
		t.Fatalf("idpsync %q was not done after %s\n%s", args, limit, errs.String())
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}
