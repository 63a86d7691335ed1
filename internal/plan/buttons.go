package plan

import (
	"slices"

	"github.com/idpsync/idpsync/internal/model"
)

// buttons lists the enablements that a change gives and takes by itself, sorted.
// What a replace takes, other changes of the plan give back.
func (b *builder) buttons(c *Change) (gains, loses []model.Key) {
	if _, _, edge := c.Key.Ends(); edge {
		if c.Action == Create {
			return []model.Key{c.Key}, nil
		}
		return nil, []model.Key{c.Key}
	}
	if c.Action != Delete && c.Action != Replace {
		return nil, nil
	}
	loses = b.edgesLost(c.Key, c.Action, nil)
	for _, user := range b.actualUsers[c.Key] {
		if k, child := user.Parent(); child && k == c.Key && b.changes[user.Key] == nil {
			loses = b.edgesLost(user.Key, Delete, loses) // nobody asked for it, and it falls
		}
	}
	slices.SortFunc(loses, model.Key.Compare)
	return nil, slices.Compact(loses)
}

// edgesLost appends the enablements that go with one of their ends, less those
// that a change of their own takes or that go with their application.
func (b *builder) edgesLost(k model.Key, action Action, lost []model.Key) []model.Key {
	for _, e := range b.actualEdges[k] {
		if own := b.changes[e.Key]; own != nil && own.Action == Delete {
			continue
		}
		app, conn, _ := e.Key.Ends()
		if a := b.changes[app]; conn == k && a != nil && (a.Action == Replace || a.Action == Delete && action == Delete) {
			continue
		}
		lost = append(lost, e.Key)
	}
	return lost
}
