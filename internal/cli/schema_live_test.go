package cli_test

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/cli"
)

// oddServer gives a token to anybody and answers each template as it is told;
// what it was not told of is absent.
func oddServer(t *testing.T, templates map[string]string) string {
	t.Helper()
	claims := base64.RawURLEncoding.EncodeToString([]byte(`{"scoped_userpool_id":"62eaa95fe0a1b29a5295bf7c"}`))
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, isTemplate := strings.CutPrefix(r.URL.Path, "/api/v2/extIdpTmpl/")
		body, told := templates[name]
		switch {
		case r.URL.Path == "/api/v3/get-management-token":
			fmt.Fprintf(w, `{"statusCode":200,"data":{"access_token":"e30.%s.e30","expires_in":7200}}`, claims)
		case isTemplate && told:
			_, _ = io.WriteString(w, body)
		case isTemplate:
			_, _ = io.WriteString(w, `{"uniqueId":"u","statusCode":404,"code":404,"message":"no such template","data":null}`)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

var keysOfProd = map[string]string{"PROD_AK": "ak", "PROD_SK": "sk-" + canary}

const goodTemplate = `{"code":200,"message":"ok","data":{"type":"oidc","allowMultiple":true,"connectionTmpls":[{"type":"oidc","fields":[
	{"key":"issuerUrl","type":"input","required":true},{"key":"clientID","type":"input"},{"key":"clientSecret","type":"input"}]}]}}`

// An answer that is no template of the type asked for is named, ends with exit 1
// and hinders no other; what stood in the project stays.
func TestSchemaPullTakesNoStrangeAnswer(t *testing.T) {
	answers := map[string]string{
		"oidc":   goodTemplate,
		"saml":   strings.ReplaceAll(goodTemplate, "oidc", "cas"),
		"github": `{"code":200,"data":{"type":"github","connectionTmpls":[]}}`,
		"qq":     `{"code":200,"data":{"type":"qq","connectionTmpls":[{"type":"../../qq","fields":[]}]}}`,
	}
	f := files(oddServer(t, answers))
	f["schemas/templates/github.json"] = oneTemplate
	dir := project(t, f)
	r := call{dir: dir, env: keysOfProd}.run(t, "schema", "pull", "-t", "prod", "oidc", "saml", "github", "qq", "ldap")
	r.want(t, cli.Failure, []string{"oidc", "new", "unusable", "none"}, []string{
		"connection template of saml: the server sent the one of cas", "connectionTmpls: the list is empty", `"../../qq" is no connection type`,
	})
	there, err := os.ReadDir(filepath.Join(dir, "schemas", "templates"))
	if err != nil || len(there) != 2 {
		t.Errorf("%v %v", there, err)
	}
	kept, err := os.ReadFile(filepath.Join(dir, "schemas", "templates", "github.json"))
	if err != nil || string(kept) != oneTemplate {
		t.Errorf("github.json is now %s (%v)", kept, err)
	}
	if strings.Contains(r.stdout+r.stderr, canary) {
		t.Error("a secret is shown")
	}
}

// Where one answer is no answer at all, nothing is written.
func TestSchemaPullIsAllOrNothing(t *testing.T) {
	dir := project(t, files(oddServer(t, map[string]string{"oidc": goodTemplate, "saml": "<html>" + canary})))
	r := call{dir: dir, env: keysOfProd}.run(t, "schema", "pull", "-t", "prod", "oidc", "saml")
	if r.code == int(cli.OK) || strings.Contains(r.stdout+r.stderr, canary) {
		t.Errorf("exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	if _, err := os.Stat(filepath.Join(dir, "schemas")); !os.IsNotExist(err) {
		t.Errorf("something was written: %v", err)
	}
}

// A link in the project leads nothing out of it.
func TestSchemaPullFollowsNoLinkOut(t *testing.T) {
	dir, outside := project(t, files(oddServer(t, map[string]string{"oidc": goodTemplate}))), t.TempDir()
	if err := os.Symlink(outside, filepath.Join(dir, "schemas")); err != nil {
		t.Skip(err)
	}
	r := call{dir: dir, env: keysOfProd}.run(t, "schema", "pull", "-t", "prod")
	left, err := os.ReadDir(outside)
	if r.code != int(cli.Failure) || err != nil || len(left) > 0 {
		t.Errorf("exit %d, left %v %v\n%s", r.code, left, err, r.stderr)
	}
}

// What cannot be compared is not equal, and a server that says no is told as it
// is by any verb.
func TestSchemaCheckTellsTrouble(t *testing.T) {
	strange := strings.ReplaceAll(goodTemplate, "oidc", "cas")
	dir := project(t, files(oddServer(t, map[string]string{"oidc": strange})))
	r := call{dir: dir, env: keysOfProd}.run(t, "schema", "check", "-t", "prod", "-o", "json")
	r.want(t, cli.Failure, []string{`"status": "unusable"`}, []string{"the server sent the one of cas"})
	call{dir: dir}.run(t, "schema", "check", "-t", "prod").want(t, cli.Failure, nil, []string{"PROD_AK", "PROD_SK"})
	call{dir: dir}.run(t, "schema", "check", "-t", "nowhere").want(t, cli.Usage, nil, []string{`no target "nowhere"`})
	call{dir: project(t, files("http://127.0.0.1:1")), env: keysOfProd}.run(t, "schema", "check", "-t", "prod").want(t, cli.Unavailable, nil, nil)
	call{dir: t.TempDir()}.run(t, "schema", "pull").want(t, cli.Failure, nil, []string{"idpsync.yaml"})
}

// The files are judged as the live templates would: strictly.
func TestSchemaCheckNamesTheLine(t *testing.T) {
	f := files(oddServer(t, map[string]string{"oidc": strings.Replace(goodTemplate, "clientSecret", "secretOfClient", 1)}))
	dir := project(t, f)
	r := call{dir: dir, env: keysOfProd}.run(t, "schema", "check", "-t", "prod", "-o", "json")
	doc := r.document(t, "schemaCheck")
	broken, _ := doc["breaks"].([]any)
	if r.code != int(cli.Changes) || len(broken) != 1 {
		t.Fatalf("exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	if d := broken[0].(map[string]any); d["file"] != "corp.yaml" || d["code"] != "IDP0106" || d["pointer"] != "/spec/fields/clientSecret" {
		t.Errorf("%v", d)
	}
}
