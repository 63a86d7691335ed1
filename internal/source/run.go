package source

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/url"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// runner starts git. Every command has a time limit, no terminal, and a group of
// processes that is ended with it.
type runner struct {
	env     []string
	limit   time.Duration
	gitDir  string
	more    []string // settings of this repository
	secrets []string
}

// failure is a command of git that did not succeed.
type failure struct {
	verb   string
	stderr string
	late   bool
	err    error
}

func (f *failure) Error() string {
	switch {
	case f.late:
		return "git " + f.verb + " did not end in time"
	case f.stderr != "":
		return "git " + f.verb + ": " + f.stderr
	}
	return "git " + f.verb + ": " + f.err.Error()
}

func (f *failure) Unwrap() error { return f.err }

// settings go before every command. Only the transports that a URL may name are
// allowed, redirected or rewritten as it may be; nothing is run that a repository
// or a template brought along, and nothing goes on in the background.
var settings = []string{
	"-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "core.askPass=", "-c", "init.templateDir=",
	"-c", "gc.auto=1000", "-c", "gc.autoDetach=false", "-c", "maintenance.auto=false", "-c", "fetch.writeCommitGraph=false", "-c", "log.showSignature=false",
	"-c", "submodule.recurse=false", "-c", "fetch.recurseSubmodules=false", "-c", "credential.interactive=false",
	"-c", "advice.detachedHead=false", "-c", "color.ui=false",
}

// within is the runner with another limit.
func (r *runner) within(limit time.Duration) *runner {
	other := *r
	other.limit = limit
	return &other
}

// run runs a command and gives what it prints, at most 256 MiB.
func (r *runner) run(ctx context.Context, args ...string) ([]byte, error) {
	var out capped
	err := r.stream(ctx, nil, &out, args...)
	return out.Bytes(), err
}

// stream runs a command. Its pipes are closed with it, also when something that
// it started still holds them.
func (r *runner) stream(ctx context.Context, stdin io.Reader, stdout io.Writer, args ...string) error {
	limited, cancel := context.WithTimeout(ctx, r.limit)
	defer cancel()
	own := []string{"-c", "safe.directory=" + r.gitDir, "--git-dir=" + r.gitDir}
	cmd := exec.CommandContext(limited, "git", slices.Concat(settings, r.more, own, args)...)
	stderr := &tail{}
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = r.env, stdin, stdout, stderr
	alone(cmd)
	cmd.WaitDelay = 2 * time.Second
	err := cmd.Run()
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	}
	var ours *Error
	if errors.As(err, &ours) {
		return ours
	}
	return &failure{verb: args[0], stderr: hidden(stderr.text(), r.secrets...), late: limited.Err() != nil, err: err}
}

// capped is what a command prints, up to a bound.
type capped struct{ bytes.Buffer }

const mostOutput = 256 << 20

func (c *capped) Write(p []byte) (int, error) {
	if c.Len()+len(p) > mostOutput {
		return 0, refuse("name a smaller folder (--path, or git.path of a source)", "git printed more than %d MiB", mostOutput>>20)
	}
	return c.Buffer.Write(p)
}

// tail keeps the end of what a command complains of.
type tail struct{ b []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.b = append(t.b, p...)
	if over := len(t.b) - 16<<10; over > 0 {
		t.b = t.b[over:]
	}
	return len(p), nil
}

// text is the complaint in one line: the lines that name a fault, else the last.
func (t *tail) text() string {
	lines := strings.FieldsFunc(string(t.b), func(r rune) bool { return r == '\n' || r == '\r' })
	var faults []string
	for _, l := range lines {
		for _, word := range []string{"fatal: ", "error: ", "remote: ", "ssh: "} {
			if rest, ok := strings.CutPrefix(l, word); ok {
				faults = append(faults, strings.TrimSpace(rest))
			}
		}
	}
	if len(faults) == 0 && len(lines) > 0 {
		faults = lines[len(lines)-1:]
	}
	return printable(strings.Join(faults, "; "))
}

// harmful variables would lead git elsewhere, print credentials or start
// something. IDPSYNC_ ones hold our own secrets, which git has no use for.
var harmful = []string{
	"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_COMMON_DIR",
	"GIT_NAMESPACE", "GIT_CEILING_DIRECTORIES", "GIT_TEMPLATE_DIR", "GIT_SHALLOW_FILE", "GIT_GRAFT_FILE", "GIT_REPLACE_REF_BASE",
	"GIT_EXTERNAL_DIFF", "GIT_PAGER", "GIT_EDITOR", "GIT_REDIRECT_STDERR", "GIT_CURL_VERBOSE", "GIT_PREFIX", "GIT_QUARANTINE_PATH", "LANGUAGE",
}

// environment is what git sees of the given variables, with what we set.
func environment(env []string, l location, quietSSH bool) []string {
	var out []string
	for _, entry := range env {
		name, _, _ := strings.Cut(entry, "=")
		if slices.Contains(harmful, name) || strings.HasPrefix(name, "GIT_TRACE") || strings.HasPrefix(name, "IDPSYNC_") || strings.HasPrefix(name, "LC_") {
			continue
		}
		out = append(out, entry)
	}
	allowed := append([]string{l.scheme}, "https", "ssh")
	out = append(out, "LC_ALL=C", "GIT_TERMINAL_PROMPT=0", "GCM_INTERACTIVE=never", "SSH_ASKPASS_REQUIRE=never", "GIT_NO_REPLACE_OBJECTS=1",
		"GIT_PROTOCOL_FROM_USER=0", "GIT_ALLOW_PROTOCOL="+strings.Join(allowed, ":"), "GIT_NO_LAZY_FETCH=1")
	if quietSSH {
		out = append(out, "GIT_SSH_COMMAND=ssh -oBatchMode=yes -oConnectTimeout=20")
	}
	if l.user != "" || l.password != "" {
		out = append(out, userVariable+"="+l.user, passwordVariable+"="+l.password)
	}
	return out
}

// The credentials of a URL reach git through a helper that reads them from here.
const (
	userVariable     = "GIT_IDPSYNC_USER"
	passwordVariable = "GIT_IDPSYNC_PASSWORD"
)

// secrets are the texts that nothing may repeat. A user's name may be a token.
func (l location) secrets() []string {
	out := []string{l.password}
	if len(l.user) >= 8 {
		out = append(out, l.user, url.QueryEscape(l.user))
	}
	return append(out, url.QueryEscape(l.password))
}

// credentials are the settings that answer git's question with those of the URL.
func (l location) credentials() []string {
	if l.user == "" && l.password == "" {
		return nil
	}
	return []string{
		"-c", "credential.helper=",
		"-c", `credential.helper=!f() { test "$1" = get && printf 'username=%s\npassword=%s\n' "$` + userVariable + `" "$` + passwordVariable + `"; }; f`,
	}
}

// namesSSH tells whether somebody chose a way to run ssh already.
func namesSSH(env []string) bool {
	return slices.ContainsFunc(env, func(e string) bool {
		return strings.HasPrefix(e, "GIT_SSH=") || strings.HasPrefix(e, "GIT_SSH_COMMAND=")
	})
}
