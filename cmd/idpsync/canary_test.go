package main

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/sandbox"
)

// canaries are the secrets of the world: of every sort that has ever slipped
// through a filter. A word that outputs have anyway cannot be searched for; for
// fieldName TestCanary compares two worlds instead.
var canaries = map[string]string{
	"CORP_SECRET":   "canary-corp-0001",
	"CORP_SECRET_2": "ca\"na'ry<&>\\${x}\n\t金丝雀-0002",
	"WX_SECRET":     "龘",
	"LARK_SECRET":   fieldName,
	"HUB_SECRET":    "canary-hub-" + strings.Repeat("0123456789abcdef", 256),
	"CRM_SECRET":    " canary crm 0006 ",
	"CRM_SECRET_2":  "canary%2Fcrm+0007==",
	"SAML_KEY":      "-----BEGIN PRIVATE KEY-----\nY2FuYXJ5LXNhbWwtMDAwOA==\n-----END PRIVATE KEY-----\n",
	"SAML_KEY_2":    `{"canary":"saml-0009"}`,
}

const fieldName = "issuerUrl"

// TestCanary leads the life of a project with secrets on both sides through
// every verb, format and dialect of secrets, with the log at debug and with
// answers that break or echo. Nothing that was written holds a secret, in any
// spelling.
func TestCanary(t *testing.T) {
	dialects := []dialect{{}, {"secrets": "masked"}}
	if torture {
		dialects = slices.Concat([]dialect{{"v3": "off"}}, singles(), pairwise())
	}
	for _, d := range dialects {
		if d["v2"] == "off" && d["v3"] == "off" {
			continue // nothing to talk to
		}
		t.Run(d.String(), func(t *testing.T) {
			t.Parallel()
			field := newCanaryWorld(t, d, canaries)
			field.live()
			other := maps.Clone(canaries)
			other["LARK_SECRET"] = "canary-lark-0010"
			plain := newCanaryWorld(t, d, other)
			plain.live()
			if field.words != plain.words {
				t.Errorf("%q is written %d times when it is a secret, and %d times when it is none", fieldName, field.words, plain.words)
			}
			t.Logf("outputs: %d (%d bytes), secrets: %d, spellings of those that were declared: %d, hits: %d",
				field.outputs+plain.outputs, field.size+plain.size, len(plain.secrets)+len(plain.server.shown()), len(plain.spellings), field.hits+plain.hits)
		})
	}
}

// canaryWorld is a pool and all that was ever written about it.
type canaryWorld struct {
	*matrixPool
	server  *nosy
	secrets map[string]string // value -> whose
	// spellings are the secrets as they could have been written.
	spellings map[string]string
	shown     map[string]bool   // runs that journal show has shown
	looked    map[string]string // file -> how it was when it was looked at

	outputs, size, hits, words int
}

func newCanaryWorld(t *testing.T, d dialect, env map[string]string) *canaryWorld {
	t.Helper()
	p := &matrixPool{t: t, dialect: d, dir: t.TempDir(), env: maps.Clone(env)}
	c := &canaryWorld{matrixPool: p, secrets: map[string]string{}, spellings: map[string]string{}, looked: map[string]string{}, shown: map[string]bool{}}
	seed := strings.NewReplacer("by-hand-key", "canary-hand-0011", `"appType":"web"`, `"appType":"web","oidcConfig":{"client_secret":"canary-app-0014",`+
		`"jwks":{"keys":[{"kty":"RSA","kid":"1","n":"AQ","e":"AQAB","d":"canary-jwk-0015","p":"canary-jwk-0016"}]}}`).Replace(byHandSeed)
	requestLog := &lockedBuffer{}
	s, err := sandbox.New(sandbox.Options{Dialect: d, Seed: []byte(seed), RequestLog: requestLog})
	if err != nil {
		t.Fatal(err)
	}
	c.server = &nosy{next: s, log: requestLog, given: map[string]string{}}
	web := httptest.NewServer(c.server)
	t.Cleanup(func() { web.Close(); _ = s.Close() })
	p.meet(web.URL, s.Credentials())
	p.env["IDPSYNC_LEDGER_KEY"] = "canary-ledger-key-0012, long enough not to be stretched"
	p.env["WRONG_KEY"] = "canary-wrong-0013"
	for name, value := range p.env {
		if name != "IDPSYNC_ACCESS_KEY_ID" && value != fieldName {
			c.isSecret(value, name)
		}
	}
	for _, value := range []string{"canary-hand-0011", "canary-app-0014", "canary-jwk-0015", "canary-jwk-0016"} {
		c.isSecret(value, "what somebody made at the console")
	}
	return c
}

