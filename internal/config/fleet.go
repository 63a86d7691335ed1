package config

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/model"
)

// DefaultInterval is how often a target of a fleet is looked at unless its entry
// says otherwise; no entry may ask for less than shortestInterval, or for so long
// that it would be taken for never.
const (
	DefaultInterval  = 5 * time.Minute
	shortestInterval = 10 * time.Second
	longestInterval  = 366 * 24 * time.Hour
)

// Fleet is a file of kind Fleet: what serve looks after. Sources and Targets are
// in the order of the file.
type Fleet struct {
	// File is the path that LoadFleet was given.
	File    string
	Sources []FleetSource
	Targets []FleetTarget
}

// FleetSource is one project: a folder or a repository.
type FleetSource struct {
	Name string
	Dir  string    // absolute; "" when Git is set
	Git  *FleetGit // nil for a folder
	// Source is the place of the entry, At that of its folder or URL.
	Source, At model.Source
}

// FleetGit is a project in a repository.
type FleetGit struct {
	URL           string // as written; env:NAME names a variable that holds it
	Ref, Path     string
	RequireSigned bool
}

// FleetTarget is one entry of targets: one target, or every one that fits.
type FleetTarget struct {
	Source        string
	Target, Match string // one of them
	Interval      time.Duration
	Mode          string  // detect | apply
	MaxRPS        float64 // what counts unless MaxRPSSet is false
	MaxRPSSet     bool
	At            model.Source

	at   *node // where Target or Match stands
	path string
}

// LoadFleet reads a fleet file. It fails only when there is no file that could be
// read; everything that is wrong with it is told as diagnostics, sorted, and a
// fleet with an error among them must not be used.
func LoadFleet(path string) (*Fleet, []diagnostic.Diagnostic, error) {
	data, err := readFleet(path)
	if err != nil {
		reason, _ := fileFault(err, maxFile)
		return nil, nil, fmt.Errorf("fleet file %s: %s", path, reason.In(diagnostic.English))
	}
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil, nil, fmt.Errorf("fleet file %s: %w", path, err)
	}
	d := &fleetDecoder{fleet: &Fleet{File: path}, dir: dir, sources: map[string]*node{}, targets: map[[2]string]*node{}}
	d.document(&file{path: filepath.ToSlash(path), data: string(data)})
	diagnostic.Sort(d.found)
	return d.fleet, d.found, nil
}

// Source finds a source by its name; nil when there is none.
func (f *Fleet) Source(name string) *FleetSource {
	for i := range f.Sources {
		if f.Sources[i].Name == name {
			return &f.Sources[i]
		}
	}
	return nil
}
