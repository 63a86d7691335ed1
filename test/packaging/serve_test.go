package packaging

import (
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/idpsync/idpsync/internal/ledger/ledgertest"
)

// fleetFile is a fleet for releases that bring their own.
const fleetFile = `apiVersion: idpsync/v1
kind: Fleet
sources: [{name: main, dir: /config/main}]
targets: [{source: main, match: "*"}]
`

// serveProject is a project where the chart leaves the files to others.
const serveProject = `apiVersion: idpsync/v1
kind: Project
targets:
  prod:
    host: https://api.authing.cn
    userPoolId: 62eaa95fe0a1b29a5295bf7c
    credentials: {accessKeyId: {env: PROD_AK}, accessKeySecret: {env: PROD_SK}}
  customer-1:
    host: https://api.authing.cn
    userPoolId: 62eaa95fe0a1b29a5295bf7d
    credentials: {accessKeyId: {env: PROD_AK}, accessKeySecret: {env: PROD_SK}}
`

// startsServe gives a command line and the fleet of a release, if there is one, to
// two replicas on one database, with all places moved to ones that are here. No pool
// answers, which must keep no replica from being ready: an update would wait for it
// for ever.
func startsServe(t *testing.T, args []string, d *documents, database string) {
	t.Helper()
	dir, token := t.TempDir(), strings.Repeat("t", 40)
	fleet := strings.ReplaceAll(fleetFile, "/config/", filepath.Join(dir, "config")+"/")
	write(t, dir, map[string]string{"config/main/idpsync.yaml": reachless(t, serveProject)})
	if d != nil {
		fleet = layOut(t, d, dir)
	}
	write(t, dir, map[string]string{"token": token + "\n", "secret": strings.Repeat("s", 40), "fleet/fleet.yaml": fleet})
	for range 2 {
		home := t.TempDir()
		here := moved(args, map[string]string{
			"--auth-token-file": filepath.Join(dir, "token"), "--hook-secret-file": filepath.Join(dir, "secret"), "--dir": home, "-C": home,
			"--fleet": filepath.Join(dir, "fleet/fleet.yaml"), "--listen": "127.0.0.1:0",
		})
		env := bare(t, "IDPSYNC_DATABASE="+database, "PROD_AK=x", "PROD_SK=x", "SHOP_AK=x", "SHOP_SK=x", "CUSTOMERS_URL=file://"+filepath.Join(dir, "git"))
		p := begin(t, t.TempDir(), env, idpsync(t), here...)
		address := p.address(t)
		p.await(t, "answer", func() bool { return ask(t, address+"/healthz", "") == http.StatusOK })
		p.await(t, "readiness", func() bool { return ask(t, address+"/readyz", "") == http.StatusOK })
		p.keepsStrangersOut(t, address, token)
		defer p.end(t)
	}
}

// layOut puts the projects of a release into a folder, and gives its fleet file
// with their places in it.
func layOut(t *testing.T, d *documents, dir string) string {
	t.Helper()
	fleet := fleetFile
	for _, v := range d.deployment.Spec.Template.Spec.Volumes {
		source, isSource := strings.CutPrefix(v.Name, "source-")
		switch {
		case v.ConfigMap == nil:
		case d.configs[v.ConfigMap.Name] == nil && isSource:
			write(t, dir, map[string]string{"config/" + source + "/idpsync.yaml": reachless(t, serveProject)})
		case d.configs[v.ConfigMap.Name] == nil:
		case isSource:
			for name, text := range d.configs[v.ConfigMap.Name].Data {
				write(t, dir, map[string]string{"config/" + source + "/" + name: reachless(t, text)})
			}
		default:
			fleet = d.configs[v.ConfigMap.Name].Data["fleet.yaml"]
		}
	}
	if strings.Contains(fleet, "git:") {
		write(t, dir, map[string]string{"git/config/idpsync.yaml": reachless(t, serveProject), "git/idpsync.yaml": reachless(t, serveProject)})
		commits(t, filepath.Join(dir, "git"))
		fleet = regexp.MustCompile(`url: https://\S+`).ReplaceAllString(fleet, "url: file://"+filepath.Join(dir, "git"))
	}
	return strings.ReplaceAll(fleet, "/config/", filepath.Join(dir, "config")+"/")
}

// reachless is a project whose pools do not answer.
func reachless(t *testing.T, project string) string {
	t.Helper()
	return strings.ReplaceAll(project, "https://api.authing.cn", "http://"+deaf(t))
}

// deaf is an address where every connection ends at once.
func deaf(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_ = c.Close()
		}
	}()
	return l.Addr().String()
}

// TestServeMeetsNewerTables: in an update the first replica of a new version carries
// the tables forward. One of the old version, that runs, ends and says why; it does
// not write to tables that it does not know.
func TestServeMeetsNewerTables(t *testing.T) {
	dir, database := t.TempDir(), ledgertest.Start(t).Database(t)
	write(t, dir, map[string]string{
		"config/main/idpsync.yaml": reachless(t, serveProject), "fleet.yaml": strings.ReplaceAll(fleetFile, "/config/", "config/"),
	})
	env := bare(t, "IDPSYNC_DATABASE="+database, "PROD_AK=x", "PROD_SK=x")
	p := begin(t, t.TempDir(), env, idpsync(t), "serve", "-C", t.TempDir(), "--fleet", filepath.Join(dir, "fleet.yaml"), "--listen", "127.0.0.1:0")
	address := p.address(t)
	p.await(t, "readiness", func() bool { return ask(t, address+"/readyz", "") == http.StatusOK })
	ledgertest.Statement(t, database, "insert into idpsync_migration (version, name) values (9999, '9999_later.sql')")
	select {
	case <-p.ended:
	case <-time.After(5 * time.Minute):
		t.Fatalf("it works on, with tables of a later version\n%s", tail(p.said.String()))
	}
	if code := p.cmd.ProcessState.ExitCode(); code != 1 || !strings.Contains(p.said.String(), "newer version") {
		t.Errorf("it ended with %d\n%s", code, tail(p.said.String()))
	}
}
