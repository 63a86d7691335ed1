package cli

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/idpsync/idpsync/internal/config"
	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/fleet"
	"github.com/idpsync/idpsync/internal/report"
	"github.com/idpsync/idpsync/internal/schema"
)

func reportOf(found []diagnostic.Diagnostic, a *app) document {
	return report.NewDiagnostics(found, a.flags.lang)
}

// checkFleet reads the fleet file and the folders that it names, and lists what a
// serve would look after. No server, repository or database is asked.
func (a *app) checkFleet(f *serveFlags) error {
	file, err := a.fleetFile(f.fleet)
	if err != nil {
		return a.saidWhole(err)
	}
	var found []diagnostic.Diagnostic
	failed := false
	var all []config.Picked
	targets := map[string]*config.Target{}
	for i := range file.Sources {
		s := &file.Sources[i]
		if s.Git != nil {
			if _, err := a.gitOf(s, filepath.Join(a.path(a.flags.dir), ".idpsync", "git"), filepath.Dir(a.path(f.fleet))); err != nil {
				return err
			}
			fmt.Fprintln(a.out, report.Clean(diagnostic.Say(a.lang(), "source %s: a repository, whose targets are known when it is fetched", s.Name)))
			continue
		}
		project, picked, complaints, err := a.pickedOf(file, s)
		if err != nil {
			a.sayLine("error", fmt.Sprintf("source %s: %v", s.Name, err))
			failed = true
			continue
		}
		found = append(found, complaints...)
		for _, p := range picked {
			all = append(all, p)
			targets[p.Name()] = project.Targets[p.Target]
			fmt.Fprintln(a.out, report.Clean(diagnostic.Say(a.lang(), "%s: %s, every %s", p.Name(), p.Mode, p.Interval)))
		}
		for _, name := range project.TargetNames() { // the * of a pattern ends at a slash, for one
			if name = s.Name + "/" + name; targets[name] == nil {
				fmt.Fprintln(a.out, report.Clean(diagnostic.Say(a.lang(), "%s: no entry of the fleet file picks it", name)))
			}
		}
	}
	twice := fleet.Twice(all, func(p config.Picked) *config.Target { return targets[p.Name()] }, placeOfTarget)
	diagnostic.Sort(found)
	if len(found) > 0 {
		if err := a.tell(reportOf(found, a)); err != nil {
			return err
		}
	}
	if failed || diagnostic.HasErrors(found) {
		return errors.Join(twice, silent(Failure))
	}
	return twice
}

// pickedOf is what a fleet would look after in a folder.
func (a *app) pickedOf(file *config.Fleet, s *config.FleetSource) (*config.Project, []config.Picked, []diagnostic.Diagnostic, error) {
	project, found, err := config.Load(s.Dir, config.Options{Catalog: schema.Bundled()})
	if err != nil {
		return nil, nil, nil, err
	}
	found = a.fromHere(s.Dir, found)
	picked, troubles := file.Resolve(s.Name, project.TargetNames())
	if !slices.ContainsFunc(found, func(d diagnostic.Diagnostic) bool { return d.Severity == diagnostic.Error }) {
		for _, t := range troubles {
			found = append(found, t.Diagnostic)
		}
	}
	return project, picked, found, nil
}
