package web

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
	"github.com/idpsync/idpsync/internal/reconcile"
)

var everyPage = []string{"/", "/t/local", "/t/local/object?key=connection%2Fcorp-oidc", "/t/local/plan", "/t/local/graph", "/t/local/graph?around=application%2Fportal", "/t/local/runs"}

func TestPagesShow(t *testing.T) {
	f := sample()
	f.publish(broken)
	_, srv := serve(t, f)
	for _, c := range []struct {
		path, lang string
		want       []string
	}{
		{"/", "en", []string{"files are wrong", "connection/</i><bdi>corp-oidc", "changed on the server: displayName", "providers/corp.yaml:3:7", "the word &lt;b&gt; is wrong", "nobody could log in", "does not answer", "0123456789ab", `<b>1</b> drifted`, "2026-11-22 12:00:00", "3 of 3 objects"}},
		{"/", "zh-CN", []string{"文件有误", "已漂移", "个对象", "守卫拒绝"}},
		{"/?q=portal", "en", []string{"1 of 3 objects", `data-key="identityprovider/corp" data-state="in sync" hidden`, `data-key="application/portal" data-state="in sync"><span`}},
		{"/?state=drifted", "en", []string{"1 of 3 objects", `data-key="application/portal" data-state="in sync" hidden`}},
		{"/t/local/plan", "en", []string{"0 to create, 1 to change", "connection/corp-oidc", "medium risk", "Staff &amp; friends", "Staff login", "(secret)", "used by: portal"}},
		{"/t/local/plan", "zh", []string{"更新 1", "中风险", "使用它的应用: portal"}},
		{"/t/local/object?key=connection%2Fcorp-oidc", "en", []string{"the server", "Staff &amp; friends", "(secret)", "providers/corp.yaml:12", "conn-1", "/t/local/object?key=identityprovider%2Fcorp"}},
		{"/t/local/graph", "en", []string{"<svg", "corp-oidc", "connection/corp-oidc needs identityprovider/corp", `class="box connection drifted"`}},
		{"/t/local/runs", "en", []string{"20261122T110000Z-abcdef", "4 requests, 1 open", "not finished"}},
		{"/t/local/runs", "zh-TW,zh;q=0.9,en;q=0.8", []string{"未结束"}},
	} {
		resp, text := get(t, srv, c.path, "Accept-Language", c.lang)
		if resp.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", c.path, resp.Status)
		}
		for _, w := range c.want {
			if !strings.Contains(text, w) {
				t.Errorf("%s in %s does not say %q", c.path, c.lang, w)
			}
		}
	}
}

// TestSecretsWithoutValue: files whose secrets have no value are not called wrong.
func TestSecretsWithoutValue(t *testing.T) {
	lacks := func(id, ref string) diagnostic.Diagnostic {
		return diagnostic.Diagnostic{Code: "IDP0116", Severity: diagnostic.Error, File: "app.yaml", Message: diagnostic.T(id, "oidcConfig.secret", ref)}
	}
	unset, blank, file := lacks("secret.unset", "SK"), lacks("secret.empty", "env:SK"), lacks("secret.absent", "file:sk")
	wrong := diagnostic.Diagnostic{Code: "IDP0102", Severity: diagnostic.Error, Message: diagnostic.Words("wrong")}
	warning := diagnostic.Diagnostic{Code: "IDP0102", Severity: diagnostic.Warning, Message: diagnostic.Words("odd")}
	const (
		variables = "Secrets have no value: set these variables and start the watch again."
		others    = "Secrets have no value: each line says what is missing."
	)
	for _, c := range []struct {
		name, lang string
		ready      bool
		ds         []diagnostic.Diagnostic
		want, not  string
	}{
		{"variables", "en", false, []diagnostic.Diagnostic{unset, blank, warning}, variables, "What the files said"},
		{"variables, later", "en", true, []diagnostic.Diagnostic{unset}, variables + " What the files said before still counts.", "files are wrong"},
		{"in Chinese", "zh", true, []diagnostic.Diagnostic{unset}, "请设置以下变量", "文件有误"},
		{"files too", "en", false, []diagnostic.Diagnostic{unset, file}, others, "these variables"},
		{"and a wrong file", "en", false, []diagnostic.Diagnostic{unset, wrong}, "The files are wrong.", "Secrets have no value"},
	} {
		f := sample()
		f.publish(func(s *reconcile.Status) { s.Verdict, s.Ready, s.Diagnostics = reconcile.Invalid, c.ready, c.ds })
		_, srv := serve(t, f)
		if _, text := get(t, srv, "/", "Accept-Language", c.lang); !strings.Contains(text, c.want) || strings.Contains(text, c.not) {
			t.Errorf("%s: the page does not say %q, or says %q", c.name, c.want, c.not)
		}
	}
}

