package peers

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// hello is the line with which a sandbox starts; steps is what a walk prints.
type hello struct {
	Listening       string `json:"listening"`
	AccessKeyID     string `json:"accessKeyId"`
	AccessKeySecret string `json:"accessKeySecret"`
	UserPoolID      string `json:"userPoolId"`
}

type steps struct {
	Steps []struct{ Name, Complaint string }
}

// TestSDKs lets the vendor's own clients live through the life of a pool: each
// makes, reads, lists, changes, switches and deletes everything, and compares
// what it reads with what it wrote. At the end the pool is as empty as before.
func TestSDKs(t *testing.T) {
	tests := []struct {
		walk    string
		dialect string
	}{
		{"walk-v3.mjs", ""},
		{"walk-v3.mjs", "http-status=mirror"},
		{"walk-v2.mjs", ""},
		{"walk-v2.mjs", "v3=off"},
	}
	for _, tt := range tests {
		t.Run(tt.walk+" "+tt.dialect, func(t *testing.T) {
			bin := node(t)
			var flags []string
			if tt.dialect != "" {
				flags = []string{"--dialect", tt.dialect}
			}
			s := startSandbox(t, flags...)
			walk(t, bin, tt.walk, s)
			if left := s.state(t); left != "" {
				t.Errorf("the walk left something behind: %s", left)
			}
		})
	}
}

// walk runs one script and makes a subtest of each of its steps.
func walk(t *testing.T, bin, script string, s hello) {
	t.Helper()
	in, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bin, script)
	cmd.Stdin = bytes.NewReader(in)
	out, err := run(2*time.Minute, cmd)
	if err != nil {
		t.Fatal(err)
	}
	var got steps
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%s printed no steps: %v", script, err)
	}
	if len(got.Steps) < 10 {
		t.Fatalf("%s took %d steps only", script, len(got.Steps))
	}
	for _, step := range got.Steps {
		t.Run(step.Name, func(t *testing.T) {
			if step.Complaint != "" {
				t.Error(step.Complaint)
			}
		})
	}
}

// programFile is idpsync, built by the first test that starts it.
var programFile = filepath.Join(os.TempDir(), fmt.Sprintf("idpsync-peers-%d", os.Getpid()))

var built = sync.OnceValue(func() error {
	cmd := exec.Command("go", "build", "-o", programFile, "./cmd/idpsync")
	cmd.Dir = filepath.Join("..", "..")
	_, err := run(5*time.Minute, cmd)
	return err
})

func TestMain(m *testing.M) {
	code := m.Run()
	_ = os.Remove(programFile)
	os.Exit(code)
}

// startSandbox starts `idpsync sandbox` as a process that ends with the test.
func startSandbox(t *testing.T, flags ...string) hello {
	t.Helper()
	if err := built(); err != nil {
		t.Fatal(err)
	}
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
	line, err := bufio.NewReader(out).ReadBytes('\n')
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	var h hello
	if err == nil {
		err = json.Unmarshal(line, &h)
	}
	if err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		t.Fatalf("the sandbox did not start: %v\n%s", err, stderr.String())
	}
	return h
}

// state names what a pool holds; it is empty for an empty pool.
func (h hello) state(t *testing.T) string {
	t.Helper()
	resp, err := http.Get(h.Listening + "/_sandbox/state")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var s struct {
		IdentityProviders []struct{ Name string }
		Applications      []struct{ AppName string }
	}
	if err := json.Unmarshal(body, &s); err != nil {
		t.Fatal(err)
	}
	var names []byte
	for _, p := range s.IdentityProviders {
		names = append(names, " provider "+p.Name...)
	}
	for _, a := range s.Applications {
		names = append(names, " application "+a.AppName...)
	}
	return string(names)
}
