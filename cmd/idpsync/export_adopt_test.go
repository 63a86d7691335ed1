package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/schema"
)

// odd are texts that a careless writer of YAML would change.
var odd = []string{
	"yes", "No", "on", "null", "~", "1e3", "0644", "0x1f", "1_000", "2027-01-01", "12:30:45", ".5", "-", "- a", "a: b", "a #b", "#b", "[a]", "{a: b}",
	"企业微信", "say \"hi\"", "it's", "tab\there", "two\nlines", "two\nlines\n", "many\n\n\nlines\n\n", " led", "trailed ", "line \nend", "\n", "\n led", "${var.domain}", "$${var.x}", "${user.name}",
	"$${", "${var", "!tag", "&a", "*a", "?", "? a", "|", ">", "%", "@", "`", "<<", "=", "\u00a0", "\u2028x", "\ufeffbom", "é", "🙂", "\\", "C:\\dir", "\r\n", "x\ry", "---", "...", "'", "\"", "true", "TRUE", "nan",
	"\uf8f0", "a\u0085b", "\x7f", "\x01", "x:", "x: ", "http://a/b#c", "a, b", "key: |",
}

// console2 calls the V2 API as a person at the older console does.
func (p *matrixPool) console2(path string, body any) object {
	p.t.Helper()
	p.console("GET", "list-ext-idp", nil) // for the token
	var answer struct {
		Code int
		Data object
	}
	p.exchange("POST", "/api/v2/"+path, body, &answer)
	if answer.Code != 200 {
		p.t.Fatalf("%s: %d", path, answer.Code)
	}
	return answer.Data
}

// byOldHand makes connections and half as many applications by the V2 API.
func (p *matrixPool) byOldHand(many int) {
	p.control("POST", "reset", nil, nil)
	types := schema.Bundled().Types()
	takes := map[string]bool{}
	for _, typ := range schema.Bundled().ConnectionTypes() {
		takes[typ] = true
	}
	var conns []string
	for i := 0; len(conns) < many; i++ {
		info := types[i%len(types)]
		if !takes[info.Type] {
			continue
		}
		n := len(conns)
		fields := fieldsOf(p.t, info.Type, false)
		fields["unheardOf"] = odd[n%len(odd)] + "canary"
		for k, v := range fields {
			if s, ok := v.(string); ok && strings.HasPrefix(s, "shown-") {
				fields[k] = odd[n%len(odd)]
			}
		}
		identifier := fmt.Sprintf("conn-%d", n)
		made := p.console2("extIdp", object{"name": fmt.Sprintf("%s %d", odd[n%len(odd)], n), "type": info.ProviderType, "connections": []any{
			object{"type": info.Type, "identifier": identifier, "displayName": odd[n%len(odd)], "fields": fields, "userMatchFields": []any{"email"}},
		}})
		conns = append(conns, made["connections"].([]any)[0].(object)["id"].(string))
	}
	for i := range many / 2 {
		app := p.console2("applications", object{
			"name": "App " + odd[i%len(odd)], "identifier": fmt.Sprintf("App-%d", i), "description": odd[(i+40)%len(odd)],
			"redirectUris": []any{"https://a.example.com/" + fmt.Sprint(i)}, "css": odd[(i*7)%len(odd)],
		})
		for _, c := range []int{i, i + many/2} {
			p.console("POST", "change-ext-idp-conn-state", object{"appId": app["id"], "id": conns[c], "enabled": true})
		}
	}
}

// TestAdopt takes over a pool that people made by hand, without a secret and
// without a word changed, whatever the server shows; then one name is changed,
// and that is all that happens.
func TestAdopt(t *testing.T) {
	for _, d := range []dialect{
		{},
		{"secrets": "masked", "arrays": "string"},
		{"secrets": "absent", "connections": "object"},
		{"conn-list": "off", "connections": "string"},
		{"conn-fields": "off"},
		{"conn-fields": "off", "v2": "off"},
		{"defaults": "bare", "enabled-list": "flagged"},
		{"config-update": "replace", "null-unsets": "off"},
		{"app-update": "full", "http-status": "mirror", "absent": "http422"},
		{"v3": "off"},
	} {
		t.Run(d.String(), func(t *testing.T) {
			t.Parallel()
			made := dialect{"allow-multiple": "ignore"}
			p := newMatrixPool(t, made)
			p.t = t
			p.byOldHand(80)
			p.control("POST", "dialect", d, nil)
			q := adopted(t, p)
			q.t, q.dialect = t, d
			said := q.export()
			q.planEmpty(t, d.String())
			files := q.files(t)
			if len(files) != 80+80+40 {
				t.Errorf("%d files: %s", len(files), said)
			}
			for name, text := range files {
				if strings.Contains(text, "canary") {
					t.Errorf("%s shows what it must not:\n%s", name, text)
				}
			}
			if again := q.export(); !strings.Contains(again, "0 files written, 200 were there already") {
				t.Errorf("the second export differs from the first: %s", again)
			}
			q.changeOneName(t, d)
		})
	}
}

