package config

import (
	"cmp"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/schema"
)

const fleetKind = "Fleet"

// readFleet reads a fleet file within the limits of any file. Links are followed
// wherever they lead: it stands where whoever starts serve says.
func readFleet(name string) ([]byte, error) {
	f, err := os.OpenFile(name, os.O_RDONLY|openFlags, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	size, err := sizeOf(f, maxFile)
	if err != nil {
		return nil, err
	}
	return readAll(f, size, maxFile)
}

// fleetDecoder reads a fleet file. Its shape is checked by the schema; what has
// the wrong shape is left out here.
type fleetDecoder struct {
	fleet *Fleet
	dir   string // of the file
	found []diagnostic.Diagnostic
	// sources and targets are where each name was given first.
	sources map[string]*node
	targets map[[2]string]*node
}

func (d *fleetDecoder) add(c diagnostic.Diagnostic) { d.found = append(d.found, c) }

// complain adds an error with what next.
func (d *fleetDecoder) complain(n *node, code, at string, message, hint diagnostic.Text) {
	c := n.complaint(code, at, message)
	c.Hint = hint
	d.add(c)
}

func (d *fleetDecoder) document(f *file) {
	pf := parseWhole(f)
	d.found = pf.found
	switch {
	case len(pf.docs) > 1:
		d.add(pf.docs[1].root.complaint("IDP0109", "", diagnostic.T("fleet.docs")))
	case len(pf.docs) == 0 && len(pf.unread) == 0:
		d.add(diagnostic.Diagnostic{
			Code: "IDP0109", Severity: diagnostic.Error, File: f.path, Range: firstCharacter,
			Message: diagnostic.T("fleet.empty"), Hint: diagnostic.T("fleet.empty.hint"),
		})
	}
	if len(pf.docs) > 0 {
		d.root(pf.docs[0].root)
	}
}

func (d *fleetDecoder) root(n *node) {
	if n.kind != mapNode {
		if n.kind != brokenNode {
			d.complain(n, "IDP0109", "", diagnostic.T("fleet.shape"), diagnostic.T("fleet.empty.hint"))
		}
		return
	}
	if k := n.child("kind"); k.is(textNode) && k.text != fleetKind && model.Nearest(k.text, []string{fleetKind}) == "" {
		// a file of another kind: what else it lacks would only be noise
		d.complain(k, "IDP0109", "/kind", diagnostic.T("value.const", "kind", fleetKind), diagnostic.T("fleet.kind.hint"))
		return
	}
	d.check(n)
	for i, item := range itemsOf(n.child("sources")) {
		d.source(item, "/sources/"+strconv.Itoa(i))
	}
	for i, item := range itemsOf(n.child("targets")) {
		d.target(item, "/targets/"+strconv.Itoa(i))
	}
}

// itemsOf are the mappings of a list.
func itemsOf(n *node) []*node {
	if !n.is(listNode) {
		return nil
	}
	return n.items
}

// check asks the schema about the whole file.
func (d *fleetDecoder) check(n *node) {
	doc, _ := plainValue(n).(map[string]any)
	c := &checker{root: n, own: n}
	for _, v := range schema.Bundled().CheckFleet(doc) {
		if !c.broken(v) && !toldBetter(v) {
			d.add(c.diagnostic(v))
		}
	}
}

// toldBetter tells of what the schema says for editors and this package says in
// words that fit: that an entry names one of two things, and limits of numbers.
func toldBetter(v schema.Violation) bool {
	switch v.Keyword {
	case "required":
		return v.Name == "dir" || v.Name == "git" || v.Name == "target" || v.Name == "match"
	case "exclusiveMinimum":
		return true
	case "pattern", "maxLength":
		return strings.HasPrefix(v.Pointer, "/sources/") && strings.HasSuffix(v.Pointer, "/name")
	}
	return strings.Count(v.Pointer, "/") == 2 && !v.Key && v.Keyword != "type"
}

func (n *node) source() model.Source {
	return model.Source{File: n.doc.file.path, Line: int(n.line)}
}

func (d *fleetDecoder) source(n *node, at string) {
	if n.kind != mapNode {
		return
	}
	s := FleetSource{Name: textOf(n.child("name")), Source: n.source(), At: n.source()}
	if name := n.child("name"); name.is(textNode) && !validName(name.text) {
		d.add(name.complaint("IDP0115", at+"/name", diagnostic.T("name.form", dotted(at+"/name"), name.text, maxName)))
	}
	if first := d.sources[s.Name]; first != nil {
		d.complain(n.child("name"), "IDP0119", at+"/name",
			diagnostic.T("fleet.sourceTwice", s.Name, first.line), diagnostic.T("fleet.sourceTwice.hint"))
	} else if s.Name != "" {
		d.sources[s.Name] = n.child("name")
	}
	d.one(n, at, "dir", "git")
	if dir := n.child("dir"); textOf(dir) != "" {
		s.Dir, s.At = filepath.FromSlash(dir.text), dir.source()
		if !filepath.IsAbs(s.Dir) {
			s.Dir = filepath.Join(d.dir, s.Dir)
		}
	}
	if git := n.child("git"); git.is(mapNode) {
		s.Git = &FleetGit{
			URL: d.gitURL(git.child("url"), at+"/git/url"), Ref: textOf(git.child("ref")),
			Path: d.gitPath(git.child("path"), at+"/git/path"), RequireSigned: git.child("requireSigned").isTrue(),
		}
		s.At = git.source()
	}
	d.fleet.Sources = append(d.fleet.Sources, s)
}

// one wants exactly one of two keys.
func (d *fleetDecoder) one(n *node, at, a, b string) {
	first, second := n.child(a), n.child(b)
	switch {
	case first != nil && second != nil:
		d.complain(second, "IDP0119", at+"/"+b, diagnostic.T("fleet.both", dotted(at), a, b), diagnostic.T("fleet.both.hint"))
	case first == nil && second == nil && !n.partial:
		d.add(n.complaint("IDP0102", at, diagnostic.T("fleet.neither", dotted(at), a, b)))
	}
}

// gitURL refuses a login: the file lies where many may read it.
func (d *fleetDecoder) gitURL(n *node, at string) string {
	text := textOf(n)
	if name, fromVariable := strings.CutPrefix(text, "env:"); fromVariable {
		if !envName().MatchString(name) {
			d.add(n.complaint("IDP0104", at, diagnostic.T("fleet.env", dotted(at))))
		}
		return text
	}
	u, err := url.Parse(text)
	if err != nil || u.User == nil {
		return text
	}
	_, password := u.User.Password()
	if u.Scheme != "ssh" || password {
		c := n.complaint("IDP0104", at, diagnostic.T("fleet.login", dotted(at)))
		c.Hint, c.Sensitive = diagnostic.T("fleet.login.hint"), true
		d.add(c)
		return ""
	}
	return text
}

// gitPath refuses a folder outside of the repository.
func (d *fleetDecoder) gitPath(n *node, at string) string {
	text := textOf(n)
	if text != "" && (path.IsAbs(text) || strings.Contains(text, `\`) || !filepath.IsLocal(filepath.FromSlash(text))) {
		d.add(n.complaint("IDP0104", at, diagnostic.T("fleet.path", dotted(at))))
		return ""
	}
	return text
}

func (d *fleetDecoder) target(n *node, at string) {
	if n.kind != mapNode {
		return
	}
	t := FleetTarget{
		Source: textOf(n.child("source")), Target: textOf(n.child("target")), Match: textOf(n.child("match")),
		Interval: d.interval(n.child("interval"), at+"/interval"), Mode: cmp.Or(textOf(n.child("mode")), "detect"),
		At: n.source(), path: at,
	}
	if f := floatOf(n.child("maxRPS")); f != nil {
		t.MaxRPS, t.MaxRPSSet = *f, true
		if *f <= 0 {
			d.complain(n.child("maxRPS"), "IDP0104", at+"/maxRPS", diagnostic.T("fleet.rps", dotted(at+"/maxRPS")), diagnostic.T("fleet.rps.hint"))
		}
	}
	d.one(n, at, "target", "match")
	d.known(n.child("source"), at+"/source")
	d.twice(n, at, t)
	t.at = n.child("target")
	if match := n.child("match"); t.Target == "" && match != nil {
		t.at = match
		if t.Match != "" && !validGlob(t.Match) {
			d.complain(match, "IDP0104", at+"/match", diagnostic.T("project.glob", dotted(at+"/match")), diagnostic.T("fleet.glob.hint"))
		}
	}
	d.fleet.Targets = append(d.fleet.Targets, t)
}

// known complains about a source that the file does not have.
func (d *fleetDecoder) known(n *node, at string) {
	if name := textOf(n); name == "" || d.sources[name] != nil {
		return
	}
	names := make([]string, 0, len(d.fleet.Sources))
	for _, s := range d.fleet.Sources {
		names = append(names, s.Name)
	}
	d.complain(n, "IDP0120", at, diagnostic.T("fleet.source", dotted(at), n.text), nearOr(n.text, names))
}

// nearOr names the nearest of the names, or a few of them.
func nearOr(word string, names []string) diagnostic.Text {
	if hint := didYouMean(word, names); hint.ID != "" {
		return hint
	}
	if len(names) == 0 {
		return diagnostic.Text{}
	}
	return diagnostic.T("ref.list", choices(strings.Join(names, ", ")))
}

// twice complains about a target, or a pattern, that stands there already.
func (d *fleetDecoder) twice(n *node, at string, t FleetTarget) {
	key, name := "target", t.Target
	if name == "" {
		key, name = "match", t.Match
	}
	if t.Source == "" || name == "" {
		return
	}
	id := [2]string{t.Source + "/" + key, name}
	if first := d.targets[id]; first != nil {
		d.complain(n.child(key), "IDP0119", at+"/"+key,
			diagnostic.T("fleet.targetTwice", name, t.Source, first.line), diagnostic.T("fleet.targetTwice.hint"))
		return
	}
	d.targets[id] = n.child(key)
}

// durationShape is what the schema asks of an interval.
var durationShape = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`) })

// interval reads how often; what is not shaped like a duration, the schema
// refuses.
func (d *fleetDecoder) interval(n *node, at string) time.Duration {
	text := textOf(n)
	if text == "" {
		return DefaultInterval
	}
	v, err := time.ParseDuration(text)
	switch {
	case !durationShape().MatchString(text):
	case err != nil, v > longestInterval:
		d.add(n.complaint("IDP0104", at, diagnostic.T("fleet.intervalLong", dotted(at))))
	case v < shortestInterval:
		d.complain(n, "IDP0104", at, diagnostic.T("fleet.interval", dotted(at), shortestInterval.String()), diagnostic.T("fleet.interval.hint"))
	default:
		return v
	}
	return DefaultInterval
}
