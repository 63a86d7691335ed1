package secret

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// AllowExecVariable must be 1 before any program is run: whoever writes a
// project file must not be able to run programs where it is checked.
const AllowExecVariable = "IDPSYNC_ALLOW_EXEC"

// ExecRef is the reference of what a program prints.
func ExecRef(argv []string) string { return "exec:" + compact(argv) }

const (
	execTime   = 30 * time.Second // spec 2
	maxStderr  = 4 << 10          // bytes that are kept of what a program complains
	afterDeath = 2 * time.Second
)

// passed are the variables that a program gets: what any program needs to run,
// and what the tools of docs/secrets.md are steered by. Our own credentials are
// not among them, nor is anything else of a pipeline's environment.
var passed = strings.Fields(`
	PATH HOME USER LOGNAME SHELL TMPDIR TZ LANG LC_ALL LC_CTYPE TERM XDG_CONFIG_HOME XDG_DATA_HOME XDG_CACHE_HOME XDG_RUNTIME_DIR DBUS_SESSION_BUS_ADDRESS
	SYSTEMROOT SYSTEMDRIVE WINDIR COMSPEC PATHEXT TEMP TMP USERPROFILE APPDATA LOCALAPPDATA PROGRAMDATA PROGRAMFILES
	HTTP_PROXY HTTPS_PROXY NO_PROXY ALL_PROXY http_proxy https_proxy no_proxy all_proxy SSL_CERT_FILE SSL_CERT_DIR
	SOPS_AGE_KEY SOPS_AGE_KEY_FILE SOPS_AGE_KEY_CMD SOPS_AGE_SSH_PRIVATE_KEY_FILE SOPS_CONFIG SOPS_GPG_EXEC
	VAULT_ADDR VAULT_TOKEN VAULT_NAMESPACE VAULT_CACERT VAULT_CAPATH VAULT_CLIENT_CERT VAULT_CLIENT_KEY VAULT_TLS_SERVER_NAME
	BAO_ADDR BAO_TOKEN BAO_NAMESPACE BAO_CACERT BAO_CAPATH
	OP_ACCOUNT OP_SERVICE_ACCOUNT_TOKEN OP_CONNECT_HOST OP_CONNECT_TOKEN OP_CONFIG_DIR
	PASSWORD_STORE_DIR PASSWORD_STORE_GPG_OPTS GNUPGHOME GPG_TTY SSH_AUTH_SOCK
	AWS_PROFILE AWS_REGION AWS_DEFAULT_REGION AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_CONFIG_FILE
	AWS_SHARED_CREDENTIALS_FILE AWS_ROLE_ARN AWS_WEB_IDENTITY_TOKEN_FILE AWS_CONTAINER_CREDENTIALS_RELATIVE_URI AWS_CONTAINER_CREDENTIALS_FULL_URI
	GOOGLE_APPLICATION_CREDENTIALS CLOUDSDK_CONFIG CLOUDSDK_CORE_PROJECT AZURE_CONFIG_DIR AZURE_TENANT_ID AZURE_CLIENT_ID AZURE_CLIENT_SECRET
	AZURE_FEDERATED_TOKEN_FILE ALIBABA_CLOUD_ACCESS_KEY_ID ALIBABA_CLOUD_ACCESS_KEY_SECRET ALIBABA_CLOUD_SECURITY_TOKEN KUBECONFIG`)

// exec runs a program without a shell in the project folder; what it prints is
// the value.
func (o Options) exec(ctx context.Context, rest string) (string, *fault) {
	var argv []string
	if json.Unmarshal([]byte(rest), &argv) != nil || len(argv) == 0 {
		return "", &fault{why: Unsupported}
	}
	if allowed, _ := o.lookup(AllowExecVariable); !o.AllowExec || allowed != "1" {
		return "", &fault{why: Forbidden}
	}
	limit := cmp.Or(o.ExecTime, execTime)
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	program := argv[0]
	if filepath.Base(program) != program && !filepath.IsAbs(program) {
		program = filepath.Join(o.Dir, program)
	}
	cmd := exec.CommandContext(ctx, program, argv[1:]...)
	cmd.Args[0] = argv[0]
	stdout, stderr := &capped{most: maxFile}, &capped{most: maxStderr}
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = o.Dir, o.environment(), stdout, stderr, afterDeath
	err := cmd.Run()
	switch {
	case ctx.Err() == context.DeadlineExceeded: //nolint:errorlint // a context's own error is never wrapped
		return "", &fault{why: Failed, detail: fmt.Sprintf("it took longer than %s", limit)}
	case ctx.Err() != nil:
		return "", &fault{why: Failed, detail: interruptedDetail}
	case err != nil:
		return "", &fault{why: Failed, detail: failure(err), stderr: stderr.String(), stdout: stdout.String()}
	case stdout.over:
		return "", fileFault(errTooLarge)
	}
	return trimNewline(stdout.String()), nil
}

func (o Options) environment() []string {
	env := []string{}
	for _, name := range passed {
		if value, ok := o.lookup(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// failure says how a program ended, without what it said.
func failure(err error) string {
	var missing *exec.Error
	var exit *exec.ExitError
	switch {
	case errors.As(err, &missing):
		return "there is no program of that name"
	case errors.As(err, &exit):
		return "it ended with " + exit.String()
	}
	return plainReason(err)
}

// capped keeps the first bytes of what is written to it and drops the rest, so
// that nobody who writes is stopped. The buffer is no embedded one: its ReadFrom
// would be taken instead of Write.
type capped struct {
	kept bytes.Buffer
	most int
	over bool
}

func (c *capped) Write(p []byte) (int, error) {
	room := c.most - c.kept.Len()
	if len(p) > room {
		c.over = true
		c.kept.Write(p[:room])
	} else {
		c.kept.Write(p)
	}
	return len(p), nil
}

func (c *capped) String() string { return c.kept.String() }
