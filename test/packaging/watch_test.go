package packaging

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
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
	})
	for i, arg := range here {
		if name, value, _ := strings.Cut(arg, "="); strings.HasPrefix(value, "@/") { // where a notification reads its address
			here[i] = name + "=@" + filepath.Join(dir, "url")
		}
	}
	if strings.Contains(strings.Join(args, " "), "--git=") {
		commits(t, filepath.Join(dir, "git"))
	}
	env := bare(t, "SLACK_URL=https://hooks.example.com/x", "FEISHU_URL=https://hooks.example.com/y", "FEISHU_KEY=k")
	p := begin(t, t.TempDir(), env, idpsync(t), here...)
	address := p.address(t)
	p.await(t, "answer", func() bool { return ask(t, address+"/healthz", "") == http.StatusOK })
	p.keepsStrangersOut(t, address, token)
	p.end(t)
}

// commits makes a folder a repository, with all its files in a first commit.
func commits(t *testing.T, dir string) {
	t.Helper()
	program(t, "git", "git")
	git(t, dir, "init", "-q", "-b", "main")
	git(t, dir, "add", "-A")
	git(t, dir, "commit", "-q", "-m", "config")
}
