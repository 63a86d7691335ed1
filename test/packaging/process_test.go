package packaging

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// process is a program that runs until it is asked to end.
type process struct {
	args  []string
	cmd   *exec.Cmd
	said  buffer
	ended chan struct{}
	err   error // once it ended
}

// begin starts a program; the test ends it, if nobody did.
func begin(t *testing.T, dir string, env []string, name string, args ...string) *process {
	t.Helper()
	p := &process{args: args, cmd: exec.Command(name, args...), ended: make(chan struct{})}
	p.cmd.Dir, p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = dir, env, &p.said, &p.said
	p.cmd.WaitDelay = 10 * time.Second
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		<-p.ended
	})
	return p
}

// await asks again and again until the answer is yes. It waits long, since machines
// may be slow; a program that ends meanwhile fails the test.
func (p *process) await(t *testing.T, what string, yes func() bool) {
	t.Helper()
	deadline := time.After(5 * time.Minute)
	for !yes() {
		select {
		case <-p.ended:
			t.Fatalf("idpsync %s ended: %v\n%s", strings.Join(p.args, " "), p.err, tail(p.said.String()))
		case <-deadline:
			t.Fatalf("idpsync %s: no %s\n%s", strings.Join(p.args, " "), what, tail(p.said.String()))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// address waits for the address that the program tells.
func (p *process) address(t *testing.T) string {
	t.Helper()
	url := regexp.MustCompile(`http://127\.0\.0\.1:[0-9]+`)
	p.await(t, "address", func() bool { return url.MatchString(p.said.String()) })
	return url.FindString(p.said.String())
}

// end asks the program to end, as systemd and Kubernetes do, and wants it to end well.
func (p *process) end(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.ended:
		if p.err != nil {
			t.Errorf("after SIGTERM it ended with %v\n%s", p.err, tail(p.said.String()))
		}
	case <-time.After(time.Minute):
		t.Errorf("it does not end after SIGTERM\n%s", tail(p.said.String()))
	}
}

// keepsStrangersOut asks for the metrics without and with the token.
func (p *process) keepsStrangersOut(t *testing.T, address, token string) {
	t.Helper()
	guarded := strings.Contains(strings.Join(p.args, " "), "--auth-token-file=")
	if status := ask(t, address+"/metrics", ""); (status == http.StatusUnauthorized) != guarded {
		t.Errorf("without the token /metrics answers %d", status)
	}
	if status := ask(t, address+"/metrics", token); status != http.StatusOK {
		t.Errorf("with the token /metrics answers %d", status)
	}
}

// ask gives the status of an answer, 0 for none.
func ask(t *testing.T, url, token string) int {
	t.Helper()
	status, _ := fetch(t, url, token)
	return status
}

// fetch gives an answer whole; its status is 0 when there was none.
func fetch(t *testing.T, url, token string) (status int, body []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", fmt.Sprintf("Bearer %s", token))
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return 0, nil
	}
	defer resp.Body.Close()
	if body, err = io.ReadAll(resp.Body); err != nil {
		return 0, nil
	}
	return resp.StatusCode, body
}

// moved puts the places that are here into a command line.
func moved(args []string, places map[string]string) []string {
	var here []string
	for i, arg := range args {
		name, _, split := strings.Cut(arg, "=")
		switch place, ok := places[name]; {
		case split && ok:
			arg = name + "=" + place
		case i > 0 && places[args[i-1]] != "":
			arg = places[args[i-1]]
		}
		here = append(here, arg)
	}
	return here
}

// buffer may be written to while it is read.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