// isSecret adds a value to those that nobody may write.
func (c *canaryWorld) isSecret(value, whose string) {
	if len(value) < 8 && value != "龘" {
		return
	}
	c.secrets[value] = whose
	for _, s := range spelled(value) {
		c.spellings[s] = whose
	}
}

// spelled lists how a value may look in a log, a page, an address or a document.
func spelled(v string) []string {
	trimmed := strings.TrimSpace(v)
	quoted, _ := json.Marshal(trimmed)
	twice, _ := json.Marshal(string(quoted[1 : len(quoted)-1]))
	ascii := strconv.QuoteToASCII(trimmed)
	all := []string{trimmed, string(quoted[1 : len(quoted)-1]), string(twice[1 : len(twice)-1]), ascii[1 : len(ascii)-1], html.EscapeString(trimmed), url.QueryEscape(trimmed), url.PathEscape(trimmed)}
	if len(trimmed) >= 8 {
		all = append(all, base64.StdEncoding.EncodeToString([]byte(v)), base64.RawURLEncoding.EncodeToString([]byte(v)), hex.EncodeToString([]byte(v)))
		for _, line := range strings.Split(trimmed, "\n") {
			if len(line) >= 8 && !strings.HasPrefix(line, "-----") {
				all = append(all, strings.TrimSpace(line))
			}
		}
		all = append(all, trimmed[:8]) // cut short, as "…" does
		all = slices.DeleteFunc(all, func(s string) bool { return s == "-----BEG" })
	}
	return all
}

// do runs a command as it would be debugged, and looks through what it wrote.
func (c *canaryWorld) do(args ...string) {
	c.t.Helper()
	_, out, errs := run(c.t, c.dir, c.env, append(args, "--log-level", "debug")...)
	c.look(strings.Join(args, " ")+": stdout", out)
	c.look(strings.Join(args, " ")+": stderr", errs)
	c.lookAtFiles(args)
	c.look(strings.Join(args, " ")+": the request log", c.server.log.take())
}

func (c *canaryWorld) lookAtFiles(args []string) {
	c.t.Helper()
	err := filepath.WalkDir(c.dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || strings.HasPrefix(e.Name(), "objects") || e.Name() == "idpsync.yaml" {
			return err
		}
		info, err := e.Info()
		if err != nil || c.looked[path] == info.ModTime().String()+fmt.Sprint(info.Size()) {
			return err
		}
		c.looked[path] = info.ModTime().String() + fmt.Sprint(info.Size())
		text, err := os.ReadFile(path)
		if err == nil {
			c.look(strings.Join(args, " ")+": "+strings.TrimPrefix(path, c.dir), string(text))
		}
		return err
	})
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *canaryWorld) look(what, text string) {
	c.t.Helper()
	c.outputs++
	c.size += len(text)
	if !c.server.careless() { // else messages are withheld in one world that are told in the other
		c.words += strings.Count(text, fieldName)
	}
	for value, whose := range c.server.shown() {
		if strings.Contains(text, value) {
			c.hits++
			c.t.Errorf("%s holds the server's %s", what, whose) // never the text itself
		}
	}
	for s, whose := range c.spellings {
		if strings.Contains(text, s) {
			c.hits++
			c.t.Errorf("%s holds %s", what, whose)
		}
	}
}

// verbs are all that a person may type, with every format.
var verbs = []string{
	"validate", "validate -o json", "validate -o sarif", "validate -o github", "validate -o gitlab", "validate -o junit",
	"plan -t pool", "plan -t pool -o json", "plan -t pool -o json=plan-report.json", "plan -t pool --no-secrets", "plan -t pool --push all -o json",
	"plan -t pool --prune all", "plan -t pool -o markdown", "plan -t pool -o html=plan.html", "plan -t pool -o sarif=plan.sarif",
	"drift -t pool", "drift -t pool -o json", "graph", "graph -o mermaid", "journal", "journal list -o json",
	"doctor -t pool", "doctor -t pool -o json", "export -t pool --out exported-*", "export -t pool --secrets env --unmanaged --out exported-env-*",
	"schema check -t pool", "schema list", "version",
}

func (c *canaryWorld) everyVerb(stage int) {
	c.t.Helper()
	for _, v := range verbs {
		c.do(strings.Fields(strings.ReplaceAll(v, "*", fmt.Sprint(stage)))...)
	}
	for _, id := range c.runs() {
		if !c.shown[id] {
			c.do("journal", "show", id)
			c.do("journal", "show", id, "-o", "json")
		}
		c.shown[id] = true
	}
	c.savedPlan(stage)
}

