package peers

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// sopsVersion is the SOPS that the recipe of docs/secrets.md is tried with.
const sopsVersion = "v3.13.3"

// sops installs SOPS once into the cache of the project; it is large.
var sops = sync.OnceValues(func() (string, error) {
	dir, err := filepath.Abs("../../.cache/peers/sops-" + sopsVersion)
	if err != nil {
		return "", err
	}
	bin := filepath.Join(dir, "sops")
	if _, err := os.Stat(bin); err == nil {
		return bin, nil
	}
	for range 3 {
		cmd := exec.Command("go", "install", "github.com/getsops/sops/v3/cmd/sops@"+sopsVersion)
		cmd.Env = append(os.Environ(), "GOBIN="+dir, "GOWORK=off")
		if _, err = run(15*time.Minute, cmd); err == nil {
			return bin, nil
		}
	}
	return "", err
})

const secretValue = "canary-é \"quoted\"\nsecond line 秘"

// vault is a project with one secret, which from tells where to have.
func vault(t *testing.T, from string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	put(t, filepath.Join(dir, "idpsync.yaml"), `apiVersion: idpsync/v1
kind: Project
allowExec: true
targets: {local: {sandbox: {}}}
`)
	put(t, filepath.Join(dir, "corp.yaml"), `apiVersion: idpsync/v1
kind: IdentityProvider
metadata: {name: corp}
spec: {type: oidc}
---
apiVersion: idpsync/v1
kind: Connection
metadata: {name: corp}
spec:
  provider: corp
  type: oidc
  fields:
    issuerUrl: https://idp.example.com
    clientID: portal
    clientSecret: {secretFrom: `+from+`}
`)
	return dir
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// ageKey lets age-keygen write an identity, and gives its recipient.
func ageKey(t *testing.T, path string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if out, err := run(time.Minute, exec.Command(program(t, "age-keygen"), "-o", path)); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	out, err := exec.Command(program(t, "age-keygen"), "-y", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// arrived applies the project to its sandbox and checks that the server holds
// the very value, and that the program never said it.
func arrived(t *testing.T, dir string, env ...string) {
	t.Helper()
	cmd := exec.Command(idpsync(t), "apply", "--yes", "-C", dir, "--log-level", "debug")
	cmd.Env = append(append(os.Environ(), env...), "IDPSYNC_ALLOW_EXEC=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("apply: %v\n%s", err, out)
	}
	if strings.Contains(string(out), "canary") || strings.Contains(string(out), "AGE-SECRET-KEY") {
		t.Errorf("the output holds a secret:\n%s", out)
	}
	if !textsOf(t, filepath.Join(dir, ".idpsync", "sandbox"))[secretValue] {
		t.Error("the server does not hold the value")
	}
}

// idpsync gives the path of the program.
func idpsync(t *testing.T) string {
	t.Helper()
	must(t, built())
	return programFile
}

// textsOf starts the sandbox on what a run left and collects every text of it.
func textsOf(t *testing.T, data string) map[string]bool {
	t.Helper()
	h := startSandbox(t, "--data", data)
	resp, err := http.Get(h.Listening + "/_sandbox/state")
	must(t, err)
	defer resp.Body.Close()
	var state any
	must(t, json.NewDecoder(resp.Body).Decode(&state))
	texts := map[string]bool{}
	collect(state, texts)
	return texts
}

func collect(v any, texts map[string]bool) {
	switch v := v.(type) {
	case string:
		texts[v] = true
	case []any:
		for _, e := range v {
			collect(e, texts)
		}
	case map[string]any:
		for _, e := range v {
			collect(e, texts)
		}
	}
}

// TestAgeFiles: what the program age wrote, in both of its forms, is read.
func TestAgeFiles(t *testing.T) {
	for _, form := range []string{"", "--armor"} {
		dir := vault(t, "{age: {file: keys/corp.age, identityFile: keys/identity.txt}}")
		recipient := ageKey(t, filepath.Join(dir, "keys", "identity.txt"))
		args := []string{"-r", recipient, "-o", filepath.Join(dir, "keys", "corp.age")}
		if form != "" {
			args = append(args, form)
		}
		cmd := exec.Command(program(t, "age"), args...)
		cmd.Stdin = strings.NewReader(secretValue + "\n")
		if out, err := run(time.Minute, cmd); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		arrived(t, dir)
	}
}

// sopsFile encrypts a file as docs/secrets.md tells.
func sopsFile(t *testing.T, dir string) (env []string) {
	t.Helper()
	bin, err := sops()
	if err != nil {
		t.Fatal(err)
	}
	identity := filepath.Join(dir, "..", filepath.Base(dir)+"-identity.txt")
	recipient := ageKey(t, identity)
	plain, err := json.Marshal(map[string]any{"corp": map[string]any{"clientSecret": secretValue}})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bin, "encrypt", "--age", recipient, "--input-type", "json", "--output-type", "json", "/dev/stdin")
	cmd.Stdin = bytes.NewReader(plain)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, "secrets.enc.json"), string(out))
	return []string{"PATH=" + filepath.Dir(bin) + string(os.PathListSeparator) + os.Getenv("PATH"), "SOPS_AGE_KEY_FILE=" + identity}
}

