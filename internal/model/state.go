package model

import (
	"iter"
	"slices"
)

// State is a set of resources, iterated in the order of their keys. Desired
// and actual are the same type.
type State struct {
	byKey map[Key]*Resource
	keys  []Key // sorted; nil when a change made it stale
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

// NewState makes a state of the resources; a later one of the same key wins.
func NewState(rs ...*Resource) *State {
	s := &State{byKey: make(map[Key]*Resource, len(rs))}
	for _, r := range rs {
		s.Put(r)
	}
	return s
}

// Put adds the resource or takes the place of the one with its key.
func (s *State) Put(r *Resource) {
	if _, ok := s.byKey[r.Key]; !ok {
		s.keys = nil
	}
	s.byKey[r.Key] = r
}

// Get returns the resource with the key, or nil.
func (s *State) Get(k Key) *Resource { return s.byKey[k] }

// Len counts the resources.
func (s *State) Len() int { return len(s.byKey) }

// All iterates in the order of keys.
func (s *State) All() iter.Seq[*Resource] {
	return func(yield func(*Resource) bool) {
		for _, k := range s.sorted() {
			if !yield(s.byKey[k]) {
				return
			}
		}
	}
}

// Of iterates over one kind in the order of keys.
func (s *State) Of(kind Kind) iter.Seq[*Resource] {
	return func(yield func(*Resource) bool) {
		for r := range s.All() {
			if r.Key.Kind == kind && !yield(r) {
				return
			}
		}
	}
}

func (s *State) sorted() []Key {
	if s.keys == nil {
		s.keys = make([]Key, 0, len(s.byKey))
		for k := range s.byKey {
			s.keys = append(s.keys, k)
		}
		slices.SortFunc(s.keys, Key.Compare)
	}
	return s.keys
}