// TestNothingLeaks: no answer holds a secret, whatever is asked for.
func TestNothingLeaks(t *testing.T) {
	_, srv := serve(t, sample())
	for _, path := range append(everyPage, "/api/v1/status", "/metrics") {
		if _, text := get(t, srv, path); strings.Contains(text, theSecret) || !strings.Contains(text, "pool-1") && path[1] == 't' && !strings.Contains(path, "object") {
			t.Errorf("%s shows the secret, or nothing at all", path)
		}
	}
}

// TestHostileNames: whatever a file or a server wrote stays text: no element, no
// attribute and no address comes of it.
func TestHostileNames(t *testing.T) {
	evil := []string{`"><script>alert(1)</script>`, `' onmouseover='alert(1)`, "javascript:alert(1)", "\u202eevil\x1b[31m", "</svg><img src=x onerror=alert(1)>", "{{.}}${1}", "a\nb\tc", strings.Repeat("长", 300)}
	f := sample()
	f.publish(func(s *reconcile.Status) {
		s.Objects = nil
		for _, e := range evil {
			k := model.Key{Kind: model.Application, Name: e}
			s.Objects = append(s.Objects, reconcile.ObjectStatus{
				Key: k, State: reconcile.ObjectFailing, Why: e, ID: e, Links: []model.Key{k},
				Fields: []reconcile.ObjectField{{Key: k, DriftField: plan.DriftField{Path: e, Server: e, File: map[string]any{e: e}, ChangedBy: plan.ByServer}}},
			})
		}
		s.Source, s.Host, s.UserPoolID, s.Commit = evil[0], evil[1], evil[2], evil[0]
		s.Trouble = &reconcile.Trouble{Message: evil[0], Hint: evil[4]}
		s.Pending = &reconcile.PendingPlan{Plan: &plan.Plan{Changes: []*plan.Change{{
			Key: model.Key{Kind: model.Application, Name: evil[0]}, Action: plan.Update, Reason: evil[4],
			Applications: evil, Found: []plan.FieldDiff{{Path: evil[0], Before: evil[4], After: evil[3], Note: evil[0]}},
		}}}}
		s.Runs = []reconcile.RunStatus{{ID: evil[0], Tool: evil[4], SettledBy: evil[0]}}
	})
	name := evil[0]
	_, srv := serve(t, f, func(o *Options) { o.Targets[0].Name = name })
	paths := []string{
		"/", "/?q=" + query(evil[0]) + "&state=" + query(evil[1]), "/t/%22%3E%3Cscript%3Ealert%281%29%3C%2Fscript%3E/plan", "/t/%22%3E%3Cscript%3Ealert%281%29%3C%2Fscript%3E/graph",
		"/t/%22%3E%3Cscript%3Ealert%281%29%3C%2Fscript%3E/runs", "/t/x%3Cscript%3E", "/login?next=" + query(evil[0]),
	}
	for _, e := range evil {
		paths = append(paths, "/t/%22%3E%3Cscript%3Ealert%281%29%3C%2Fscript%3E/object?key="+query("application/"+e))
	}
	for _, p := range paths {
		_, text := get(t, srv, p)
		judge(t, p, text)
	}
}

