package cli

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"path/filepath"
	"slices"
	"sync"

	"github.com/idpsync/idpsync/internal/config"
	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/report"
)

// templateServer is a project with the server of one target, which is asked for
// connection templates and nothing else. Whoever has one closes its pool.
type templateServer struct {
	app     *app
	dir     string
	project *config.Project
	desired *config.Desired
	// found is what is wrong with the files on this target.
	found []diagnostic.Diagnostic
	pool  *pool
}

// answered is what the server sent for one provider type; nil where it has no
// template of it.
type answered struct {
	providerType string
	template     json.RawMessage
}

// templateServer reads the project and connects to the target's server. Broken
// documents are no obstacle: a template may be what mends them.
func (a *app) templateServer(ctx context.Context, outs outputs) (*templateServer, error) {
	dir, err := a.projectDir()
	if err != nil {
		return nil, err
	}
	w, err := a.load(dir)
	if err != nil {
		return nil, err
	}
	inProject := func(d diagnostic.Diagnostic) bool {
		return d.File == config.ProjectFile && d.Severity == diagnostic.Error
	}
	if slices.ContainsFunc(w.found, inProject) {
		return nil, a.refuseFiles(dir, w.found, outs)
	}
	target, err := a.chooseTarget(w.project)
	if err := errors.Join(err, a.checkVariables(w.project)); err != nil {
		return nil, err
	}
	desired, found := w.project.Desired(target)
	s := &templateServer{app: a, dir: dir, project: w.project, desired: desired, found: append(w.found, found...)}
	s.pool = &pool{app: a, project: w.project, target: w.project.Targets[target], parallelism: 8}
	if err := s.pool.Open(ctx); err != nil {
		return nil, errors.Join(s.refusal(err, outs), s.pool.close())
	}
	return s, nil
}

// refusal tells what is missing for a connection as any verb does.
func (s *templateServer) refusal(err error, outs outputs) error {
	var missing *diagnosed
	if errors.As(err, &missing) {
		return s.app.refuseFiles(s.dir, missing.found, outs)
	}
	return errors.Join(err, s.app.report(outs, serverTrouble(err, s.app.flags.lang)))
}

// inUse lists the provider types that the project's documents name, those for
// other targets too.
func (s *templateServer) inUse() []string {
	all := func(yield func(*model.Resource) bool) {
		for r := range s.desired.State.All() {
			if !yield(r) {
				return
			}
		}
		for _, r := range s.desired.Elsewhere {
			if !yield(r) {
				return
			}
		}
	}
	return s.project.Catalog().ProviderTypesOf(iter.Seq[*model.Resource](all))
}

// ask fetches one template for each provider type, several at once; the order
// stays. Only a server that has no such template is no error.
func (s *templateServer) ask(ctx context.Context, providerTypes []string) ([]answered, error) {
	server, ok := s.pool.Remote.(interface {
		Template(ctx context.Context, providerType string) (json.RawMessage, error)
	})
	if !ok {
		return nil, errors.New("this server is not asked for templates")
	}
	answers, errs := make([]answered, len(providerTypes)), make([]error, len(providerTypes))
	var wg sync.WaitGroup
	for i, typ := range providerTypes {
		wg.Go(func() {
			t, err := server.Template(ctx, typ)
			var gone interface{ Absent() bool }
			if errors.As(err, &gone) && gone.Absent() {
				t, err = nil, nil
			}
			answers[i], errs[i] = answered{typ, t}, err
		})
	}
	wg.Wait()
	return answers, errors.Join(errs...)
}

// target names the pool in documents.
func (s *templateServer) target() report.Target {
	return report.Target{Name: s.pool.target.Name, Host: s.source(), UserPoolID: s.pool.UserPoolID()}
}

// source is where the templates come from.
func (s *templateServer) source() string {
	if s.pool.target.Sandbox != nil {
		return "sandbox"
	}
	return s.pool.target.CoreHost
}

// here is a path below the project as seen from the working folder.
func (s *templateServer) here(file string) string {
	return s.app.relative(filepath.Join(s.dir, filepath.FromSlash(file)))
}

// newErrors lists the errors that the files have with a catalogue of live
// templates, and did not have before.
func (s *templateServer) newErrors(live *config.Project, loaded []diagnostic.Diagnostic) []diagnostic.Diagnostic {
	_, found := live.Desired(s.pool.target.Name)
	old := make(map[string]bool, len(s.found))
	for _, d := range s.found {
		if d.Severity == diagnostic.Error {
			old[d.Line(diagnostic.English)] = true
		}
	}
	var fresh []diagnostic.Diagnostic
	for _, d := range append(loaded, found...) {
		if d.Severity == diagnostic.Error && !old[d.Line(diagnostic.English)] {
			fresh = append(fresh, d)
		}
	}
	return s.app.tidy(s.dir, fresh)
}
