package sandbox_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/idpsync/idpsync/internal/sandbox"
)

// childFolder names the variable that makes this test binary a sandbox.
const childFolder = "SANDBOX_CHILD_FOLDER"

// hello is the first line of the child.
type hello struct{ URL, ID, Secret string }

func serveAsChild(dir string) {
	server, err := sandbox.New(sandbox.Options{DataDir: dir})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	keys := server.Credentials()
	_ = json.NewEncoder(os.Stdout).Encode(hello{"http://" + listener.Addr().String(), keys.AccessKeyID, keys.AccessKeySecret})
	fmt.Fprintln(os.Stderr, http.Serve(listener, server))
}

// child is a sandbox in a process of its own.
type child struct {
	hello
	t       *testing.T
	process *exec.Cmd
	client  *http.Client
	token   string
}

func startChild(t *testing.T, dir string) *child {
	t.Helper()
	c := &child{t: t, process: exec.Command(os.Args[0]), client: &http.Client{Transport: &http.Transport{}}}
	c.process.Env, c.process.Stderr = append(os.Environ(), childFolder+"="+dir), os.Stderr
	out, err := c.process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.kill)
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil || json.Unmarshal(line, &c.hello) != nil {
		t.Fatalf("first line %q: %v", line, err)
	}
	data, ok := c.post("get-management-token", tree{"accessKeyId": c.ID, "accessKeySecret": c.Secret})
	if !ok {
		t.Fatal("no token")
	}
	c.token = data["access_token"].(string)
	return c
}

// kill is kill -9.
func (c *child) kill() {
	_ = c.process.Process.Kill()
	_ = c.process.Wait()
	c.client.CloseIdleConnections()
}

// post says whether it was answered with a success.
func (c *child) post(op string, body tree) (tree, bool) {
	raw, _ := json.Marshal(body)
	req, err := http.NewRequest("POST", c.URL+v3(op), bytes.NewReader(raw))
	if err != nil {
		c.t.Error(err)
		return nil, false
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", c.token)
	res, err := c.client.Do(req)
	if err != nil {
		return nil, false
	}
	defer res.Body.Close()
	raw, err = io.ReadAll(res.Body)
	var answer struct {
		StatusCode int
		Data       tree
	}
	if err != nil || json.Unmarshal(raw, &answer) != nil {
		return nil, false
	}
	if answer.StatusCode != 200 {
		c.t.Errorf("%s: %s", op, raw)
	}
	return answer.Data, answer.StatusCode == 200
}

// writer is one client in its loop, and what it was told.
type writer struct {
	made []string // ids of applications whose creation was answered
	name string   // identifier of the last one sent
	told int      // the last answered number written into the first application
	sent int
}

// loop creates an application, then writes a number into its first one, until the
// line breaks. The texts are long, so that snapshots fall into the loop.
func (w *writer) loop(c *child, prefix string, answered func()) {
	for {
		w.name = fmt.Sprintf("%s-%d", prefix, len(w.made))
		app, ok := c.post("create-application", tree{"appName": w.name, "appIdentifier": w.name, "appDescription": strings.Repeat("x", 40<<10)})
		if !ok {
			return
		}
		w.made = append(w.made, app["appId"].(string))
		answered()
		w.sent++
		if _, ok := c.post("update-application", tree{"appId": w.made[0], "initLoginUri": fmt.Sprint(w.sent)}); !ok {
			return
		}
		w.told = w.sent
		answered()
	}
}

// TestKillInAWriteLoop: whatever was answered before a kill -9 is there after it,
// and beyond that at most what was in flight.
func TestKillInAWriteLoop(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	dir := t.TempDir()
	var made []string
	for round := range 3 {
		c := startChild(t, dir)
		writers := make([]writer, 4)
		var wait sync.WaitGroup
		var count atomic.Int32
		for i := range writers {
			wait.Go(func() {
				writers[i].loop(c, fmt.Sprintf("w%d-%d", round, i), func() {
					if count.Add(1) == 200 {
						_ = c.process.Process.Kill()
					}
				})
			})
		}
		wait.Wait()
		c.kill()
		if count.Load() < 200 {
			t.Fatalf("round %d: %d answers before the end", round, count.Load())
		}
		made = checkWritten(t, dir, made, writers)
	}
}

// checkWritten opens the folder again and compares; it gives the ids that are there.
func checkWritten(t *testing.T, dir string, before []string, writers []writer) []string {
	t.Helper()
	server, err := sandbox.New(sandbox.Options{DataDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	p := listen(t, server)
	apps := map[string]tree{}
	var all []string
	for _, item := range p.state()["applications"].([]any) {
		id := item.(tree)["appId"].(string)
		apps[id] = item.(tree)
		all = append(all, id)
	}
	p.stop()
	told := len(before)
	for _, id := range before {
		if apps[id] == nil {
			t.Errorf("%s of an earlier round is gone", id)
		}
	}
	for _, w := range writers {
		told += len(w.made)
		for _, id := range w.made {
			if apps[id] == nil {
				t.Errorf("%s was answered and is gone", id)
			}
		}
		var n int
		if len(w.made) > 0 {
			_, _ = fmt.Sscan(fmt.Sprint(apps[w.made[0]]["initLoginUri"]), &n)
		}
		if n < w.told || n > w.sent {
			t.Errorf("%s: shows write %d; answered %d, sent %d", w.name, n, w.told, w.sent)
		}
	}
	if extra := len(all) - told; extra < 0 || extra > len(writers) {
		t.Errorf("%d applications; %d were answered", len(all), told)
	}
	return all
}
