package serve

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// project is a folder of files whose targets are pools, and what they ask for.
type project struct {
	name  string // of the source
	dir   string
	pools []*pool
	shape shape
	title string // what the files say now
}

// shape is how many objects the files declare: a provider and its connection for
// each login, and an application that offers them, beside applications alone.
type shape struct{ logins, apps int }

// objects counts them: the buttons that an application offers are objects too.
func (s shape) objects() int { return 2*s.logins + s.apps + s.logins*min(1, s.apps) }

// newProject makes the files. Every pool is a target under its own name.
func newProject(t testing.TB, dir, name, address string, list []*pool, s shape) *project {
	t.Helper()
	p := &project{name: name, dir: filepath.Join(dir, name), pools: list, shape: s}
	var b strings.Builder
	b.WriteString("apiVersion: idpsync/v1\nkind: Project\npolicy: {maxDeletes: 100, maxDeletePercent: 100}\ntargets:\n")
	for _, l := range list {
		fmt.Fprintf(&b, "  %s: {host: %q, userPoolId: %q, api: v3, settle: 0s, maxRPS: 0, credentials: {accessKeyId: {env: %s}, accessKeySecret: {env: %s}}}\n",
			l.name, address+"/"+l.name, l.keys.UserPoolID, l.variable("ID"), l.variable("SECRET"))
	}
	p.edit(t, "first")
	write(t, filepath.Join(p.dir, "idpsync.yaml"), b.String())
	return p
}

// edit gives everything that people read another title.
func (p *project) edit(t testing.TB, title string) {
	t.Helper()
	p.title = title
	write(t, filepath.Join(p.dir, "objects.yaml"), p.documents(title))
}

func (p *project) documents(title string) string {
	var b strings.Builder
	var names []string
	for i := range p.shape.logins {
		names = append(names, fmt.Sprintf("login-%d", i))
		fmt.Fprintf(&b, `---
apiVersion: idpsync/v1
kind: IdentityProvider
metadata: {name: provider-%[1]d}
spec: {name: Provider %[1]d, type: oidc}
---
apiVersion: idpsync/v1
kind: Connection
metadata: {name: login-%[1]d}
spec:
  provider: provider-%[1]d
  type: oidc
  displayName: %[2]s
  fields: {issuerUrl: "https://id-%[1]d.example.com", clientID: client-%[1]d, clientSecret: {secretFrom: {env: LOGIN_SECRET}}}
`, i, title)
	}
	for i := range p.shape.apps {
		offers := ""
		if i == 0 {
			offers = ", connections: [" + strings.Join(names, ", ") + "]"
		}
		fmt.Fprintf(&b, `---
apiVersion: idpsync/v1
kind: Application
metadata: {name: app-%[1]d}
spec: {appName: %[2]s, redirectUris: ["https://app-%[1]d.example.com/cb"]%[3]s}
`, i, title, offers)
	}
	return b.String()
}

// wrong tells how a pool differs from what the files ask; "" when it does not.
func (p *project) wrong(t testing.TB, l *pool) string {
	t.Helper()
	s := l.state(t)
	if len(s.IdentityProviders) != p.shape.logins || len(s.Applications) != p.shape.apps {
		return fmt.Sprintf("%s has %d providers and %d applications, want %d and %d", l.name, len(s.IdentityProviders), len(s.Applications), p.shape.logins, p.shape.apps)
	}
	for _, provider := range s.IdentityProviders {
		if len(provider.Connections) != 1 || provider.Connections[0].DisplayName != p.title {
			return fmt.Sprintf("%s: %s has %+v, want one connection titled %q", l.name, provider.Name, provider.Connections, p.title)
		}
	}
	for _, app := range s.Applications {
		if app.AppName != p.title {
			return fmt.Sprintf("%s: %s is called %q, want %q", l.name, app.AppIdentifier, app.AppName, p.title)
		}
	}
	return ""
}

// duplicates lists the objects that a pool has twice under what tells them apart
// for people: nothing on a server prevents a second provider of one name.
func (l *pool) duplicates(t testing.TB) (twice []string) {
	t.Helper()
	seen := map[string]int{}
	s := l.state(t)
	for _, p := range s.IdentityProviders {
		seen["provider "+p.Name]++
		for _, c := range p.Connections {
			seen["connection "+c.Identifier]++
		}
	}
	for _, a := range s.Applications {
		seen["application "+a.AppIdentifier]++
	}
	for what, n := range seen {
		if n > 1 {
			twice = append(twice, fmt.Sprintf("%s: %s %d times", l.name, what, n))
		}
	}
	return twice
}

// fleetFile lists projects, all targets of each with one entry.
func fleetFile(t testing.TB, dir, interval, mode string, projects ...*project) string {
	t.Helper()
	return fleetOf(t, dir, "interval: "+interval+", mode: "+mode, projects...)
}

func fleetOf(t testing.TB, dir, how string, projects ...*project) string {
	t.Helper()
	var sources, targets strings.Builder
	for _, p := range projects {
		fmt.Fprintf(&sources, "  - {name: %s, dir: %s}\n", p.name, p.dir)
		fmt.Fprintf(&targets, "  - {source: %s, match: \"*\", %s}\n", p.name, how)
	}
	name := filepath.Join(dir, "fleet.yaml")
	write(t, name, "apiVersion: idpsync/v1\nkind: Fleet\nsources:\n"+sources.String()+"targets:\n"+targets.String())
	return name
}
