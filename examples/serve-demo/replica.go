package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
)

// replica is one process of idpsync serve.
type replica struct {
	cmd   *exec.Cmd
	ended chan struct{}

	mu       sync.Mutex
	name, at string   // what it calls itself, and its status page
	said     []string // what it said last
}

var (
	nameLine = regexp.MustCompile(`this is replica (\S+?),`)
	pageLine = regexp.MustCompile(`http://127\.0\.0\.1:[0-9]+/`)
)

func (d *demo) start(env []string) (*replica, error) {
	args := []string{"serve", "--database", d.database.URL, "--fleet", "fleet.yaml", "--listen", "127.0.0.1:0"}
	fmt.Printf("$ idpsync %s\n", strings.Join(args, " "))
	r := &replica{cmd: exec.Command(d.idpsync, args...), ended: make(chan struct{})}
	r.cmd.Dir = d.dir
	r.cmd.Env = slices.Concat(env, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + d.dir})
	errs, err := r.cmd.StderrPipe()
	if err == nil {
		err = r.cmd.Start()
	}
	if err != nil {
		return nil, err
	}
	go r.listen(bufio.NewScanner(errs))
	return r, nil
}

// listen reads what the replica says, and knows when it has ended.
func (r *replica) listen(lines *bufio.Scanner) {
	for lines.Scan() {
		r.mu.Lock()
		if m := nameLine.FindStringSubmatch(lines.Text()); m != nil {
			r.name = m[1]
		}
		if at := pageLine.FindString(lines.Text()); at != "" {
			r.at = at
		}
		if r.said = append(r.said, lines.Text()); len(r.said) > 20 {
			r.said = r.said[1:]
		}
		r.mu.Unlock()
	}
	_ = r.cmd.Wait()
	close(r.ended)
}

// whereabouts are empty as long as it has not told them.
func (r *replica) whereabouts() (name, at string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.name, r.at
}

// gone is an error when the process has ended, with what it said last.
func (r *replica) gone() error {
	select {
	case <-r.ended:
		r.mu.Lock()
		defer r.mu.Unlock()
		return fmt.Errorf("the replica ended with exit code %d:\n%s", r.cmd.ProcessState.ExitCode(), strings.Join(r.said, "\n"))
	default:
		return nil
	}
}

func (r *replica) kill() {
	_ = r.cmd.Process.Kill()
	<-r.ended
}

// stop asks the process to end, and wants it to end well.
func (r *replica) stop(ctx context.Context) error {
	if err := r.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case <-r.ended:
	case <-ctx.Done():
		return errors.New("the replica does not end")
	}
	if code := r.cmd.ProcessState.ExitCode(); code != 0 {
		return r.gone()
	}
	return nil
}

// status is what /api/v1/status tells, as far as the story needs it.
type status struct {
	Targets []struct {
		Verdict string
		Job     struct{ Replica string }
	}
}

func (r *replica) status(ctx context.Context) (s status, err error) {
	_, at := r.whereabouts()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at+"api/v1/status", nil)
	if err != nil {
		return s, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return s, err
	}
	defer resp.Body.Close()
	return s, json.NewDecoder(resp.Body).Decode(&s)
}

// looks counts the targets in sync, and those that a replica looked at last.
func (s status) looks(name string) (inSync, by int) {
	for _, t := range s.Targets {
		if t.Verdict == "in sync" {
			inSync++
		}
		if t.Job.Replica == name {
			by++
		}
	}
	return inSync, by
}
