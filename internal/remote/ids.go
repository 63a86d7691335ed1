package remote

import (
	"maps"
	"strings"

	"github.com/idpsync/idpsync/internal/model"
)

// names maps the server's ids to keys and back. One object bears one key.
type names struct {
	// given are the handles as the caller settled them, and those of what was
	// created since; keys are all the others. given is the caller's own map until
	// there is something to write.
	given  model.Handles
	shared bool
	keys   map[model.ObjectID]model.Key
	ids    map[model.Key]string
	// gone are the objects that this client deleted.
	gone map[model.ObjectID]bool
}

func newNames() names {
	return names{
		keys: map[model.ObjectID]model.Key{}, ids: map[model.Key]string{},
		given: model.Handles{}, gone: map[model.ObjectID]bool{},
	}
}

// restart forgets every name and takes the handles of h.
func (n *names) restart(h model.Handles) {
	n.given, n.shared = h, true
	n.keys = map[model.ObjectID]model.Key{}
	n.ids = make(map[model.Key]string, len(h))
	for id, key := range h {
		n.ids[key] = id.ID
	}
}

// bind gives an object its handle for good: it was created under it. The one
// that bore it before bears none any more, or a reference to it would pass for
// one to the new object.
func (n *names) bind(id model.ObjectID, key model.Key) {
	if n.shared {
		n.given, n.shared = maps.Clone(n.given), false
		if n.given == nil {
			n.given = model.Handles{}
		}
	}
	if old, had := n.ids[key]; had && old != id.ID {
		before := model.ObjectID{Kind: id.Kind, ID: old}
		delete(n.given, before)
		delete(n.keys, before)
	}
	n.given[id] = key
	n.ids[key] = id.ID
	delete(n.gone, id)
}

// name returns the key of an object. One that has none yet gets the name it
// bears on the server, or its id when that is taken or cannot be a name.
func (n *names) name(id model.ObjectID, preferred string) model.Key {
	if key, ok := n.given[id]; ok {
		return key
	}
	if key, ok := n.keys[id]; ok {
		return key
	}
	key := model.Key{Kind: id.Kind, Name: preferred}
	if _, taken := n.ids[key]; taken || preferred == "" || strings.Contains(preferred, "/") {
		key = byID(id)
	}
	n.keys[id], n.ids[key] = key, id.ID
	return key
}

// referred is the key of an object that another one refers to. One that this
// client deleted is no longer meant by any handle, whatever a read still shows.
func (n *names) referred(id model.ObjectID, preferred string) model.Key {
	if n.gone[id] {
		return byID(id)
	}
	return n.name(id, preferred)
}

// byID names an object that no handle means.
func byID(id model.ObjectID) model.Key { return model.Key{Kind: id.Kind, Name: "id:" + id.ID} }

// id returns the server's id of a key that State or Create has met.
func (n *names) id(key model.Key) (string, bool) {
	id, ok := n.ids[key]
	return id, ok
}

// deleted notes that an object is gone. Its key may be born again.
func (n *names) deleted(id model.ObjectID) { n.gone[id] = true }
