package config

import (
	"path"
	"time"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/model"
)

// Picked is one target that the fleet looks after, and how.
type Picked struct {
	Source, Target string
	Interval       time.Duration
	Mode           string // detect | apply
	MaxRPS         float64
	MaxRPSSet      bool
	At             model.Source // the entry of the fleet file
}

// Name is "source/target", unique in a fleet.
func (p Picked) Name() string { return p.Source + "/" + p.Target }

// FleetTrouble is an entry that does not fit the project it speaks of.
type FleetTrouble struct {
	// Picked is the target that the entry names and the project does not have;
	// without a Target it is a pattern that fits nothing.
	Picked     Picked
	Diagnostic diagnostic.Diagnostic
}

// Resolve says which of a project's targets the fleet looks after, in the order
// of the entries. A target that is named counts as its entry says, whatever
// patterns fit it too; else the first pattern that fits counts.
func (f *Fleet) Resolve(source string, names []string) (picked []Picked, troubles []FleetTrouble) {
	there := make(map[string]bool, len(names))
	for _, name := range names {
		there[name] = true
	}
	taken := make(map[string]bool, len(names))
	for i := range f.Targets {
		if t := &f.Targets[i]; t.Source == source && t.Target != "" {
			taken[t.Target] = true
		}
	}
	for i := range f.Targets {
		t := &f.Targets[i]
		switch {
		case t.Source != source:
		case t.Target != "" && there[t.Target]:
			picked = append(picked, t.pick(t.Target))
		case t.Target != "":
			troubles = append(troubles, t.missing(names))
		default:
			fits := t.matching(names)
			if len(fits) == 0 {
				troubles = append(troubles, t.idle(names))
			}
			for _, name := range fits {
				if !taken[name] {
					taken[name] = true
					picked = append(picked, t.pick(name))
				}
			}
		}
	}
	return picked, troubles
}

func (t *FleetTarget) pick(name string) Picked {
	return Picked{
		Source: t.Source, Target: name, Interval: t.Interval, Mode: t.Mode,
		MaxRPS: t.MaxRPS, MaxRPSSet: t.MaxRPSSet, At: t.At,
	}
}

func (t *FleetTarget) matching(names []string) (fits []string) {
	for _, name := range names {
		if ok, err := path.Match(t.Match, name); err == nil && ok {
			fits = append(fits, name)
		}
	}
	return fits
}

// missing is the trouble of a name that the project does not have.
func (t *FleetTarget) missing(names []string) FleetTrouble {
	d := t.at.complaint("IDP0120", t.path+"/target", diagnostic.T("fleet.target", t.Source, t.Target))
	d.Hint = nearOr(t.Target, names)
	return FleetTrouble{Picked: t.pick(t.Target), Diagnostic: d}
}

// idle is the trouble of a pattern that fits nothing: customers may come later,
// so it is no more than a warning.
func (t *FleetTarget) idle(names []string) FleetTrouble {
	d := t.at.complaint("IDP0120", t.path+"/match", diagnostic.T("fleet.match", t.Source, t.Match))
	d.Severity, d.Hint = diagnostic.Warning, nearOr(t.Match, names)
	return FleetTrouble{Picked: t.pick(""), Diagnostic: d}
}