func TestSOPSByExec(t *testing.T) {
	dir := vault(t, `{exec: [sops, decrypt, --extract, '["corp"]["clientSecret"]', secrets.enc.json]}`)
	arrived(t, dir, sopsFile(t, dir)...)
}

// TestSOPSComplains: the key is missing; the program says so, and idpsync passes
// it on without a request.
func TestSOPSComplains(t *testing.T) {
	dir := vault(t, `{exec: [sops, decrypt, --extract, '["corp"]["clientSecret"]', secrets.enc.json]}`)
	env := sopsFile(t, dir)
	cmd := exec.Command(idpsync(t), "plan", "-C", dir)
	cmd.Env = append(append(os.Environ(), env[0]), "IDPSYNC_ALLOW_EXEC=1", "HOME="+t.TempDir(), "SOPS_AGE_KEY_FILE=")
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "error[IDP0116]") || !strings.Contains(string(out), "it ended with exit status") {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestSOPSFileAsItIs: somebody forgot to decrypt. Neither the file as a secret
// nor a document that went through SOPS reaches a server.
func TestSOPSFileAsItIs(t *testing.T) {
	dir := vault(t, "{file: secrets.enc.json}")
	sopsFile(t, dir)
	out, err := exec.Command(idpsync(t), "apply", "--yes", "-C", dir).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "still encrypted by SOPS or age") {
		t.Errorf("%v\n%s", err, out)
	}
	bin, _ := sops()
	document := filepath.Join(dir, "corp.yaml")
	recipient := ageKey(t, filepath.Join(dir, "..", filepath.Base(dir)+"-other.txt"))
	if out, err := run(time.Minute, exec.Command(bin, "encrypt", "--in-place", "--unencrypted-regex", "^(apiVersion|kind|metadata|provider|type)$", "--age", recipient, document)); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	out, err = exec.Command(idpsync(t), "validate", "-C", dir).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "corp.yaml") || !strings.Contains(string(out), "IDP0118") {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestPassByExec: an entry of the password store, opened by gpg without a word.
func TestPassByExec(t *testing.T) {
	pass, gpg := program(t, "pass"), program(t, "gpg")
	home, err := os.MkdirTemp("", "pass") // gpg's socket wants a short path
	must(t, err)
	t.Cleanup(func() {
		kill := exec.Command("gpgconf", "--homedir", home, "--kill", "all")
		_, _ = run(time.Minute, kill)
		_ = os.RemoveAll(home)
	})
	env := []string{"GNUPGHOME=" + home, "PASSWORD_STORE_DIR=" + filepath.Join(home, "store")}
	do := func(stdin, bin string, args ...string) {
		t.Helper()
		cmd := exec.Command(bin, args...)
		cmd.Env, cmd.Stdin = append(os.Environ(), env...), strings.NewReader(stdin)
		_, err := run(2*time.Minute, cmd)
		must(t, err)
	}
	do("", gpg, "--batch", "--passphrase", "", "--quick-generate-key", "idpsync@example.com", "default", "default", "never")
	do("", pass, "init", "idpsync@example.com")
	do(secretValue+"\n", pass, "insert", "--multiline", "idp/corp")
	arrived(t, vault(t, "{exec: [pass, show, idp/corp]}"), env...)
}
