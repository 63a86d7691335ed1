package config

import (
	"slices"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/secret"
)

// Desired is what the files want of one target.
type Desired struct {
	Target *Target
	// State holds the declared resources, secrets as references. Resources that
	// are limited to other targets are not in it.
	State *model.State
	// Elsewhere holds one resource for each document that does not count on this
	// target, in the order of the files, with nothing but what tells its object:
	// a provider's type and name, a connection's identifier and type, an
	// application's appIdentifier. Keys may repeat, and may be in State.
	Elsewhere []*model.Resource
	objects   map[model.Key]*object
}

// Desired makes the state of a target out of the files, with everything that
// is wrong on that target, sorted. The state is worth using only when nothing
// of it is an error. With no target at all ("") the documents are checked as
// they stand.
func (p *Project) Desired(target string) (*Desired, []diagnostic.Diagnostic) {
	p.making.Lock() // documents keep what they are on any target
	defer p.making.Unlock()
	t := p.Targets[target]
	if t == nil {
		t = &Target{Name: target, Policy: p.Policy}
	}
	d := &Desired{Target: t, State: model.NewState(), Elsewhere: p.outside(t)}
	found := p.checkPatches()
	objects, more := p.active(target)
	found = append(found, more...)
	d.objects = make(map[model.Key]*object, len(objects))
	patches := p.patchesOn(target)
	parallel(len(objects), func(i int) { objects[i].content = p.content(objects[i].doc, t, patches) })
	for _, o := range objects {
		found = append(found, o.content.found...)
		if !o.apart {
			d.objects[o.key()] = o
		}
	}
	found = append(found, p.idle(target, patches, d.objects)...)
	found = append(found, p.link(d, objects)...)
	found = p.Levels(found)
	diagnostic.Sort(found)
	return d, diagnostic.Compact(found)
}

// With is what the files want with another form of its state, such as one whose
// secrets have values.
func (d *Desired) With(state *model.State) *Desired {
	c := *d
	c.State = state
	return &c
}

// Release lets go of what only the Desired of another target would ask for.
// Should somebody ask after all, it is made anew from the files.
func (p *Project) Release(d *Desired) {
	p.making.Lock()
	defer p.making.Unlock()
	for _, o := range d.objects {
		o.doc.release()
		o.content = &content{spec: o.content.spec, ordinaryOf: o.content.ordinaryOf}
	}
}

// Digest names the state: "sha256:" of its canonical form, in which a secret is
// its reference. It is made anew by each call, since validate needs none.
func (d *Desired) Digest() string { return digest(d.State) }

// active lists the documents that count on a target. Of two with one name the
// first does; the second is only checked, as one without a name is.
func (p *Project) active(target string) ([]*object, []diagnostic.Diagnostic) {
	var objects []*object
	var found []diagnostic.Diagnostic
	first := make(map[model.Key]*document, len(p.documents))
	for _, d := range p.documents {
		if !d.on(target) {
			continue
		}
		if f, twice := first[d.key()]; twice {
			found = append(found, declaredTwice(d, f))
			objects = append(objects, &object{doc: d, apart: true})
			continue
		}
		first[d.key()] = d
		objects = append(objects, &object{doc: d})
	}
	for _, d := range p.nameless {
		if d.on(target) {
			objects = append(objects, &object{doc: d, apart: true})
		}
	}
	return objects, found
}

func (p *Project) patchesOn(target string) []*patch {
	var out []*patch
	for _, pt := range p.patches {
		if pt.on(target) {
			out = append(out, pt)
		}
	}
	return out
}

// link binds the objects and resolves what they say of each other.
func (p *Project) link(d *Desired, objects []*object) []diagnostic.Diagnostic {
	l := &linker{project: p, target: d.Target, objects: d.objects, state: d.State, limits: map[place]limit{}}
	resources := make([]*model.Resource, len(objects))
	for i, o := range objects {
		resources[i] = o.bind(d.Target)
		if !o.apart {
			d.State.Put(resources[i])
		}
		l.found = append(l.found, o.contradictions(resources[i])...)
	}
	for i, o := range objects {
		l.link(o, resources[i])
		l.family(o)
	}
	l.multiplicity(slices.DeleteFunc(objects, func(o *object) bool { return o.apart }))
	return l.found
}

// secretReasons are the sentences about a secret without a value.
var secretReasons = map[secret.Why]string{
	secret.Unset: "secret.unset", secret.Empty: "secret.empty", secret.Example: "secret.example",
	secret.Absent: "secret.absent", secret.Denied: "secret.denied", secret.TooLarge: "secret.large",
	secret.Binary: "secret.binary", secret.Unsupported: "secret.source", secret.Failed: "secret.failed",
	secret.Forbidden: "secret.forbidden", secret.Encrypted: "secret.encrypted",
}

// secretRemedies are the sentences about what to do then.
var secretRemedies = map[secret.Why]string{
	secret.Unset: "secret.unset.hint", secret.Empty: "secret.empty.hint", secret.Example: "secret.example.hint",
	secret.Absent: "secret.absent.hint", secret.Denied: "secret.dir.hint",
	secret.Failed: "secret.without.hint", secret.Forbidden: "secret.without.hint",
}

// MissingSecrets gives secrets that could not be had their place, sorted.
func (d *Desired) MissingSecrets(missing []secret.Missing) []diagnostic.Diagnostic {
	found := make([]diagnostic.Diagnostic, 0, len(missing))
	for _, m := range missing {
		c := diagnostic.Diagnostic{Code: "IDP0116", Severity: diagnostic.Error, Message: missingText(m)}
		c.File, c.Range, c.Pointer = d.Locate(m.Key, m.Path)
		if id := secretRemedies[m.Why]; id != "" {
			c.Hint = diagnostic.T(id)
		}
		found = append(found, c)
	}
	diagnostic.Sort(found)
	return slices.Clip(found)
}

func missingText(m secret.Missing) diagnostic.Text {
	args := []any{m.Path, m.Ref}
	switch m.Why {
	case secret.Unset:
		args[1] = m.Ref[len("env:"):]
	case secret.TooLarge, secret.Failed:
		args = append(args, m.Detail)
	}
	return diagnostic.Text{ID: secretReasons[m.Why], Args: args}
}
