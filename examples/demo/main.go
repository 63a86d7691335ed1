// Command demo shows what idpsync is for, with the project in examples/config
// and the sandbox that idpsync carries: plan, apply, somebody edits the pool at
// the console, plan shows it, apply repairs it, and the last plan is empty.
//
// It is run by "make demo" and needs nothing but the built program, named by
// the environment variable IDPSYNC. It speaks to the loopback address only.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const project = "examples/config"

func main() {
	if err := demo(os.Getenv("IDPSYNC")); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func demo(idpsync string) error {
	if idpsync == "" {
		return errors.New("the environment variable IDPSYNC must name the program; run \"make demo\"")
	}
	d := &story{idpsync: idpsync, data: filepath.Join(project, ".idpsync", "sandbox")}
	if err := d.prepare(); err != nil {
		return err
	}
	return errors.Join(
		d.tell("The pool is empty, so the plan is to create everything.", 2, "plan", "--detailed-exitcode"),
		d.tell("Carry it out.", 0, "apply", "--yes"),
		d.act("Now somebody edits the pool by hand, behind our back.", d.editAtTheConsole),
		d.tell("The plan shows exactly that, and nothing else.", 2, "plan", "--detailed-exitcode"),
		d.tell("Repair it.", 0, "apply", "--yes"),
		d.tell("And there is nothing left to do.", 0, "plan", "--detailed-exitcode"),
	)
}

type story struct {
	idpsync, data string
	env           []string
	broken        bool
}

// prepare empties the sandbox and takes the dummy secrets of .env.example.
func (d *story) prepare() error {
	if err := os.RemoveAll(d.data); err != nil {
		return err
	}
	example, err := os.ReadFile(filepath.Join(project, ".env.example"))
	if err != nil {
		return err
	}
	d.env = os.Environ()
	for line := range strings.Lines(string(example)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			d.env = append(d.env, line)
		}
	}
	return nil
}

// tell runs idpsync and wants the exit code; after a failure nothing more runs.
func (d *story) tell(what string, wantExit int, args ...string) error {
	return d.act(what, func() error {
		args = append(args, "-C", project)
		fmt.Printf("$ idpsync %s\n\n", strings.Join(args, " "))
		cmd := exec.Command(d.idpsync, args...)
		cmd.Env, cmd.Stdout, cmd.Stderr = d.env, os.Stdout, os.Stderr
		err := cmd.Run()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			return err
		}
		if code := cmd.ProcessState.ExitCode(); code != wantExit {
			return fmt.Errorf("idpsync %s ended with exit code %d, not %d", args[0], code, wantExit)
		}
		return nil
	})
}

func (d *story) act(what string, do func() error) error {
	if d.broken {
		return nil
	}
	fmt.Printf("\n--- %s\n\n", what)
	err := do()
	d.broken = err != nil
	return err
}

// editAtTheConsole renames a login button with another client of the same API.
func (d *story) editAtTheConsole() error {
	cmd := exec.Command(d.idpsync, "sandbox", "--listen", "127.0.0.1:0", "--data", d.data)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err == nil {
		err = edit(line)
	}
	return errors.Join(err, cmd.Process.Signal(os.Interrupt), cmd.Wait())
}

func edit(hello []byte) error {
	var c console
	if err := json.Unmarshal(hello, &c); err != nil {
		return err
	}
	var token struct {
		AccessToken string `json:"access_token"`
	}
	if err := c.call("POST", "get-management-token", map[string]any{"accessKeyId": c.AccessKeyID, "accessKeySecret": c.AccessKeySecret}, &token); err != nil {
		return err
	}
	c.token = token.AccessToken
	var providers struct {
		List []struct{ ID, Name string }
	}
	if err := c.call("GET", "list-ext-idp", nil, &providers); err != nil {
		return err
	}
	for _, p := range providers.List {
		var conns []struct{ ID, Identifier string }
		if err := c.call("GET", "list-ext-idp-conns?id="+p.ID, nil, &conns); err != nil {
			return err
		}
		for _, conn := range conns {
			if conn.Identifier == "corp-oidc" {
				fmt.Println("POST /api/v3/update-ext-idp-conn  displayName: Staff login -> Click here!!")
				return c.call("POST", "update-ext-idp-conn", map[string]any{"id": conn.ID, "displayName": "Click here!!", "fields": map[string]any{}}, nil)
			}
		}
	}
	return errors.New("the sandbox has no connection corp-oidc")
}

// console is a client of the vendor's API that knows nothing of idpsync.
type console struct {
	Listening, AccessKeyID, AccessKeySecret string
	token                                   string
}

func (c *console) call(method, path string, body, data any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	if body == nil {
		text = nil
	}
	req, err := http.NewRequest(method, c.Listening+"/api/v3/"+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer := struct {
		StatusCode int
		Message    string
		Data       any
	}{Data: data}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", path, answer.Message)
	}
	return nil
}