// judge looks at what a browser would make of a page.
func judge(t *testing.T, path, text string) {
	t.Helper()
	if strings.ContainsAny(text, "\u202e\x1b") {
		t.Errorf("%s holds a character that turns or hides text", path)
	}
	z := html.NewTokenizer(strings.NewReader(text))
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			return
		}
		tok := z.Token()
		if kind != html.StartTagToken && kind != html.SelfClosingTagToken {
			continue
		}
		for _, a := range tok.Attr {
			link := a.Key == "href" || a.Key == "src" || a.Key == "action"
			switch {
			case strings.HasPrefix(a.Key, "on"), a.Key == "style":
				t.Errorf("%s: <%s> has an attribute %s", path, tok.Data, a.Key)
			case link && !strings.HasPrefix(a.Val, "/") && !strings.HasPrefix(a.Val, "?") && !strings.HasPrefix(a.Val, "#") && a.Val != "":
				t.Errorf("%s: <%s> leads to %q", path, tok.Data, a.Val)
			case tok.Data == "script" && link && a.Val != "/assets/page.js", tok.Data == "script" && a.Key != "src" && a.Key != "defer":
				t.Errorf("%s: a script of somebody else: %v", path, tok)
			}
		}
		if tok.Data == "script" && len(tok.Attr) == 0 || tok.Data == "img" && !strings.Contains(tok.String(), "/assets/icon.svg") {
			t.Errorf("%s: an element of somebody else: %v", path, tok)
		}
	}
}

func query(s string) string { return percent(s) }

func percent(s string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for _, c := range []byte(s) {
		b.WriteByte('%')
		b.WriteByte(digits[c>>4])
		b.WriteByte(digits[c&15])
	}
	return b.String()
}

func TestLost(t *testing.T) {
	_, srv := serve(t, sample())
	for _, path := range []string{"/t/other", "/t/other/plan", "/t/local/object?key=x", "/nothing", "/assets/frame.html", "/events?target=x", "/api/v1/status?target=x", "/hooks/git"} {
		if resp, _ := get(t, srv, path); resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %s", path, resp.Status)
		}
	}
	for _, path := range []string{"/", "/api/v1/status", "/metrics", "/t/local/plan"} {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL+path, strings.NewReader("x"))
		if resp, _ := do(t, r); resp.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("POST %s: %s", path, resp.Status)
		}
	}
}

// TestEveryWordIsChinese holds the table to what the pages say, and the other
// way round.
func TestEveryWordIsChinese(t *testing.T) {
	said := map[string]bool{}
	for _, re := range []string{`\bT "([^"]+)"`, `\.T\(\s*"([^"]+)"`} {
		for _, m := range regexp.MustCompile(re).FindAllStringSubmatch(sources(t), -1) {
			said[m[1]] = true
		}
	}
	for _, w := range changers {
		said[w] = true
	}
	if len(said) < 60 {
		t.Fatalf("only %d words were found", len(said))
	}
	placeholder := regexp.MustCompile(`%[a-z]`)
	for w := range said {
		if zh := chinese[w]; zh == "" {
			t.Errorf("%q has no Chinese", w)
		} else if len(placeholder.FindAllString(w, -1)) != len(placeholder.FindAllString(zh, -1)) {
			t.Errorf("%q and %q have other placeholders", w, zh)
		}
	}
	computed := append([]string{
		"in sync", "pending", "drifted", "failing", "unmanaged", "refused", "invalid", "waiting", "reading files", "comparing", "applying", "error", "warning",
		"create", "update", "replace", "delete", "low risk", "medium risk", "high risk",
	},
		plan.NoteKnownAfterApply, plan.NoteUncomparable, plan.NoteWillBeSent, plan.NoteNotEvaluated, plan.NoteLastApplied)
	for _, w := range computed {
		if chinese[w] == "" {
			t.Errorf("%q has no Chinese", w)
		}
		said[w] = true
	}
	for w := range chinese {
		if !said[w] {
			t.Errorf("%q is said nowhere", w)
		}
	}
}

func TestDocument(t *testing.T) {
	f := sample()
	f.publish(broken)
	_, srv := serve(t, f)
	resp, text := get(t, srv, "/api/v1/status")
	var doc Status
	if err := json.Unmarshal([]byte(text), &doc); err != nil || resp.Header.Get("Content-Type") != "application/json" {
		t.Fatal(err, resp.Header)
	}
	d := doc.Targets[0]
	if doc.Kind != "idpsync.status" || d.Verdict != "invalid" || d.Details.Objects[1].Fields[1].Server != model.Shown || d.Details.Plan.Summary.Update != 1 || d.Trouble.Retry != "2026-11-22T12:01:00Z" {
		t.Errorf("%s", text)
	}
}

func sources(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, glob := range []string{"*.go", "assets/*.html"} {
		files, err := filepath.Glob(glob)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if strings.HasSuffix(f, "_test.go") {
				continue
			}
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(b)
		}
	}
	return all.String()
}
