package plan

import (
	"slices"

	"github.com/idpsync/idpsync/internal/model"
)

// GivesTo lists the applications that have a way to log in more once the step is
// done, or another default one.
func (s Step) GivesTo() []model.Key {
	c := s.Change
	if s.Half == Remove {
		return nil
	}
	if givesWay(c) {
		return []model.Key{c.Key}
	}
	return owning(c.Gains)
}

// TakesFrom lists the applications that have a way to log in less once the step
// is done. The making half of a replace takes nothing.
func (s Step) TakesFrom() []model.Key {
	c := s.Change
	if s.Half == Make {
		return nil
	}
	if takesWay(c) {
		return []model.Key{c.Key}
	}
	apps := owning(c.Loses)
	for _, e := range c.Release {
		apps = append(apps, e.Key.Owner())
	}
	slices.SortFunc(apps, model.Key.Compare)
	return slices.Compact(apps)
}

// LeansOn tells that the step points an application at something that has to be
// there: it takes nothing, and yet must not come before a proof of what it
// points at.
func (s Step) LeansOn() []model.Key {
	c := s.Change
	if c.Action == Update && slices.ContainsFunc(c.Found, func(f FieldDiff) bool { _, ref := c.To.Refs[f.Path]; return ref }) {
		return []model.Key{c.Key}
	}
	return nil
}

func owning(buttons []model.Key) []model.Key {
	apps := make([]model.Key, 0, len(buttons))
	for _, k := range buttons {
		apps = append(apps, k.Owner())
	}
	return apps
}
