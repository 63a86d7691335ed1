package secret_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/secret"
)

// running allows programs, with more variables.
func running(t *testing.T, pairs ...string) secret.Options {
	pairs = append(pairs, "PATH", os.Getenv("PATH"), secret.AllowExecVariable, "1")
	return secret.Options{Dir: t.TempDir(), AllowExec: true, LookupEnv: environment(pairs...)}
}

func shell(script string) string { return secret.ExecRef([]string{"sh", "-c", script}) }

// detail resolves one reference that has no value and gives what is said of it.
func detail(t *testing.T, ref string, o secret.Options, others ...string) string {
	t.Helper()
	fields := map[string]any{"s": model.SecretRef(ref)}
	for _, other := range others {
		fields["x"+other] = model.SecretRef(other)
	}
	_, missing := secret.Resolve(context.Background(), model.NewState(connection(fields)), o)
	if len(missing) != 1 || missing[0].Why != secret.Failed {
		t.Fatalf("%+v", missing)
	}
	return missing[0].Detail
}

func TestExec(t *testing.T) {
	o := running(t)
	write(t, filepath.Join(o.Dir, "tool"), "#!/bin/sh\nprintf \"%s\" \"$1\"\n")
	if err := os.Chmod(filepath.Join(o.Dir, "tool"), 0o755); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		ref, want string
		why       secret.Why
	}{
		{shell("printf 'one\n'"), "one", ""},
		{shell("printf 'one\n\n'; echo warning >&2"), "one\n", ""},
		{secret.ExecRef([]string{"./tool", "$HOME `x` ; é \" '\n<&>"}), "$HOME `x` ; é \" '\n<&>", ""},
		{shell("pwd | xargs basename"), filepath.Base(o.Dir), ""},
		{shell("cat"), "", secret.Empty}, // no stdin to wait for
		{shell("true"), "", secret.Empty},
		{shell("printf 'ENC[AES256_GCM,data:x]'"), "", secret.Encrypted},
		{shell("printf '\\377'"), "", secret.Binary},
		{shell("head -c 1048577 /dev/zero"), "", secret.TooLarge},
		{shell("echo canary; exit 3"), "", secret.Failed},
		{secret.ExecRef([]string{"no-such-program-here"}), "", secret.Failed},
		{secret.ExecRef(nil), "", secret.Unsupported},
	}
	for _, tt := range tests {
		if got, why := one(t, tt.ref, o); got != tt.want || why != tt.why {
			t.Errorf("%s: %d bytes, why %q; want %d bytes, why %q", tt.ref, len(got), why, len(tt.want), tt.why)
		}
	}
}

// TestExecNeedsTwoPermissions: a program must not even be looked for.
func TestExecNeedsTwoPermissions(t *testing.T) {
	for _, c := range []struct {
		project bool
		env     string
		ok      bool
	}{{true, "1", true}, {true, "", false}, {true, "true", false}, {false, "1", false}, {false, "", false}} {
		dir := t.TempDir()
		o := secret.Options{Dir: dir, AllowExec: c.project, LookupEnv: environment("PATH", os.Getenv("PATH"), secret.AllowExecVariable, c.env)}
		_, why := one(t, shell("echo x; touch ran"), o)
		_, err := os.Stat(filepath.Join(dir, "ran"))
		if ran := err == nil; ran != c.ok || (why == "") != c.ok || !c.ok && why != secret.Forbidden {
			t.Errorf("%+v: ran %v, why %q", c, ran, why)
		}
	}
}

func TestAProgramGetsASmallEnvironment(t *testing.T) {
	o := running(t, "VAULT_TOKEN", "t", "IDPSYNC_ACCESS_KEY_SECRET", "canary", "PROD_SK", "canary", "CI_JOB_TOKEN", "canary", "HOME", "/h")
	got, _ := one(t, shell("env | grep -v '^_=' | grep -v '^PWD=' | grep -v '^SHLVL=' | cut -d= -f1 | sort | tr '\n' ' '"), o)
	if got != "HOME PATH VAULT_TOKEN " {
		t.Errorf("%q", got)
	}
}