// changeOneName edits one display name and applies: one write, of that name.
func (p *matrixPool) changeOneName(t *testing.T, d dialect) {
	t.Helper()
	const file = "config/connections/conn-19.yaml"
	text, err := os.ReadFile(filepath.Join(p.dir, file))
	if err != nil {
		t.Fatal(err)
	}
	before, after, _ := strings.Cut(string(text), "  displayName: ")
	_, after, found := strings.Cut(after, "\n")
	if !found {
		t.Fatalf("no displayName in %s", text)
	}
	if err := os.WriteFile(filepath.Join(p.dir, file), []byte(before+"  displayName: Changed\n"+after), 0o644); err != nil {
		t.Fatal(err)
	}
	was := p.state()
	args := []string{"apply", "--yes"}
	if d["conn-fields"] == "off" && d["v2"] == "off" {
		if code, _ := p.command(nil, args...); code != 3 {
			t.Errorf("%s: nobody knows what becomes of the secrets, and the apply ends with %d", d, code) // IDP0309
		}
		args = append(args, "--override", "secret-carry=the server is known to merge")
	}
	code, errs := p.command(nil, args...)
	ws := p.writes()
	if code != 0 || len(ws) != 1 || !updatesConnection(ws[0]) || !strings.Contains(string(ws[0].Body), `"Changed"`) {
		t.Errorf("%s: exit %d, %v\n%.2000s", d, code, ws, trouble(errs))
		return
	}
	is := p.state()
	n := 0
	for i, idp := range was.IdentityProviders {
		if a, b := text2(t, idp), text2(t, is.IdentityProviders[i]); a != b {
			n++
			if strings.Contains(text2(t, is.IdentityProviders[i]), "canary-secret") != strings.Contains(text2(t, idp), "canary-secret") {
				t.Errorf("%s: a secret went: %s", d, b)
			}
		}
	}
	if a, b := applicationsOf(t, was), applicationsOf(t, is); n != 1 || a != b {
		t.Errorf("%s: %d providers changed, want 1; applications were\n%.1000s\nand are\n%.1000s", d, n, a, b)
	}
	p.planEmpty(t, "after the change")
}

// applicationsOf is what a state tells of its applications, of a button only
// whose it is: it shows the connection's display name too.
func applicationsOf(t *testing.T, s matrixState) string {
	for _, a := range s.Applications {
		login, _ := a["loginConfig"].(object)
		for i, e := range list(login["enabledExtIdpConns"]) {
			list(login["enabledExtIdpConns"])[i] = e.(object)["extIdpConnId"]
		}
	}
	return text2(t, s.Applications)
}

// updatesConnection tells that a write is one of either generation.
func updatesConnection(r request) bool {
	return r.Path == "/api/v3/update-ext-idp-conn" || r.Method == "PUT" && strings.HasPrefix(r.Path, "/api/v2/extIdpConn/")
}

// TestExportUnderDialects: under every value of every switch, and under every
// pair of values, the plan of an export is empty.
func TestExportUnderDialects(t *testing.T) {
	for i, d := range append(singles(), pairwise()...) {
		if d["v2"] == "off" && d["v3"] == "off" {
			continue
		}
		t.Run(fmt.Sprintf("%d,%s", i, d), func(t *testing.T) {
			t.Parallel()
			p := newMatrixPool(t, dialect{"allow-multiple": "ignore"})
			p.t = t
			p.byOldHand(8)
			p.control("POST", "dialect", d, nil)
			q := adopted(t, p)
			q.t = t
			q.export()
			q.planEmpty(t, d.String())
			if n := len(q.files(t)); n != 8+8+4 {
				t.Errorf("%d files", n)
			}
		})
	}
}

func text2(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
