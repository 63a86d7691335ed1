package packaging

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// startsWatch gives a command line of watch to idpsync, with the places in it
// moved to ones that are here, and looks at it as the probes do: it answers, it
// keeps strangers out, and it ends well when it is asked to.
func startsWatch(t *testing.T, args []string) {
	t.Helper()
	dir, token := t.TempDir(), strings.Repeat("t", 40)
	project := strings.Replace(projectFile, "  local: {sandbox: {}}\n", "  local: {sandbox: {}}\n  prod: {sandbox: {}}\n", 1)
	write(t, dir, map[string]string{
		"token": token + "\n", "secret": strings.Repeat("s", 40), "url": "https://hooks.example.com/x",
		"project/idpsync.yaml": project, "project/portal.yaml": portal, "git/config/idpsync.yaml": project, "git/config/portal.yaml": portal,
	})
	here := moved(args, map[string]string{
		"--auth-token-file": filepath.Join(dir, "token"), "--hook-secret-file": filepath.Join(dir, "secret"), "--dir": filepath.Join(dir, "project"),
		"-C": filepath.Join(dir, "project"), "--git": "file://" + filepath.Join(dir, "git"), "--listen": "127.0.0.1:0",
	}, filepath.Join(dir, "url"))
	if strings.Contains(strings.Join(args, " "), "--git=") {
		program(t, "git", "git")
		git(t, filepath.Join(dir, "git"), "init", "-q", "-b", "main")
		git(t, filepath.Join(dir, "git"), "add", "-A")
		git(t, filepath.Join(dir, "git"), "commit", "-q", "-m", "config")
	}
	var said buffer
	cmd := exec.Command(idpsync(t), here...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = t.TempDir(), &said, &said
	cmd.Env = bare(t, "SLACK_URL=https://hooks.example.com/x", "FEISHU_URL=https://hooks.example.com/y", "FEISHU_KEY=k")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	defer func() { _ = cmd.Process.Kill() }()

	page := regexp.MustCompile(`http://127\.0\.0\.1:[0-9]+/`)
	address := ""
	deadline := time.After(time.Minute)
	for address == "" || ask(t, address+"healthz", "") != http.StatusOK {
		select {
		case err := <-ended:
			t.Fatalf("idpsync %s ended: %v\n%s", strings.Join(here, " "), err, said.String())
		case <-deadline:
			t.Fatalf("idpsync %s does not answer\n%s", strings.Join(here, " "), said.String())
		case <-time.After(20 * time.Millisecond):
			address = page.FindString(said.String())
		}
	}
	guarded := strings.Contains(strings.Join(args, " "), "--auth-token-file=")
	if status := ask(t, address+"metrics", ""); (status == http.StatusUnauthorized) != guarded {
		t.Errorf("without the token /metrics answers %d", status)
	}
	if status := ask(t, address+"metrics", token); status != http.StatusOK {
		t.Errorf("with the token /metrics answers %d", status)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("after SIGTERM it ended with %v\n%s", err, said.String())
		}
	case <-time.After(time.Minute):
		t.Errorf("it does not end after SIGTERM\n%s", said.String())
	}
}

// moved puts the places that are here into a command line; url is what a
// notification reads its address from.
func moved(args []string, places map[string]string, url string) []string {
	var here []string
	for i, arg := range args {
		name, value, split := strings.Cut(arg, "=")
		switch place, ok := places[name]; {
		case split && ok:
			arg = name + "=" + place
		case strings.HasPrefix(value, "@/"):
			arg = name + "=@" + url
		case i > 0 && places[args[i-1]] != "":
			arg = places[args[i-1]]
		}
		here = append(here, arg)
	}
	return here
}

// ask gives the status of an answer, 0 for none.
func ask(t *testing.T, url, token string) int {
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
		return 0
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
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
