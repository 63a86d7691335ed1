package config

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"

	"github.com/idpsync/idpsync/internal/model"
)

// Naming says under which handles the objects of a pool are written.
type Naming struct {
	// Handles names every object that may be managed.
	Handles model.Handles
	// Elsewhere tells which of them bear the handle that documents for other
	// targets gave them: they are of this target too, in a document of its own.
	Elsewhere map[model.Key]bool
}

// Name gives a handle to every object that no document claims: the one that
// documents for other targets gave it, the one that it bore when a document
// claimed it (known), else one made of its identifier or its name. Two objects
// never get one handle, and no document's is taken.
func (d *Desired) Name(p *Project, claimed, known model.Handles, observed []model.Observed) Naming {
	n := &namer{taken: map[model.Key]bool{}, out: Naming{Handles: maps.Clone(claimed), Elsewhere: map[model.Key]bool{}}}
	for _, doc := range p.documents {
		n.taken[doc.key()] = true
	}
	elsewhere := d.handlesElsewhere()
	wanted := map[model.Key][]model.Observed{}
	for _, o := range observed {
		id := model.ObjectID{Kind: o.Kind, ID: o.ID}
		if _, named := n.out.Handles[id]; named || o.Foreign != "" {
			continue
		}
		if k := elsewhere[outlineOf(o)]; k.Name != "" && !n.out.Elsewhere[k] {
			n.out.Handles[id], n.out.Elsewhere[k] = k, true
			continue
		}
		k := model.Key{Kind: o.Kind, Name: preferred(o)}
		if old := known[id]; !n.taken[old] && old.Kind == o.Kind && validName(old.Name) {
			n.out.Handles[id], n.taken[old] = old, true
			continue
		}
		wanted[k] = append(wanted[k], o)
	}
	for _, k := range slices.SortedFunc(maps.Keys(wanted), model.Key.Compare) {
		n.settle(k, wanted[k])
	}
	return n.out
}

// namer gives out handles, each once.
type namer struct {
	taken map[model.Key]bool
	out   Naming
}

// settle names the objects that would all like to bear the name of k. More
// than one, or none that is free, and each bears the end of its id, so that a
// name does not hang on the order of a list.
func (n *namer) settle(k model.Key, objects []model.Observed) {
	sort.Slice(objects, func(i, j int) bool { return objects[i].ID < objects[j].ID })
	for _, o := range objects {
		name := k
		if k.Name == "" || n.taken[k] || len(objects) > 1 {
			name.Name = withID(cmp.Or(k.Name, handleOf(o.Type), strings.ToLower(string(o.Kind))), o.ID)
		}
		base := name.Name
		for i := 2; n.taken[name]; i++ {
			name.Name = base + "-" + strconv.Itoa(i)
		}
		n.taken[name] = true
		n.out.Handles[model.ObjectID{Kind: o.Kind, ID: o.ID}] = name
	}
}

// withID puts the last 6 characters of the id behind the name.
func withID(name, id string) string {
	end := handleOf(id)
	end = strings.Trim(end[max(0, len(end)-6):], "-")
	return strings.Trim(handleOf(name[:min(len(name), maxName-12)])+"-"+end, "-")
}

// preferred is the handle an object would like to bear; "" for none.
func preferred(o model.Observed) string {
	if o.Kind == model.IdentityProvider {
		return handleOf(o.Name)
	}
	if validName(o.Identifier) {
		return o.Identifier
	}
	return handleOf(o.Identifier)
}

var notHandle = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[^a-z0-9]+`) })

// handleOf makes a name for documents of what an object is called on the
// server; "" when nothing of it can stand in one.
func handleOf(name string) string {
	h := strings.Trim(notHandle().ReplaceAllString(strings.ToLower(name), "-"), "-")
	return strings.TrimRight(h[:min(len(h), maxName)], "-")
}

// handlesElsewhere are the handles of documents that do not count on this
// target, by what the server knows their objects by; those that two share are
// nobody's.
func (d *Desired) handlesElsewhere() map[string]model.Key {
	out := map[string]model.Key{}
	for _, r := range d.Elsewhere {
		id := outlineOf(model.Observed{
			Kind: r.Key.Kind, Type: r.Text("type"), Name: r.Text("name"),
			Identifier: r.Text("identifier") + r.Text("appIdentifier"),
		})
		if k, twice := out[id]; twice && k != r.Key || d.State.Get(r.Key) != nil {
			r = &model.Resource{}
		}
		out[id] = r.Key
	}
	return out
}

// outlineOf is what the server knows an object by.
func outlineOf(o model.Observed) string {
	switch o.Kind {
	case model.IdentityProvider:
		return string(o.Kind) + "\x00" + o.Type + "\x00" + o.Name
	case model.Connection:
		return string(o.Kind) + "\x00" + o.Identifier
	}
	return string(o.Kind) + "\x00" + o.Identifier
}
