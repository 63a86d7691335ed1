package config

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/model"
)

// decode reads idpsync.yaml. Its shape is checked by the schema; what has the
// wrong shape is left out here.
func (p *Project) decode(f *file, r *reader) []diagnostic.Diagnostic {
	p.Policy, p.Targets = defaultPolicy(), map[string]*Target{}
	pf := r.parse(f, parseWhole)
	docs := pf.docs
	d := &decoder{project: p, found: slices.Clone(pf.found)}
	switch {
	case len(docs) > 1:
		d.add(docs[1].root.complaint("IDP0109", "", diagnostic.T("yaml.project.docs")))
	case len(docs) == 0 && len(pf.unread) == 0:
		d.add(diagnostic.Diagnostic{
			Code: "IDP0109", Severity: diagnostic.Error, File: f.path,
			Range:   point(diagnostic.Position{Line: 1, Column: 1}),
			Message: diagnostic.T("doc.project"), Hint: diagnostic.T("doc.project.fix"),
		})
	}
	if len(docs) > 0 {
		d.root(docs[0].root)
	}
	return d.found
}

// parseWhole reads the documents of a file up to the first that cannot be read.
func parseWhole(f *file) parsedFile {
	docs, found := parseFile(f)
	pf := parsedFile{docs: docs, found: found}
	if f.broken {
		pf.unread = []string{f.data}
	}
	return pf
}

type decoder struct {
	project *Project
	found   []diagnostic.Diagnostic
}

func (d *decoder) add(c diagnostic.Diagnostic) { d.found = append(d.found, c) }

func (d *decoder) root(n *node) {
	if n.kind != mapNode {
		if n.kind != brokenNode {
			d.add(n.complaint("IDP0109", "", diagnostic.T("doc.shape")))
		}
		return
	}
	p := d.project
	p.root = n
	d.check(n)
	p.DefaultTarget = textOf(n.child("defaultTarget"))
	p.AllowExec = n.child("allowExec").isTrue()
	p.Include, p.Exclude = d.globs(n, "include"), d.globs(n, "exclude")
	p.Ledger = textOf(n.child("ledger"))
	p.Lint = d.lint(n.child("lint"))
	p.Ignore = d.ignore(n.child("ignore"), "/ignore")
	d.policy(n.child("policy"), "/policy", &p.Policy)
	d.targets(n.child("targets"))
	if t := n.child("defaultTarget"); t.is(textNode) && p.Targets[t.text] == nil {
		d.add(unknownTarget(t, "/defaultTarget", p.targetNames))
	}
}

// check asks the schema about the whole file.
func (d *decoder) check(n *node) {
	doc, _ := plainValue(n).(map[string]any)
	c := &checker{root: n, own: n, words: ""}
	for _, v := range d.project.catalog.CheckProject(doc) {
		if c.broken(v) || inCredential(v.Pointer) {
			continue
		}
		d.found = append(d.found, c.diagnostic(v))
	}
}

func (d *decoder) targets(n *node) {
	if !n.is(mapNode) {
		return
	}
	for i, k := range n.keys {
		item := n.items[i]
		if item.kind != mapNode {
			continue
		}
		if !printableName(k.name) {
			d.add(k.complaint("IDP0104", "/targets", diagnostic.T("project.targetName")))
			continue
		}
		d.project.targetNames = append(d.project.targetNames, k.name)
		d.project.Targets[k.name] = d.target(k.name, item)
	}
}

// longestTarget is how many bytes a target's name may have: it labels metrics,
// locks, lines of logs and rows of tables.
const longestTarget = 200

// printableName tells whether a name can be printed, stored and typed again.
func printableName(name string) bool {
	unseen := func(r rune) bool { return !unicode.IsPrint(r) || r == utf8.RuneError }
	return name != "" && len(name) <= longestTarget && !strings.ContainsFunc(name, unseen)
}

