package secret_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/secret"
)

func connection(fields map[string]any) *model.Resource {
	return &model.Resource{
		Key:        model.Key{Kind: model.Connection, Name: "corp"},
		Attributes: map[string]any{"fields": fields},
	}
}

func environment(pairs ...string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1], true
			}
		}
		return "", false
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// one resolves a single reference and returns its value, or the reason.
func one(t *testing.T, ref string, o secret.Options) (string, secret.Why) {
	t.Helper()
	st := model.NewState(connection(map[string]any{"s": model.SecretRef(ref)}))
	out, missing := secret.Resolve(context.Background(), st, o)
	got, _ := out.Get(model.Key{Kind: model.Connection, Name: "corp"}).At("fields", "s")
	s := got.(model.Secret)
	if len(missing) == 0 {
		if !s.Resolved() {
			t.Fatal("neither resolved nor missing")
		}
		return s.Reveal(), ""
	}
	if s.Resolved() || s.Reveal() != "" {
		t.Fatal("a missing secret must stay a reference")
	}
	return "", missing[0].Why
}

func TestSources(t *testing.T) {
	dir, extra, outside := t.TempDir(), t.TempDir(), t.TempDir()
	write(t, filepath.Join(dir, "keys/a"), "one\n")
	write(t, filepath.Join(dir, "keys/two-newlines"), "one\n\n")
	write(t, filepath.Join(dir, "keys/crlf"), "one\r\n")
	write(t, filepath.Join(dir, "keys/blank"), "\n")
	write(t, filepath.Join(dir, "keys/binary"), "\xff\xfe")
	write(t, filepath.Join(dir, "keys/large"), strings.Repeat("x", 1<<20+1))
	write(t, filepath.Join(dir, "keys/brim"), strings.Repeat("x", 1<<20))
	write(t, filepath.Join(extra, "b"), "two")
	write(t, filepath.Join(outside, "c"), "three")
	for link, to := range map[string]string{"inside": "keys/a", "outside": filepath.Join(outside, "c"), "up": "../../c"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	o := secret.Options{
		Dir:       dir,
		LookupEnv: environment("A", "alpha", "EMPTY", "", "COPIED", "change-me", "BAD", "\xff", secret.DirsVariable, extra),
		Example:   map[string]string{"COPIED": "change-me", "A": "something else"},
	}
	tests := []struct {
		ref, want string
		why       secret.Why
	}{
		{"env:A", "alpha", ""},
		{"env:NOPE", "", secret.Unset},
		{"env:EMPTY", "", secret.Empty},
		{"env:COPIED", "", secret.Example},
		{"env:BAD", "", secret.Binary},
		{"file:keys/a", "one", ""},
		{"file:keys/two-newlines", "one\n", ""},
		{"file:keys/crlf", "one", ""},
		{"file:keys/blank", "", secret.Empty},
		{"file:keys/binary", "", secret.Binary},
		{"file:keys/large", "", secret.TooLarge},
		{"file:keys/brim", strings.Repeat("x", 1<<20), ""},
		{"file:keys/none", "", secret.Absent},
		{"file:keys", "", secret.Failed},
		{"file:inside", "one", ""},
		{"file:outside", "", secret.Denied},
		{"file:up", "", secret.Denied},
		{"file:../c", "", secret.Denied},
		{"file:" + filepath.Join(dir, "keys/a"), "one", ""},
		{"file:" + filepath.Join(extra, "b"), "two", ""},
		{"file:" + filepath.Join(outside, "c"), "", secret.Denied},
		{"file:/run/secrets/idpsync-no-such-secret", "", secret.Absent},
		{"vault:x", "", secret.Unsupported},
	}
	for _, tt := range tests {
		t.Run(strings.ReplaceAll(tt.ref, "/", "_"), func(t *testing.T) {
			got, why := one(t, tt.ref, o)
			if got != tt.want || why != tt.why {
				t.Errorf("%d bytes, why %q; want %d bytes, why %q", len(got), why, len(tt.want), tt.why)
			}
		})
	}
}

func TestSandboxAcceptsEmptyAndExample(t *testing.T) {
	o := secret.Options{
		Sandbox:   true,
		LookupEnv: environment("EMPTY", "", "COPIED", "change-me"),
		Example:   map[string]string{"COPIED": "change-me"},
	}
	for ref, want := range map[string]string{"env:EMPTY": "", "env:COPIED": "change-me"} {
		if got, why := one(t, ref, o); got != want || why != "" {
			t.Errorf("%s: why %q", ref, why)
		}
	}
	if _, why := one(t, "env:NOPE", o); why != secret.Unset {
		t.Errorf("an unset variable is missing in a sandbox too, got %q", why)
	}
}

func TestResolveCopiesAndFetchesOnce(t *testing.T) {
	calls := 0
	o := secret.Options{LookupEnv: func(string) (string, bool) { calls++; return "v", true }}
	in := connection(map[string]any{
		"plain": "x",
		"list":  []any{"y", model.SecretRef("env:A")},
		"deep":  map[string]any{"a.b": model.SecretRef("env:A")},
		"kept":  model.ServerSecret(),
	})
	plain := &model.Resource{Key: model.Key{Kind: model.IdentityProvider, Name: "p"}, Attributes: map[string]any{"name": "P"}}
	out, missing := secret.Resolve(context.Background(), model.NewState(in, plain), o)
	if calls != 1 || len(missing) != 0 {
		t.Fatalf("calls %d, missing %v", calls, missing)
	}
	if out.Get(plain.Key) != plain {
		t.Error("a resource without secrets need not be copied")
	}
	want := map[string]any{"fields": map[string]any{
		"plain": "x",
		"list":  []any{"y", model.SecretValue("env:A", "v")},
		"deep":  map[string]any{"a.b": model.SecretValue("env:A", "v")},
		"kept":  model.ServerSecret(),
	}}
	if diff := cmp.Diff(want, out.Get(in.Key).Attributes); diff != "" {
		t.Error(diff)
	}
	if s, _ := in.At("fields", "deep", "a.b"); s.(model.Secret).Resolved() {
		t.Error("the desired state was changed")
	}
}

func TestMissingNamesEveryPlace(t *testing.T) {
	in := connection(map[string]any{"b": model.SecretRef("env:X"), "a.c": model.SecretRef("env:X")})
	_, missing := secret.Resolve(context.Background(), model.NewState(in), secret.Options{})
	var got []string
	for _, m := range missing {
		got = append(got, fmt.Sprintf("%s %s %s %s", m.Key, m.Path, m.Ref, m.Why))
	}
	want := []string{`connection/corp fields."a.c" env:X unset`, `connection/corp fields.b env:X unset`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestCancelledResolvesNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	in := connection(map[string]any{"b": model.SecretRef("env:A")})
	_, missing := secret.Resolve(ctx, model.NewState(in), secret.Options{LookupEnv: environment("A", "x")})
	if len(missing) != 1 || missing[0].Why != secret.Failed {
		t.Errorf("%v", missing)
	}
}

func TestParseExample(t *testing.T) {
	in := "# comment\n\nA=one\nexport B=\"two words\"\nC='x' \nD = four # why\nnonsense\nE=\n"
	want := map[string]string{"A": "one", "B": "two words", "C": "x", "D": "four", "E": ""}
	if diff := cmp.Diff(want, secret.ParseExample([]byte(in))); diff != "" {
		t.Error(diff)
	}
}
