package packaging

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// template is the GitLab template: its jobs with the inputs put in, as GitLab
// does before it reads them.
type template struct {
	jobs map[string]gitlabJob
}

type gitlabJob struct {
	Extends      string
	Image, Stage string
	Needs        []string
	BeforeScript []string `yaml:"before_script"`
	Script       []string
	Variables    map[string]string
	Rules        []struct {
		If, When string
		Changes  struct{ Paths []string }
	}
	Cache struct {
		Key, Policy, When string
		Paths             []string
	}
	Artifacts struct {
		When, Access string
		Expire       string `yaml:"expire_in"`
		Paths        []string
		Reports      map[string]string
	}
	Environment   struct{ Name string }
	ResourceGroup string `yaml:"resource_group"`
	Interruptible *bool
}

var interpolated = regexp.MustCompile(`\$\[\[ inputs\.([a-z0-9-]+) \]\]`)

func readTemplate(t *testing.T, given map[string]string) *template {
	t.Helper()
	head, body, ok := strings.Cut(read(t, filepath.Join(root, "ci/gitlab/idpsync.gitlab-ci.yml")), "\n---\n")
	if !ok {
		t.Fatal("the template has no header")
	}
	var spec struct {
		Spec struct {
			Inputs map[string]struct {
				Description string
				Default     *string
				Regex       string
			}
		}
	}
	strictly(t, head, &spec)
	tpl := &template{jobs: map[string]gitlabJob{}}
	used := map[string]bool{}
	body = interpolated.ReplaceAllStringFunc(body, func(e string) string {
		name := interpolated.FindStringSubmatch(e)[1]
		in, known := spec.Spec.Inputs[name]
		if !known {
			t.Fatalf("%s is no input", name)
		}
		used[name] = true
		v, ok := given[name]
		if !ok && in.Default != nil {
			v, ok = *in.Default, true
		}
		if !ok || in.Regex != "" && !regexp.MustCompile(in.Regex).MatchString(v) {
			t.Fatalf("the input %s cannot be %q", name, v)
		}
		return v
	})
	for name := range spec.Spec.Inputs {
		if !used[name] {
			t.Errorf("nothing uses the input %s", name)
		}
	}
	strictly(t, body, &tpl.jobs)
	return tpl
}

