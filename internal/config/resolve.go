package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/model"
)

// linker resolves the references between the objects of one target.
type linker struct {
	project *Project
	target  *Target
	objects map[model.Key]*object
	state   *model.State
	found   []diagnostic.Diagnostic

	// names are those of the declared objects, sorted, for suggestions; made when
	// first needed.
	names  map[model.Kind][]string
	limits map[place]limit
}

// link fills in what o's resource depends on and adds its enablements.
func (l *linker) link(o *object, r *model.Resource) {
	switch r.Key.Kind {
	case model.Connection:
		l.provider(o, r)
	case model.Application:
		l.defaultLogin(o, r)
		l.buttons(o, r)
		l.found = append(l.found, o.login()...)
	}
}

func (l *linker) provider(o *object, r *model.Resource) {
	k := model.Key{Kind: model.IdentityProvider, Name: o.text("provider")}
	if k.Name == "" {
		return
	}
	if to := l.objects[k]; to != nil && to.state() != model.Absent {
		r.DependsOn = append(r.DependsOn, k)
		return
	}
	if _, ok := l.resolve(o, o.content.specNode().child("provider"), "provider", model.IdentityProvider); ok {
		r.DependsOn = append(r.DependsOn, k)
	}
}

// defaultLogin resolves the connections that the default login method names.
func (l *linker) defaultLogin(o *object, r *model.Resource) {
	if r.Lifecycle != model.Present {
		return
	}
	method := o.content.linkNode().child("loginConfig").child("defaultLoginMethod")
	for _, name := range loginReferences {
		n := method.child(name)
		if !n.is(textNode) || n.text == "" {
			continue
		}
		path := model.Path{"loginConfig", "defaultLoginMethod", name}.String()
		k, ok := l.resolve(o, n, path, model.Connection)
		if !ok {
			continue
		}
		if r.Refs == nil {
			r.Refs = map[string]model.Key{}
		}
		r.Refs[path] = k
		if !slices.Contains(r.DependsOn, k) {
			r.DependsOn = append(r.DependsOn, k)
		}
	}
}

// buttons makes an enablement of each listed connection. An element listed
// twice is the schema's complaint.
func (l *linker) buttons(o *object, r *model.Resource) {
	for i, n := range o.buttons {
		if !n.is(textNode) || n.text == "" {
			continue
		}
		k, ok := l.resolve(o, n, fmt.Sprintf("connections[%d]", i), model.Connection)
		if !ok {
			continue
		}
		if e := enablement(r.Key, k, n); l.state.Get(e.Key) == nil {
			l.state.Put(e)
		}
	}
}

// resolve finds the object that a reference names.
func (l *linker) resolve(o *object, n *node, path string, kind model.Kind) (model.Key, bool) {
	k := model.Key{Kind: kind, Name: n.text}
	to := l.objects[k]
	switch {
	case to == nil:
		l.unknown(n, path, k)
		return k, false
	case to.state() == model.Absent && o.state() != model.Absent:
		l.complain(n, path, diagnostic.T("ref.absent", path, noun(kind), k.Name), diagnostic.T("ref.absent.hint", k.String()))
		return k, false
	}
	return k, true
}

func (l *linker) complain(n *node, path string, message, hint diagnostic.Text) {
	c := n.complaint("IDP0201", specPointer(model.SplitPath(path)), message)
	c.Hint = hint
	l.found = append(l.found, c)
}

// unknown complains about a reference to nothing, unless the document may stand
// in a file that could not be read.
func (l *linker) unknown(n *node, path string, k model.Key) {
	if targets, limited := l.project.elsewhere(k); limited {
		l.complain(n, path, diagnostic.T("ref.targets", path, noun(k.Kind), k.Name, targets), diagnostic.Text{})
		return
	}
	if l.project.mayDeclare(k) {
		return
	}
	l.complain(n, path, diagnostic.T("ref.unknown", path, noun(k.Kind), k.Name), l.suggest(k))
}

// suggest names the handle of the object whose server name was written, or the
// handle nearest to what was, or those there are.
func (l *linker) suggest(k model.Key) diagnostic.Text {
	if l.names == nil {
		l.names = map[model.Kind][]string{}
		for r := range l.state.All() {
			l.names[r.Key.Kind] = append(l.names[r.Key.Kind], r.Key.Name)
		}
	}
	for r := range l.state.Of(k.Kind) {
		if r.Text("identifier") == k.Name || r.Text("name") == k.Name {
			return diagnostic.T("ref.identifier", r.Key.Name)
		}
	}
	if near := didYouMean(k.Name, l.names[k.Kind]); near.ID != "" {
		return near
	}
	return thereAre(l.names[k.Kind])
}

// thereAre lists names, but not by the dozen.
func thereAre(names []string) diagnostic.Text {
	const most = 10
	switch {
	case len(names) == 0:
		return diagnostic.Text{}
	case len(names) == 1:
		return diagnostic.T("ref.only", names[0])
	case len(names) <= most+2:
		return diagnostic.T("ref.list", strings.Join(names, ", "))
	}
	return diagnostic.T("ref.list", diagnostic.T("list.more", strings.Join(names[:most], ", "), len(names)-most))
}

// elsewhere tells whether the object is declared for other targets only, and
// for which.
func (p *Project) elsewhere(k model.Key) (string, bool) {
	var targets []string
	declared := false
	for _, d := range p.documents {
		if d.key() == k {
			declared = true
			targets = append(targets, d.meta.targets...)
		}
	}
	if declared && len(targets) == 0 {
		return "-", true
	}
	return strings.Join(targets, ", "), declared
}

// declaredTwice complains about the second document of a name.
func declaredTwice(d, first *document) diagnostic.Diagnostic {
	at := fmt.Sprintf("%s:%d", first.file.path, first.whole().meta.nameNode.line)
	return d.whole().meta.nameNode.complaint("IDP0202", "/metadata/name",
		diagnostic.T("name.twice", noun(model.Kind(d.kind)), d.name, at))
}

// noun is a kind in a sentence.
func noun(kind model.Kind) diagnostic.Text {
	switch kind {
	case model.IdentityProvider:
		return diagnostic.T("noun.provider")
	case model.Connection:
		return diagnostic.T("noun.connection")
	case model.Application:
		return diagnostic.T("noun.application")
	}
	return diagnostic.T("noun.patch")
}
