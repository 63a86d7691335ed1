package config

import (
	"bytes"
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

	names map[model.Kind][]string // for suggestions; made when first needed
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
	n := o.content.spec.child("provider")
	if !n.is(textNode) || n.text == "" {
		return
	}
	if k, ok := l.resolve(o, n, "provider", model.IdentityProvider); ok {
		r.DependsOn = append(r.DependsOn, k)
	}
}

// defaultLogin resolves the connections that the default login method names.
func (l *linker) defaultLogin(o *object, r *model.Resource) {
	if r.Lifecycle != model.Present {
		return
	}
	method := o.content.spec.child("loginConfig").child("defaultLoginMethod")
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
		l.complain(n, path, diagnostic.T("ref.absent", path, noun(kind), k.Name), diagnostic.Text{})
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
	if l.project.mayName(k.Name) {
		return
	}
	l.complain(n, path, diagnostic.T("ref.unknown", path, noun(k.Kind), k.Name), l.suggest(k))
}

// suggest names the handle of the object whose server name was written, or the
// handle nearest to what was.
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
	return didYouMean(k.Name, l.names[k.Kind])
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

// mayName tells whether a file that could not be read in full has the name in
// it: then nobody knows whether the object exists.
func (p *Project) mayName(name string) bool {
	return slices.ContainsFunc(p.doubtful, func(f *file) bool {
		return f.data == nil || bytes.Contains(f.data, []byte(name))
	})
}

// declaredTwice complains about the second document of a name.
func declaredTwice(d, first *document) diagnostic.Diagnostic {
	at := fmt.Sprintf("%s:%d", first.file.path, first.meta.nameNode.line)
	return d.meta.nameNode.complaint("IDP0202", "/metadata/name",
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