// strictly decodes, and refuses a key that the test does not know.
func strictly(t *testing.T, text string, into any) {
	t.Helper()
	d := yaml.NewDecoder(strings.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(into); err != nil {
		t.Fatal(err)
	}
}

// lab stands in for the notes of GitLab's merge requests.
type lab struct {
	*httptest.Server
	notes    []note
	requests []string
}

type note struct {
	ID     int    `json:"id"`
	Body   string `json:"body"`
	Author struct {
		ID int `json:"id"`
	} `json:"author"`
}

const labToken = "glpat-the-token-of-the-note"

func newLab(t *testing.T) *lab {
	l := &lab{}
	l.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.requests = append(l.requests, r.Method+" "+r.URL.Path)
		if r.Header.Get("PRIVATE-TOKEN") != labToken {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		body, _ := io.ReadAll(r.Body)
		var sent note
		_ = json.Unmarshal(body, &sent)
		const notes = "/projects/5/merge_requests/7/notes"
		var id int
		switch {
		case r.Method == "GET" && r.URL.Path == "/user":
			_, _ = io.WriteString(w, `{"id": 42}`)
		case r.Method == "GET" && r.URL.Path == notes:
			_ = json.NewEncoder(w).Encode(page(l.notes, r))
		case r.Method == "POST" && r.URL.Path == notes:
			sent.ID, sent.Author.ID = 1000, 42
			l.notes = append(l.notes, sent)
			w.WriteHeader(http.StatusCreated)
		case r.Method == "PUT" && scan(r.URL.Path, notes+"/%d", &id) && id == 1000:
			l.notes[len(l.notes)-1].Body = sent.Body
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(l.Close)
	return l
}

// play runs a job of the template as a runner does: one shell for both scripts.
func (tpl *template) play(t *testing.T, name, dir string, env []string) result {
	t.Helper()
	j, base := tpl.jobs[name], tpl.jobs[".idpsync"]
	if j.Extends != ".idpsync" || len(j.Script) == 0 {
		t.Fatalf("there is no job %s", name)
	}
	env = append([]string{"CI_PROJECT_DIR=" + dir}, env...)
	for k, v := range base.Variables {
		env = append(env, k+"="+v)
	}
	return job{dir: dir, env: env}.run(t, "sh", "-e", "-c", strings.Join(append(base.BeforeScript, j.Script...), "\n"))
}

// TestMergeRequest is the life of a change on GitLab, in the shell that Alpine
// and Debian call sh.
func TestMergeRequest(t *testing.T) {
	program(t, "jq", "jq")
	m, l := newMirror(t), newLab(t)
	dir := t.TempDir()
	write(t, dir, map[string]string{"config/idpsync.yaml": projectFile, "config/portal.yaml": portal})
	tpl := readTemplate(t, map[string]string{"directory": "config", "target": "local", "version": "v1.2.3", "mirror": m.server.URL})
	for i := range 130 {
		n := note{ID: i, Body: "<!-- idpsync:local -->\nhello"}
		n.Author.ID = 1
		l.notes = append(l.notes, n)
	}
	env := bare(t, "CI_API_V4_URL="+l.URL, "CI_PROJECT_ID=5", "CI_MERGE_REQUEST_IID=7", "NOTE_TOKEN="+labToken,
		"IDPSYNC_LEDGER_KEY=0123456789abcdef0123456789abcdef")
	play := func(name string, want int) string {
		t.Helper()
		r := tpl.play(t, name, dir, env)
		if r.code != want {
			t.Fatalf("%s ended with %d, want %d\n%s%s", name, r.code, want, r.out, r.err)
		}
		if strings.Contains(r.out+r.err, labToken) {
			t.Errorf("%s shows the token", name)
		}
		return r.out + r.err
	}
	play("idpsync:validate", 0)
	for _, report := range tpl.jobs["idpsync:validate"].Artifacts.Reports {
		if _, err := os.Stat(filepath.Join(dir, report)); err != nil {
			t.Error(err)
		}
	}
	play("idpsync:plan", 0)
	if len(l.notes) != 131 || !strings.HasPrefix(l.notes[130].Body, "<!-- idpsync:local -->\n") || !strings.Contains(l.notes[130].Body, "portal") {
		t.Fatalf("there are %d notes; the last one:\n%s", len(l.notes), l.notes[len(l.notes)-1].Body)
	}
	write(t, dir, map[string]string{"config/wiki.yaml": strings.ReplaceAll(portal, "portal", "wiki")})
	play("idpsync:plan", 0)
	if len(l.notes) != 131 || !strings.Contains(l.notes[130].Body, "wiki") {
		t.Fatalf("there are %d notes; the last one:\n%s", len(l.notes), l.notes[130].Body)
	}
	for _, path := range tpl.jobs["idpsync:plan"].Artifacts.Paths {
		if _, err := os.Stat(filepath.Join(dir, path)); err != nil {
			t.Error(err)
		}
	}
	play("idpsync:apply", 0)
	play("idpsync:apply", 4) // the same plan again
	play("idpsync:plan", 0)
	play("idpsync:apply", 0) // an empty one
	write(t, dir, map[string]string{"config/wiki.yaml": "kind: x\n"})
	play("idpsync:validate", 1)
	play("idpsync:plan", 1)
	l.Close()
	write(t, dir, map[string]string{"config/wiki.yaml": strings.ReplaceAll(portal, "portal", "wiki3")})
	if r := tpl.play(t, "idpsync:plan", dir, env); r.code == 0 {
		t.Error("a GitLab that does not answer is no success")
	}
}

// TestTemplateIsCareful: forks meet no credentials; what writes is asked for, one
// after the other, and its memory is kept also after a failure.
func TestTemplateIsCareful(t *testing.T) {
	tpl := readTemplate(t, map[string]string{"directory": "config", "target": "prod", "version": "v1.2.3"})
	rules := tpl.jobs["idpsync:plan"].Rules
	if first := rules[0]; first.When != "never" || first.If != `$CI_PIPELINE_SOURCE == "merge_request_event"` ||
		!slices.Equal(first.Changes.Paths, []string{"idpsync.yaml", "config/idpsync.yaml"}) {
		t.Errorf("plan runs where idpsync.yaml is changed: %+v", first)
	}
	for _, rule := range rules[1:] {
		if strings.Contains(rule.If, "merge_request_event") && !strings.Contains(rule.If, "$CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_PROJECT_ID") {
			t.Errorf("plan runs for forks: %s", rule.If)
		}
	}
	apply := tpl.jobs["idpsync:apply"]
	if len(apply.Rules) != 1 || apply.Rules[0].When != "manual" || apply.Rules[0].If != "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH" {
		t.Errorf("apply runs by %v", apply.Rules)
	}
	if apply.ResourceGroup != "idpsync-prod" || apply.Interruptible == nil || *apply.Interruptible || apply.Cache.When != "always" || apply.Cache.Policy != "pull-push" {
		t.Errorf("apply: %+v", apply)
	}
	for name, j := range tpl.jobs {
		for _, path := range j.Artifacts.Paths {
			if j.Artifacts.Access != "developer" {
				t.Errorf("%s shows %s to everybody", name, path)
			}
		}
		for _, line := range append(j.Script, j.BeforeScript...) {
			if interpolated.MatchString(line) {
				t.Errorf("%s: an input is pasted into a script", name)
			}
		}
	}
	raw := read(t, filepath.Join(root, "ci/gitlab/idpsync.gitlab-ci.yml"))
	for _, block := range regexp.MustCompile(`(?s)script:\n    - \|\n(.*?)\n(?:  \w|\n|#|$)`).FindAllStringSubmatch(raw, -1) {
		if strings.Contains(block[1], "$[[") {
			t.Errorf("an input is pasted into a script:\n%s", block[1])
		}
	}
	shellcheck := program(t, "shellcheck", "shellcheck")
	for _, j := range tpl.jobs {
		if len(j.Script) > 0 {
			text := "#!/bin/sh\n" + strings.Join(append(tpl.jobs[".idpsync"].BeforeScript, j.Script...), "\n") + "\n"
			job{stdin: text}.must(t, shellcheck, "-e", "SC2016", "-")
		}
	}
}
