package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestWatchGit: a push and a call of the host bring the next commit into force.
// A call without the secret, a commit that is wrong and a host that is away
// change nothing, and what drifts meanwhile is still repaired from the last good
// commit.
func TestWatchGit(t *testing.T) {
	t.Parallel()
	p := startPool(t, dialect{}, nil, t.TempDir())
	const secret = "a-long-hook-secret"
	p.put(t, "hook.txt", secret+"\n")
	p.sh(t, "mkdir repo keep && cp idpsync.yaml repo/ && git init -q -b main repo")
	commit := func(text string) string {
		p.put(t, "repo/portal.yaml", text)
		p.sh(t, "cd repo && git add -A && git commit -q -m change")
		p.sh(t, "git -C repo rev-parse HEAD > head.txt")
		id, err := os.ReadFile(filepath.Join(p.dir, "head.txt"))
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(id))
	}
	at := func(id, verdict string) func(passLine) bool {
		return func(l passLine) bool { return l.Commit == id && l.Verdict == verdict }
	}
	first := commit(appText("portal", "v1"))
	w := p.watching(t, nil, "--mode", "apply", "-C", "keep", "--git", "repo", "--ref", "main", "--listen", "127.0.0.1:0", "--hook-secret-file", "hook.txt")
	w.until("the first commit is in force", at(first, "in sync"))
	address := w.address()
	call := func(key string, want int) {
		t.Helper()
		body := []byte(`{"ref":"refs/heads/main"}`)
		mac := hmac.New(sha256.New, []byte(key))
		mac.Write(body)
		req, err := http.NewRequest(http.MethodPost, "http://"+address+"/hooks/git", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("the hook answers %d, want %d", resp.StatusCode, want)
		}
	}
	if name := p.appName("portal"); name != "v1" {
		t.Errorf("the server has %s", name)
	}

	second := commit(appText("portal", "v2"))
	call("another secret", http.StatusUnauthorized)
	call(secret, http.StatusAccepted)
	w.until("the second commit is in force", at(second, "in sync"))
	if name := p.appName("portal"); name != "v2" {
		t.Errorf("the server has %s", name)
	}

	wrong := commit("apiVersion: idpsync/v1\nkind: Application\nmetadata: {name: portal}\nspec: {appNam: v3}\n")
	call(secret, http.StatusAccepted)
	w.until("the third commit is wrong", at(wrong, "invalid"))
	if name := p.appName("portal"); name != "v2" {
		t.Errorf("the server has %s", name)
	}
	fourth := commit(appText("portal", "v4"))
	call(secret, http.StatusAccepted)
	w.until("the fourth commit is in force", at(fourth, "in sync"))

	away := filepath.Join(p.dir, "away")
	if err := os.Rename(filepath.Join(p.dir, "repo"), away); err != nil {
		t.Fatal(err)
	}
	for _, a := range p.state().Applications {
		p.console("POST", "update-application", object{"appId": a["appId"], "appName": "by hand"})
	}
	reload := func() {
		if err := w.cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}
	reload()
	w.until("the host is away", func(l passLine) bool { return l.Verdict == "failing" })
	eventually(t, "the drift is repaired from the last good commit", func() bool { return p.appName("portal") == "v4" })
	if err := os.Rename(away, filepath.Join(p.dir, "repo")); err != nil {
		t.Fatal(err)
	}
	reload()
	w.until("the host is back", at(fourth, "in sync"))
	if code := w.end(syscall.SIGTERM); code != 0 {
		t.Errorf("exit %d", code)
	}
}
