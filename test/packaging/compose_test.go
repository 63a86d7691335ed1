package packaging

import (
	"context"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/idpsync/idpsync/internal/ledger/ledgertest"
)

// composed is a copy of deploy/compose with its secrets made, and what the library
// of Compose reads from it.
type composed struct {
	dir     string
	project *types.Project
}

func compose(t *testing.T) *composed {
	t.Helper()
	c := &composed{dir: t.TempDir()}
	if err := os.CopyFS(c.dir, os.DirFS(filepath.Join(root, "deploy/compose"))); err != nil {
		t.Fatal(err)
	}
	_ = os.RemoveAll(filepath.Join(c.dir, "secrets")) // of somebody who tries it here
	job{env: bare(t)}.must(t, "sh", filepath.Join(c.dir, "setup.sh"))
	c.project = c.load(t, read(t, filepath.Join(c.dir, "compose.yaml")))
	return c
}

func (c *composed) load(t *testing.T, text string) *types.Project {
	t.Helper()
	p, err := c.try(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (c *composed) try(ctx context.Context, text string) (*types.Project, error) {
	return loader.LoadWithContext(ctx, types.ConfigDetails{
		WorkingDir: c.dir, ConfigFiles: []types.ConfigFile{{Filename: "compose.yaml", Content: []byte(text)}}, Environment: types.Mapping{},
	})
}

// TestComposeJudge: the library tells what Compose would not take.
func TestComposeJudge(t *testing.T) {
	c := compose(t)
	text := read(t, filepath.Join(c.dir, "compose.yaml"))
	for from, to := range map[string]string{
		"stop_grace_period:":            "stop_grace_perriod:",
		"secrets: [database-password]":  "secrets: [databse-password]",
		"database: {condition: service": "databse: {condition: service",
		"retries: 6":                    "retries: many",
	} {
		broken := strings.Replace(text, from, to, 1)
		if _, err := c.try(t.Context(), broken); broken == text || err == nil {
			t.Errorf("it takes %q", to)
		}
	}
}

// TestComposeIsHarmless: what runs may do little, only this machine reaches it,
// and no secret stands in a file that is shown or kept.
func TestComposeIsHarmless(t *testing.T) {
	c := compose(t)
	for _, s := range c.project.Services {
		for _, p := range s.Ports {
			if p.HostIP != "127.0.0.1" {
				t.Errorf("%s: other machines reach port %s", s.Name, p.Published)
			}
		}
		if s.HealthCheck == nil || !slices.Contains(s.SecurityOpt, "no-new-privileges:true") || s.Restart != "unless-stopped" {
			t.Errorf("%s is not looked after", s.Name)
		}
		if s.Name != "database" && (!s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"})) {
			t.Errorf("%s may do more than it needs", s.Name)
		}
		for _, secret := range s.Secrets {
			if _, err := os.Stat(c.secret(secret.Source)); err != nil {
				t.Errorf("%s: setup.sh makes no %s", s.Name, secret.Source)
			}
		}
	}
	secrets := strings.Fields(read(t, c.secret("serve.env")))
	for name := range c.project.Secrets {
		secrets = append(secrets, strings.TrimSpace(read(t, c.secret(name))))
	}
	again := job{env: bare(t)}.must(t, "sh", filepath.Join(c.dir, "setup.sh"))
	for _, secret := range secrets {
		_, value, _ := strings.Cut("="+secret, "=")
		if len(value) < 32 {
			t.Errorf("a secret has %d characters", len(value))
		}
		for _, name := range []string{"compose.yaml", "fleet/fleet.yaml", "fleet/config/idpsync.yaml", "fleet/config/portal.yaml"} {
			if strings.Contains(read(t, filepath.Join(c.dir, name)), value) {
				t.Errorf("a secret stands in %s", name)
			}
		}
	}
	if !strings.Contains(again, strings.TrimSpace(read(t, c.secret("page-token")))) {
		t.Error("the second time setup.sh makes other secrets")
	}
	if info, err := os.Stat(filepath.Join(c.dir, "secrets")); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("others may look into secrets/: %v", info.Mode())
	}
	if !strings.Contains(read(t, filepath.Join(c.dir, ".gitignore")), "/secrets/\n") {
		t.Error("git would take the secrets")
	}
}

func (c *composed) secret(name string) string { return filepath.Join(c.dir, "secrets", name) }

// TestComposeDatabase: the URL and the password of the replicas are those that the
// database is made with.
func TestComposeDatabase(t *testing.T) {
	c := compose(t)
	database := c.project.Services["database"]
	for _, name := range []string{"serve-1", "serve-2"} {
		s := c.project.Services[name]
		t.Setenv("PGPASSFILE", c.here(*s.Environment["PGPASSFILE"]))
		config, err := pgconn.ParseConfig(*s.Environment["IDPSYNC_DATABASE"])
		if err != nil {
			t.Fatal(err)
		}
		if config.Host != "database" || config.User != *database.Environment["POSTGRES_USER"] || config.Database != *database.Environment["POSTGRES_DB"] ||
			config.Password == "" || config.Password != read(t, c.here(*database.Environment["POSTGRES_PASSWORD_FILE"])) {
			t.Errorf("%s connects to %s/%s as %s", name, config.Host, config.Database, config.User)
		}
		if s.DependsOn["database"].Condition != types.ServiceConditionHealthy {
			t.Errorf("%s does not wait for the database", name)
		}
	}
}

// here moves what a container sees to where it lies here.
func (c *composed) here(text string) string {
	return strings.NewReplacer("/run/secrets", filepath.Join(c.dir, "secrets"), "/etc/idpsync", filepath.Join(c.dir, "fleet")).Replace(text)
}

// TestCompose: the services start with their own command lines and settings, two
// replicas make both pools as the files say, the checks of health say so, and a
// changed file reaches the pools although one replica is gone.
func TestCompose(t *testing.T) {
	curl := program(t, "curl", "curl")
	c := compose(t)
	database := ledgertest.Start(t).Database(t)
	project := filepath.Join(c.dir, "fleet/config/idpsync.yaml")
	text, portal := read(t, project), filepath.Join(c.dir, "fleet/config/portal.yaml")
	for _, name := range []string{"customer-a", "customer-b"} {
		s := c.project.Services[name]
		data := t.TempDir()
		keys := s.Secrets[0]
		write(t, data, map[string]string{strings.TrimPrefix(keys.Target, "/pool/"): read(t, c.secret(keys.Source))})
		p := begin(t, t.TempDir(), bare(t), idpsync(t), moved(s.Command, map[string]string{"--listen": "127.0.0.1:0", "--data": data})...)
		address := p.address(t)
		healthy(t, curl, p, s, "http://127.0.0.1:4010", address)
		text = strings.Replace(text, "http://"+name+":4010", address, 1)
	}
	write(t, c.dir, map[string]string{"fleet/config/idpsync.yaml": text, "fleet/config/portal.yaml": c.here(read(t, portal))})

	replicas, addresses := []*process{}, []string{}
	for _, name := range []string{"serve-1", "serve-2"} {
		s := c.project.Services[name]
		env := bare(t, "IDPSYNC_SECRET_DIRS="+filepath.Join(c.dir, "secrets"))
		for name, value := range s.Environment {
			if name != "IDPSYNC_DATABASE" {
				env = append(env, name+"="+c.here(*value))
			}
		}
		args := []string{}
		for _, arg := range moved(s.Command, map[string]string{"--dir": t.TempDir(), "--listen": "127.0.0.1:0"}) {
			args = append(args, c.here(arg))
		}
		p := begin(t, t.TempDir(), append(env, "IDPSYNC_DATABASE="+database), idpsync(t), args...)
		replicas, addresses = append(replicas, p), append(addresses, p.address(t))
		healthy(t, curl, p, s, "http://127.0.0.1:8484", addresses[len(addresses)-1])
	}
	token := strings.TrimSpace(read(t, c.secret("page-token")))
	for i, p := range replicas {
		p.await(t, "two pools in sync", func() bool { return inSync(t, addresses[i], token) == 2 })
	}
	if err := replicas[0].cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Dir(portal), map[string]string{"portal.yaml": strings.Replace(read(t, portal), "appName: Portal", "appName: Gate", 1)})
	env := append(bare(t, "IDPSYNC_SECRET_DIRS="+filepath.Join(c.dir, "secrets")), strings.Fields(read(t, c.secret("serve.env")))...)
	replicas[1].await(t, "change in both pools", func() bool {
		for _, target := range []string{"customer-a", "customer-b"} {
			if r := (job{dir: filepath.Dir(project), env: env}).run(t, idpsync(t), "plan", "-t", target, "--detailed-exitcode"); r.code != 0 {
				return false
			}
		}
		return true
	})
	replicas[1].end(t)
}

// healthy waits until the service's own check is content.
func healthy(t *testing.T, curl string, p *process, s types.ServiceConfig, from, to string) {
	t.Helper()
	test := s.HealthCheck.Test
	if len(test) < 3 || test[0] != "CMD" || test[1] != "curl" {
		t.Fatalf("%s is checked by %v", s.Name, test)
	}
	args := slices.Clone(test[2:])
	for i, arg := range args {
		args[i] = strings.Replace(arg, from, to, 1)
	}
	if u, err := url.Parse(args[len(args)-1]); err != nil || "http://"+u.Host != to {
		t.Fatalf("%s is checked by %v", s.Name, test)
	}
	p.await(t, "health", func() bool { return job{env: bare(t)}.run(t, curl, args...).code == 0 })
}

// inSync counts the targets that a replica shows to be as their files say.
func inSync(t *testing.T, address, token string) int {
	t.Helper()
	_, body := fetch(t, address+"/api/v1/status", token)
	var status struct {
		Targets []struct{ Verdict string }
	}
	if json.Unmarshal(body, &status) != nil {
		return 0
	}
	n := 0
	for _, target := range status.Targets {
		if target.Verdict == "in sync" {
			n++
		}
	}
	return n
}
