package model

import (
	"cmp"
	"iter"
	"slices"
	"strings"
)

// State is a set of resources, iterated in the order of their keys. Desired
// and actual are the same type.
type State struct {
	kinds []*listing // by rank
	// Gaps lists what a read could not prove whole; empty for a desired state.
	Gaps []Gap
	// Dead lists, of an actual state, the enablements that a server still shows of
	// connections that are nowhere. They are no login buttons, so they are not
	// among the resources; the last part of a key is the id.
	Dead []Key
}

// Gap says that a listing of the server cannot be trusted to be whole.
type Gap struct {
	// Kind is what was listed.
	Kind Kind
	// Parent is the provider whose connections were listed; else zero.
	Parent Key
	// Reason tells the numbers, for example "list-applications: 3 read, totalCount 5".
	Reason string
}

// listing is the resources of one kind.
type listing struct {
	kind   Kind
	byName map[string]*Resource
	// list is in the order of names unless unsorted.
	list     []*Resource
	unsorted bool
}

// NewState makes a state of the resources; a later one of the same key wins.
func NewState(rs ...*Resource) *State {
	s := &State{}
	for _, r := range rs {
		s.Put(r)
	}
	return s
}

// Put adds the resource or takes the place of the one with its key.
func (s *State) Put(r *Resource) {
	l := s.of(r.Key.Kind)
	if l == nil {
		l = &listing{kind: r.Key.Kind, byName: map[string]*Resource{}}
		s.kinds = append(slices.Clone(s.kinds), l)
		slices.SortStableFunc(s.kinds, func(a, b *listing) int { return cmp.Compare(a.kind.trait().Rank, b.kind.trait().Rank) })
	}
	l.put(r)
}

func (l *listing) put(r *Resource) {
	name := r.Key.Name
	before := len(l.byName)
	l.byName[name] = r
	if len(l.byName) > before {
		n := len(l.list)
		l.unsorted = l.unsorted || n > 0 && l.list[n-1].Key.Name > name
		l.list = append(l.list, r)
		return
	}
	list := l.sorted()
	i, _ := slices.BinarySearchFunc(list, name, func(o *Resource, name string) int { return strings.Compare(o.Key.Name, name) })
	list[i] = r
}

// sorted is the list in the order of names. It is put in order in another place,
// since somebody may be on his way through it.
func (l *listing) sorted() []*Resource {
	if l.unsorted {
		l.list = slices.Clone(l.list)
		slices.SortFunc(l.list, func(a, b *Resource) int { return strings.Compare(a.Key.Name, b.Key.Name) })
		l.unsorted = false
	}
	return l.list
}

// Sized is an empty state that will hold about as many resources of each kind as
// another one does.
func (s *State) Sized() *State {
	out := &State{kinds: make([]*listing, len(s.kinds))}
	for i, l := range s.kinds {
		out.kinds[i] = &listing{kind: l.kind, byName: make(map[string]*Resource, len(l.list)), list: make([]*Resource, 0, len(l.list))}
	}
	return out
}

// of is the listing of a kind, or nil.
func (s *State) of(kind Kind) *listing {
	for _, l := range s.kinds {
		if l.kind == kind {
			return l
		}
	}
	return nil
}

// Get returns the resource with the key, or nil.
func (s *State) Get(k Key) *Resource {
	if l := s.of(k.Kind); l != nil {
		return l.byName[k.Name]
	}
	return nil
}

// Len counts the resources.
func (s *State) Len() int {
	n := 0
	for _, l := range s.kinds {
		n += len(l.list)
	}
	return n
}

// Count counts the resources of one kind.
func (s *State) Count(kind Kind) int {
	if l := s.of(kind); l != nil {
		return len(l.list)
	}
	return 0
}

// All iterates in the order of keys.
func (s *State) All() iter.Seq[*Resource] {
	return func(yield func(*Resource) bool) {
		for _, l := range s.kinds {
			for _, r := range l.sorted() {
				if !yield(r) {
					return
				}
			}
		}
	}
}

// Of iterates over one kind in the order of keys.
func (s *State) Of(kind Kind) iter.Seq[*Resource] {
	return func(yield func(*Resource) bool) {
		if l := s.of(kind); l != nil {
			for _, r := range l.sorted() {
				if !yield(r) {
					return
				}
			}
		}
	}
}