func (c *canaryWorld) runs() (ids []string) {
	var d struct{ Runs []struct{ RunID string } }
	c.command(&d, "journal", "list")
	for _, r := range d.Runs {
		ids = append(ids, r.RunID)
	}
	return ids
}

func (c *canaryWorld) savedPlan(stage int) {
	file := fmt.Sprintf("saved-%d.plan", stage)
	c.do("plan", "-t", "pool", "--push", "all", "--out", file)
	c.do("show", file)
	c.do("show", file, "-o", "json")
}

// live is a life: made, rotated, edited behind the back, broken, taken down.
func (c *canaryWorld) live() {
	c.t.Helper()
	f := files{}
	create(f)
	c.declare(f)
	c.everyVerb(0)
	c.applies("create")
	c.everyVerb(1)
	change(f)
	c.declare(f)
	c.everyVerb(2)
	c.careless()
	c.broken()
	c.do("apply", "--yes", "-t", "pool", "--parallelism", "1", "--override", "secret-endpoint=canary", "--push", "all", "-o", "json=result.json")
	c.rotate()
	c.everyVerb(3)
	c.do("doctor", "-t", "pool", "--probe", "--yes")
	c.applies("rotate", "--push", "all")
	c.badCredentials()
	c.everyVerb(4)
}

// declare writes the files, less what the server has no name for.
func (c *canaryWorld) declare(f files) {
	if c.dialect["v3"] == "off" {
		f = inV2(f)
	}
	c.write("objects.yaml", f.documents()...)
}

// applies makes sure that the world moves on: outputs of a run that did nothing
// prove nothing.
func (c *canaryWorld) applies(what string, flags ...string) {
	c.t.Helper()
	before := len(c.log())
	c.do(append([]string{"apply", "--yes", "-t", "pool", "--parallelism", "1"}, flags...)...)
	for _, r := range c.log()[before:] {
		if r.writes() && r.StatusCode == http.StatusOK {
			return
		}
	}
	c.t.Errorf("%s: nothing was written", what)
}

// rotate changes a secret in the environment and one at the console.
func (c *canaryWorld) rotate() {
	for _, name := range []string{"WX_SECRET", "HUB_SECRET"} {
		c.env[name] = "canary-rotated-" + strings.ToLower(name)
		c.isSecret(c.env[name], "rotated "+name)
	}
}

// broken applies while answers break.
func (c *canaryWorld) broken() {
	c.t.Helper()
	for _, fault := range []string{"status=500", "truncate", "garbage", "success-false", "accept-no-store", "drop-after"} {
		specs := []string{}
		for _, route := range []string{"POST /api/v3/update-ext-idp-conn #1 ", "POST /api/v3/update-application #1 ", "POST /api/v2/extIdpConn/* #1 "} {
			specs = append(specs, route+fault)
		}
		c.setFaults(specs)
		c.do("apply", "--yes", "-t", "pool", "--parallelism", "1", "--override", "secret-endpoint=canary", "--push", "all")
	}
	c.setFaults([]string{})
}

// careless applies while the server repeats what it was sent.
func (c *canaryWorld) careless() {
	c.t.Helper()
	for _, how := range []echo{echoMessage, echoPage, echoStatus, echoData} {
		c.server.repeat(how)
		for _, format := range []string{"text", "json"} {
			c.do("apply", "--yes", "-t", "pool", "--parallelism", "1", "--override", "secret-endpoint=canary", "--push", "all", "-o", format)
		}
		if c.server.repeated() == 0 {
			c.t.Errorf("%s: nothing was repeated", how)
		}
	}
	c.server.repeat("")
}

// setFaults keeps those that this sandbox knows.
func (c *canaryWorld) setFaults(specs []string) {
	c.control("POST", "faults", object{"faults": slices.DeleteFunc(specs, func(s string) bool { return strings.Contains(s, "*") })}, nil)
}

func (c *canaryWorld) badCredentials() {
	right := c.env["IDPSYNC_ACCESS_KEY_SECRET"]
	c.env["IDPSYNC_ACCESS_KEY_SECRET"], c.env["POOL_SECRET"] = c.env["WRONG_KEY"], c.env["WRONG_KEY"]
	for _, how := range []echo{"", echoMessage, echoPage, echoStatus} {
		c.server.repeat(how)
		c.do("plan", "-t", "pool")
		c.do("doctor", "-t", "pool")
	}
	c.server.repeat("")
	c.env["IDPSYNC_ACCESS_KEY_SECRET"], c.env["POOL_SECRET"] = right, right
}
