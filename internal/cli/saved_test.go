package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/cli"
	"github.com/idpsync/idpsync/internal/report"
	"github.com/idpsync/idpsync/internal/secret"
)

// savedPlan makes a project and a plan file in it.
func savedPlan(t *testing.T, files map[string]string) (c call, text []byte) {
	t.Helper()
	c = call{dir: project(t, files)}
	c.run(t, "plan", "--out", "the.plan").want(t, cli.OK, []string{"Plan: "}, []string{"kept in the.plan"})
	text, err := os.ReadFile(filepath.Join(c.dir, "the.plan"))
	if err != nil {
		t.Fatal(err)
	}
	return c, text
}

func (c call) write(t *testing.T, name string, text []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(c.dir, name), text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestEachByteOfAPlanFile: whichever byte is changed, apply ends with 4, says
// what is wrong, and asks the server nothing.
func TestEachByteOfAPlanFile(t *testing.T) {
	f := files("https://api.example.com")
	f["corp.yaml"], _, _ = strings.Cut(corpFile, "---") // one provider: the test runs the program once a byte
	c, text := savedPlan(t, f)
	host, visits := counted(t)
	c.write(t, "idpsync.yaml", []byte("apiVersion: idpsync/v1\nkind: Project\ntargets: {local: {host: \""+host+"\", userPoolId: 62eaa95fe0a1b29a5295bf7c}}\n"))
	c.env = map[string]string{"IDPSYNC_ACCESS_KEY_ID": "k", "IDPSYNC_ACCESS_KEY_SECRET": "s"}
	for i := range text {
		bad := bytes.Clone(text)
		bad[i] ^= 1 << (i % 8)
		c.write(t, "bad.plan", bad)
		r := c.run(t, "apply", "bad.plan", "--yes")
		if r.code != int(cli.Stale) || !strings.Contains(r.stderr, "error[IDP040") || !strings.Contains(r.stderr, "bad.plan") || r.stdout != "" {
			t.Fatalf("byte %d (%q): exit %d, stdout %q, stderr %q", i, text[i], r.code, r.stdout, r.stderr)
		}
	}
	if visits() != 0 {
		t.Errorf("%d requests", visits())
	}
	t.Logf("%d bytes flipped, each refused; 0 requests", len(text))
	c.run(t, "apply", "the.plan")
	if visits() == 0 {
		t.Error("the whole file was refused as well: the test proves nothing")
	}
}

// TestAForgedPlanDoesNothing: a checksum that fits is no leave to do what the
// files do not say.
func TestAForgedPlanDoesNothing(t *testing.T) {
	var noKey *secret.Fingerprinter
	for _, forged := range []struct {
		name   string
		change func(*report.Saved)
		says   string
	}{
		{"a change less", func(s *report.Saved) { s.Plan.Changes = s.Plan.Changes[:3] }, "the changes are not"},
		{"another value", func(s *report.Saved) { s.Plan.Changes[0].Fields[0].After = "evil" }, "the changes are not"},
		{"another action", func(s *report.Saved) { s.Plan.Changes[0].Action = "delete" }, "the changes are not"},
		{"another pool", func(s *report.Saved) { s.Plan.Target.UserPoolID = "000000000000000000000000" }, "another pool"},
		{"other files", func(s *report.Saved) { s.Plan.ConfigDigest = "sha256:0" }, "the files have changed"},
		{"a selection", func(s *report.Saved) { s.Options.Select = []string{"application/*", "connection/*"} }, "IDP0213"},
		{"a push", func(s *report.Saved) { s.Options.Push = "everything" }, "the options of the plan file"},
		{"no parallelism", func(s *report.Saved) { s.Options.Parallelism = 0 }, "the options of the plan file"},
		{"a guard that nothing overrides", func(s *report.Saved) { s.Options.Override = map[string]string{"incomplete-read": "x"} }, "the options of the plan file"},
	} {
		t.Run(forged.name, func(t *testing.T) {
			c, text := savedPlan(t, files("https://api.example.com"))
			s, err := report.DecodeSaved(text, noKey)
			if err != nil {
				t.Fatal(err)
			}
			forged.change(s)
			var out bytes.Buffer
			if err := report.EncodeSaved(&out, s, noKey); err != nil {
				t.Fatal(err)
			}
			c.write(t, "forged.plan", out.Bytes())
			r := c.run(t, "apply", "forged.plan")
			if r.code == int(cli.OK) || !strings.Contains(r.stderr, forged.says) {
				t.Errorf("exit %d, stderr %q", r.code, r.stderr)
			}
			c.run(t, "plan").want(t, cli.OK, []string{"Plan: 4 to create"}, nil)
		})
	}
}

func TestAPlanFileOnAFullDisk(t *testing.T) {
	c := call{dir: project(t, files("https://api.example.com"))}
	c.run(t, "plan", "--out", "/dev/full").want(t, cli.Failure, nil, []string{"--out: write /dev/full"})
}