func (d *decoder) target(name string, n *node) *Target {
	p, at := d.project, joinPointer("/targets", name)
	t := &Target{
		Name: name, API: "auto", UserPoolID: textOf(n.child("userPoolId")),
		Host: d.url(n, at, "host"), CoreHost: d.url(n, at, "coreHost"),
		CAFile: textOf(n.child("caFile")), AllowHTTP: textOf(n.child("allowHTTP")),
		Policy: p.Policy, Ledger: p.Ledger,
		Traits: textMap(n.child("traits")),
	}
	t.Vars, _ = plainValue(n.child("vars")).(map[string]any)
	if s := textOf(n.child("api")); s != "" {
		t.API = s
	}
	if s := textOf(n.child("ledger")); s != "" {
		t.Ledger = s
	}
	if t.CoreHost == "" {
		t.CoreHost = coreHost(t.Host)
	}
	if t.AllowHTTP == "" && n.child("sandbox") == nil {
		d.plainHTTP(n, at, "host")
		d.plainHTTP(n, at, "coreHost")
	}
	d.credentials(n.child("credentials"), at+"/credentials", t)
	d.sandbox(n, t)
	d.policy(n.child("policy"), at+"/policy", &t.Policy)
	t.Ignore = append(slices.Clone(p.Ignore), d.ignore(n.child("ignore"), at+"/ignore")...)
	t.Pin = pin(n.child("pin"))
	t.Settle = settle(n.child("settle"), t.Sandbox)
	t.MaxRPS = floatOf(n.child("maxRPS"))
	return t
}

func (d *decoder) sandbox(n *node, t *Target) {
	if s := n.child("sandbox"); s.is(mapNode) {
		t.Sandbox = &SandboxTarget{Dialect: textMap(s.child("dialect"))}
	}
}

// settle reads how long a read may lag behind a write. An embedded sandbox
// does not lag unless its dialect says so (spec 7).
func settle(n *node, s *SandboxTarget) time.Duration {
	if v, err := time.ParseDuration(textOf(n)); err == nil && v >= 0 {
		return v
	}
	if s != nil && (s.Dialect["stale-reads"] == "" || s.Dialect["stale-reads"] == "0ms") {
		return 0
	}
	return defaultSettle
}

// policy puts what the node says over what stands in p.
func (d *decoder) policy(n *node, at string, p *Policy) {
	if s := textOf(n.child("prune")); s != "" {
		p.Prune = s
	}
	if s := textOf(n.child("uncomparedSecrets")); s != "" {
		p.UncomparedSecrets = s
	}
	if f := floatOf(n.child("maxDeletes")); f != nil {
		p.MaxDeletes = int(*f)
	}
	if f := floatOf(n.child("maxDeletePercent")); f != nil {
		p.MaxDeletePercent = *f
	}
	if l := n.child("protect"); l.is(listNode) {
		// A target adds to what the project protects; it never takes away.
		p.Protect = append(slices.Clone(p.Protect), d.keyGlobs(l, at+"/protect")...)
	}
}

// keyGlobs reads one pattern of keys or a list of them.
func (d *decoder) keyGlobs(n *node, at string) []string {
	var out []string
	for _, item := range n.elements() {
		if !ValidKeyGlob(item.text) {
			d.badKeyGlob(item, at)
			continue
		}
		out = append(out, item.text)
	}
	return out
}

func (d *decoder) badKeyGlob(n *node, at string) {
	c := n.complaint("IDP0104", at, diagnostic.T("patch.glob", dotted(at), n.text))
	c.Hint = diagnostic.T("patch.glob.hint")
	d.add(c)
}

func (d *decoder) globs(n *node, name string) []string {
	var out []string
	for _, item := range n.child(name).elements() {
		if !validGlob(item.text) {
			d.add(item.complaint("IDP0104", "/"+name, diagnostic.T("project.glob", name)))
			continue
		}
		out = append(out, item.text)
	}
	return out
}

func (d *decoder) ignore(n *node, at string) []IgnoreRule {
	var out []IgnoreRule
	if !n.is(listNode) {
		return nil
	}
	for i, item := range n.items {
		here := at + "/" + strconv.Itoa(i)
		out = append(out, IgnoreRule{
			Match:  d.keyGlobs(item.child("match"), here+"/match"),
			Path:   texts(item.child("path")),
			Reason: textOf(item.child("reason")),
			Until:  d.date(item.child("until"), here+"/until"),
		})
	}
	return out
}

var datePattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`) })

// date reads a day; what is not even shaped like one, the schema refuses.
func (d *decoder) date(n *node, at string) time.Time {
	day, err := time.Parse(time.DateOnly, textOf(n))
	if err != nil && datePattern().MatchString(textOf(n)) {
		d.add(n.complaint("IDP0104", at, diagnostic.T("project.date", dotted(at))))
	}
	return day
}

// pin reads which server id a key means; the schema refuses what is no key.
func pin(n *node) map[model.Key]string {
	if !n.is(mapNode) {
		return nil
	}
	out := map[model.Key]string{}
	for i := range n.keys {
		k, err := model.ParseKey(n.keys[i].name)
		if err == nil && slices.Contains(model.Documented, k.Kind) {
			out[k] = textOf(n.items[i])
		}
	}
	return out
}