func TestAProgramIsRunOnce(t *testing.T) {
	o := running(t)
	ref := shell("echo run >> runs; echo value")
	fields := map[string]any{}
	for _, k := range []string{"a", "b", "c", "d"} {
		fields[k] = model.SecretRef(ref)
	}
	out, missing := secret.Resolve(context.Background(), model.NewState(connection(fields)), o)
	runs, _ := os.ReadFile(filepath.Join(o.Dir, "runs"))
	if len(missing) > 0 || string(runs) != "run\n" {
		t.Errorf("%v, runs %q", missing, runs)
	}
	v, _ := out.Get(model.Key{Kind: model.Connection, Name: "corp"}).At("fields", "d")
	if v.(model.Secret).Reveal() != "value" {
		t.Error("no value")
	}
}

// TestProgramsRunSideBySide: each waits for the others, so that they would never
// end one after another.
func TestProgramsRunSideBySide(t *testing.T) {
	o := running(t)
	o.ExecTime = 20 * time.Second
	fields := map[string]any{}
	for _, k := range []string{"a", "b", "c", "d"} {
		fields[k] = model.SecretRef(shell("touch " + k + "; until [ -e a ] && [ -e b ] && [ -e c ] && [ -e d ]; do :; done; echo " + k))
	}
	if _, missing := secret.Resolve(context.Background(), model.NewState(connection(fields)), o); len(missing) > 0 {
		t.Error(missing)
	}
}

func TestAProgramThatHangsIsEnded(t *testing.T) {
	o := running(t)
	o.ExecTime = 50 * time.Millisecond
	if got := detail(t, secret.ExecRef([]string{"sleep", "600"}), o); got != "it took longer than 50ms" {
		t.Error(got)
	}
}

// TestComplaintsAreRedacted: what a program says on stderr is shown, and neither
// what it printed, nor another secret, nor a credential, nor what looks like one.
func TestComplaintsAreRedacted(t *testing.T) {
	o := running(t, "VAULT_TOKEN", "canary-token", "OTHER", "canary-other", "SHORT", "q")
	for script, want := range map[string]string{
		"echo 'vault is sealed' >&2; exit 2":                                 "it ended with exit status 2: vault is sealed",
		"echo canary; echo 'bad canary here' >&2; exit 1":                    "it ended with exit status 1: bad (secret) here",
		"printf 'ca nary'; echo 'the nary' >&2; exit 1":                      "it ended with exit status 1: the (secret)",
		"echo \"no: $VAULT_TOKEN\" >&2; exit 1":                              "it ended with exit status 1: no: (secret)",
		"echo 'saw canary-other' >&2; exit 1":                                "it ended with exit status 1: saw (secret)",
		"echo 'password: hunter2' >&2; exit 1":                               "it ended with exit status 1: password=(secret)",
		"echo 'bad db_api_key=\"hunter2\"' >&2; exit 1":                      "it ended with exit status 1: bad db_api_key=(secret)",
		"echo 'key AGE-SECRET-KEY-1QYQSZQGPQYQSZQ' >&2; exit 1":              "it ended with exit status 1: key (secret)",
		"printf -- '-----BEGIN KEY-----\nab\n-----END KEY-----' >&2; exit 1": "it ended with exit status 1: (secret)",
		"printf 'a\\033[31mb\nc' >&2; exit 1":                                "it ended with exit status 1: a; [31mb; c",
		"exit 7":                                                             "it ended with exit status 7",
		"echo quit >&2; exit 1":                                              "it ended with exit status 1: (what it said is withheld: it may hold a secret)",
	} {
		others := []string{"env:OTHER"}
		if strings.Contains(script, "quit") {
			others = append(others, "env:SHORT")
		}
		if got := detail(t, shell(script), o, others...); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", script, got, want)
		}
	}
	if got := detail(t, shell("yes no | head -c 100000 >&2; exit 1"), o); len(got) > 400 {
		t.Errorf("%d bytes are shown", len(got))
	}
}
