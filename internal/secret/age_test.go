package secret_test

import (
	"bytes"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
	"filippo.io/age/armor"

	"github.com/idpsync/idpsync/internal/secret"
)

// encrypt is what the program age does.
func encrypt(t *testing.T, to *age.X25519Identity, value string, armored bool) string {
	t.Helper()
	var out bytes.Buffer
	var sink io.Writer = &out
	closeArmor := func() error { return nil }
	if armored {
		a := armor.NewWriter(&out)
		sink, closeArmor = a, a.Close
	}
	w, err := age.Encrypt(sink, to.Recipient())
	if err == nil {
		_, err = io.WriteString(w, value)
	}
	if err == nil {
		err = w.Close()
	}
	if err == nil {
		err = closeArmor()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestAge(t *testing.T) {
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	other, _ := age.GenerateX25519Identity()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a.age"), encrypt(t, key, "canary-é\"\n", false))
	write(t, filepath.Join(dir, "b.age"), encrypt(t, key, "two\n\n", true))
	write(t, filepath.Join(dir, "nested.age"), encrypt(t, key, encrypt(t, key, "x", true), true))
	write(t, filepath.Join(dir, "empty.age"), encrypt(t, key, "\n", true))
	write(t, filepath.Join(dir, "half.age"), encrypt(t, key, "canary", false)[:190])
	write(t, filepath.Join(dir, "large.age"), encrypt(t, key, strings.Repeat("x", 1<<20-50), false))
	write(t, filepath.Join(dir, "keys.txt"), "# created: today\n# public key: x\n"+other.String()+"\n"+key.String()+"\n")
	write(t, filepath.Join(dir, "other.txt"), other.String()+"\n")
	write(t, filepath.Join(dir, "plain.txt"), "canary")
	o := secret.Options{Dir: dir, LookupEnv: environment("KEY", key.String(), "NONE", "")}
	tests := []struct {
		file, identityFile, identityEnv string
		want                            string
		why                             secret.Why
	}{
		{"a.age", "keys.txt", "", "canary-é\"", ""},
		{"b.age", "", "KEY", "two\n", ""},
		{"nested.age", "", "KEY", "", secret.Encrypted},
		{"empty.age", "", "KEY", "", secret.Empty},
		{"half.age", "", "KEY", "", secret.Failed},
		{"plain.txt", "", "KEY", "", secret.Failed},
		{"large.age", "", "KEY", "", secret.TooLarge},
		{"none.age", "", "KEY", "", secret.Absent},
		{"../a.age", "", "KEY", "", secret.Denied},
		{"a.age", "other.txt", "", "", secret.Failed},
		{"a.age", "plain.txt", "", "", secret.Failed},
		{"a.age", "none.txt", "", "", secret.Failed},
		{"a.age", "/etc/hostname", "", "", secret.Failed},
		{"a.age", "", "NONE", "", secret.Failed},
	}
	for _, tt := range tests {
		ref := secret.AgeSource{File: tt.file, IdentityFile: tt.identityFile, IdentityEnv: tt.identityEnv}.Ref()
		t.Run(ref, func(t *testing.T) {
			if got, why := one(t, ref, o); got != tt.want || why != tt.why {
				t.Errorf("%d bytes, why %q; want %d bytes, why %q", len(got), why, len(tt.want), tt.why)
			}
		})
	}
}

func TestWhatNobodyDecryptedIsRefused(t *testing.T) {
	for value, want := range map[string]secret.Why{
		"ENC[AES256_GCM,data:Zm9v,iv:aXY=,tag:dGFn,type:str]":    secret.Encrypted,
		"password: ENC[AES256_GCM,data:Zm9v,iv:aXY=,tag:dGFn]\n": secret.Encrypted,
		"-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n":             secret.Encrypted,
		"age-encryption.org/v1\n-> X25519 \xff":                  secret.Encrypted,
		"ENC[rot13,x]":                                           "",
	} {
		if _, why := one(t, "env:V", secret.Options{LookupEnv: environment("V", value), Sandbox: true}); why != want {
			t.Errorf("%.20q: why %q, want %q", value, why, want)
		}
	}
}
