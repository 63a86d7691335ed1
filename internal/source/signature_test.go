package source_test

import (
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/source"
)

// need skips a test whose judge is not on this machine; a pipeline must have it.
func need(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is not installed", program)
		}
		t.Skipf("%s is not installed: this is NOT TESTED here", program)
	}
}

// sh runs a program that makes keys.
func (w *world) sh(name string, args ...string) string {
	w.t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = w.env
	out, err := cmd.CombinedOutput()
	if err != nil {
		w.t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// signed fetches with signatures required and gives who signed, or the complaint.
func (w *world) signed(env ...string) (string, error) {
	w.t.Helper()
	o := w.options()
	o.RequireSigned, o.Env, o.Dir = true, append(append([]string(nil), w.env...), env...), w.t.TempDir()
	g, err := source.New(o)
	if err != nil {
		w.t.Fatal(err)
	}
	tree, err := g.Fetch(w.t.Context())
	if _, ok := g.Last(w.t.Context()); ok != (err == nil) {
		w.t.Errorf("last %v after %v", ok, err)
	}
	return tree.Signer, err
}

// refused wants a complaint with words, and nothing on the disk.
func (w *world) refused(words string, env ...string) {
	w.t.Helper()
	_, err := w.signed(env...)
	if err == nil || !strings.Contains(err.Error(), words) || !strings.Contains(err.Error(), "nothing of it is used") {
		w.t.Errorf("said %v", err)
	}
}

// forge changes a signed commit and leaves its signature.
func (w *world) forge() {
	w.t.Helper()
	raw := w.run("cat-file", "commit", "HEAD")
	file := filepath.Join(w.t.TempDir(), "commit")
	w.put(file, strings.Replace(raw, "change", "cha nge", 1)+"\n")
	w.run("update-ref", "refs/heads/main", w.run("hash-object", "-t", "commit", "-w", file))
}

func TestSSHSignatures(t *testing.T) {
	need(t, "ssh-keygen")
	w := newWorld(t)
	keys := t.TempDir()
	public := map[string]string{}
	for _, name := range []string{"ann", "eve"} {
		w.sh("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", filepath.Join(keys, name))
		public[name] = strings.TrimSpace(read(t, keys, name+".pub"))
	}
	sign := func(name string) {
		w.commit(nil, "-S"+filepath.Join(keys, name+".pub"))
	}
	w.run("config", "gpg.format", "ssh")
	believe := func(line string) []string {
		file := filepath.Join(t.TempDir(), "signers")
		w.put(file, line+"\n")
		return []string{"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=gpg.ssh.allowedSignersFile", "GIT_CONFIG_VALUE_0=" + file}
	}
	ann := believe(`ann@example.com namespaces="git" ` + public["ann"])

	w.commit(map[string]string{"idpsync.yaml": "one"})
	w.refused("is not signed", ann...)
	sign("ann")
	if who, err := w.signed(ann...); err != nil || !strings.HasPrefix(who, "ann@example.com (SHA256:") {
		t.Errorf("%q, %v", who, err)
	}
	w.refused("nothing here vouches for the key", believe(`eve@example.com namespaces="git" `+public["eve"])...)
	w.refused("nothing here vouches for the key")
	// Which of the two complaints it is depends on the versions of git and ssh.
	w.refused("key", believe(`ann@example.com valid-before="20200101",namespaces="git" `+public["ann"])...)
	w.refused("key", believe(`ann@example.com namespaces="file" `+public["ann"])...)
	w.forge()
	w.refused("has a bad signature", ann...)
	sign("eve")
	w.refused("nothing here vouches for the key", ann...)
}

func TestGPGSignatures(t *testing.T) {
	need(t, "gpg")
	w := newWorld(t)
	home, err := os.MkdirTemp("", "gpg") // short: a socket lies in it
	if err != nil {
		t.Fatal(err)
	}
	w.env = append(w.env, "GNUPGHOME="+home)
	t.Cleanup(func() {
		cmd := exec.Command("gpgconf", "--kill", "all")
		cmd.Env = w.env
		_ = cmd.Run()
		_ = os.RemoveAll(home)
	})
	past := []string{"--faked-system-time", "20200601T000000!"}
	for name, flags := range map[string][]string{"ann": nil, "old": past, "long": past, "gone": nil} {
		w.sh("gpg", append(flags, "--batch", "--quiet", "--passphrase", "", "--quick-gen-key", name+"@example.com", "ed25519", "sign", cmp.Or(map[string]string{"old": "1y"}[name], "0"))...)
	}
	program := func(flags ...string) {
		file := filepath.Join(t.TempDir(), "gpg")
		w.put(file, "#!/bin/sh\nexec gpg "+strings.Join(flags, " ")+" \"$@\"\n")
		if err := os.Chmod(file, 0o700); err != nil {
			t.Fatal(err)
		}
		w.run("config", "gpg.program", file)
	}

	w.commit(map[string]string{"idpsync.yaml": "one"})
	w.refused("is not signed")
	program()
	w.commit(nil, "-Sann@example.com")
	if who, err := w.signed(); err != nil || !strings.HasPrefix(who, "ann@example.com (") {
		t.Errorf("%q, %v", who, err)
	}
	empty := t.TempDir()
	if err := os.Chmod(empty, 0o700); err != nil {
		t.Fatal(err)
	}
	w.refused("nothing here vouches for the key", "GNUPGHOME="+empty)
	w.forge()
	w.refused("has a bad signature")
	program(past...)
	w.commit(nil, "-Sold@example.com")
	w.refused("a key that has expired")
	program("--faked-system-time", "20200601T000000!", "--default-sig-expire", "1d")
	w.commit(nil, "-Slong@example.com")
	w.refused("a signature that has expired")
	program()
	w.commit(nil, "-Sgone@example.com")
	if _, err := w.signed(); err != nil {
		t.Error(err)
	}
	w.revoke(home, "gone@example.com")
	w.refused("a key that was revoked")
}

// revoke imports the certificate that gpg made with the key.
func (w *world) revoke(home, who string) {
	w.t.Helper()
	var print string
	for line := range strings.SplitSeq(w.sh("gpg", "--batch", "--with-colons", "--list-keys", who), "\n") {
		if fields := strings.Split(line, ":"); fields[0] == "fpr" && print == "" {
			print = fields[9]
		}
	}
	file := filepath.Join(w.t.TempDir(), "revoked")
	w.put(file, strings.Replace(read(w.t, home, "openpgp-revocs.d", print+".rev"), ":-----BEGIN", "-----BEGIN", 1))
	w.sh("gpg", "--batch", "--quiet", "--import", file)
}

// TestSignedStays: the last good commit stays when an unsigned one, or an older
// one, is shown; and it is judged anew by a process that wants signatures.
func TestSignedStays(t *testing.T) {
	need(t, "ssh-keygen")
	w := newWorld(t)
	key := filepath.Join(t.TempDir(), "ann")
	w.sh("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key)
	signers := key + ".signers"
	w.put(signers, "ann@example.com "+read(t, key+".pub"))
	w.env = append(w.env, "GIT_CONFIG_COUNT=2", "GIT_CONFIG_KEY_0=gpg.ssh.allowedSignersFile", "GIT_CONFIG_VALUE_0="+signers, "GIT_CONFIG_KEY_1=gpg.format", "GIT_CONFIG_VALUE_1=ssh")
	at := func(date string, flags ...string) string {
		env := w.env
		defer func() { w.env = env }()
		w.env = append(append([]string(nil), env...), "GIT_COMMITTER_DATE="+date+"T00:00:00Z")
		return w.commit(map[string]string{"idpsync.yaml": date}, flags...)
	}
	first := at("2025-01-01", "-S"+key+".pub")
	second := at("2025-01-02", "-S"+key+".pub")
	o := w.options()
	o.RequireSigned = true
	g := w.open(o)
	if tree := fetch(t, g); tree.Commit != second || tree.Signer == "" {
		t.Errorf("got %+v", tree)
	}
	at("2025-01-03")
	if _, err := g.Fetch(t.Context()); err == nil || !strings.Contains(err.Error(), "is not signed") {
		t.Errorf("said %v", err)
	}
	w.run("reset", "--quiet", "--hard", first)
	if _, err := g.Fetch(t.Context()); err == nil || !strings.Contains(err.Error(), "is older than") {
		t.Errorf("said %v", err)
	}
	for _, g := range []*source.Git{g, w.open(o)} {
		if last, ok := g.Last(t.Context()); !ok || last.Commit != second || read(t, last.Dir, "idpsync.yaml") != "2025-01-02" {
			t.Errorf("last %v %+v", ok, last)
		}
	}

	unsigned := at("2025-01-04")
	if tree := fetch(t, w.open(w.options())); tree.Commit != unsigned {
		t.Errorf("got %+v", tree)
	}
	if last, ok := w.open(o).Last(t.Context()); ok {
		t.Errorf("a commit that nobody signed is good: %+v", last)
	}
}
