package reconcile

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
)

// survey reads a pool as far as a desired state needs it (spec 6): the fewest
// requests first, and more only when the answer could otherwise be wrong.
type survey struct {
	remote  Remote
	mute    *speechless
	desired *model.State
	pins    map[model.Key]string
	memory  *memory
	// everything reads every provider: prune needs to see what no file names.
	everything bool

	providers, apps, conns []model.Observed
	allApps                bool
	read                   map[string]bool // providers whose connections were read
	matching               *plan.Matching
	scope                  string
}

// begin reads the providers, the applications, and what they lead to.
func (s *survey) begin(ctx context.Context) error {
	s.read, s.scope = map[string]bool{}, "needed"
	s.allApps = s.everything || s.wantsApplications()
	err := together(
		func() (err error) { s.providers, err = s.remote.Providers(ctx); return err },
		func() (err error) { s.apps, err = s.remote.Applications(ctx, s.allApps); return err },
	)
	if err != nil {
		return err
	}
	s.match()
	if s.everything {
		return s.widen(ctx)
	}
	// The connections are not read yet, so that Widen means nothing before this.
	if err := s.connections(ctx, s.matching.Parents); err != nil {
		return err
	}
	if s.match(); s.matching.Widen {
		return s.widen(ctx)
	}
	return nil
}

func (s *survey) wantsApplications() bool {
	for range s.desired.Of(model.Application) {
		return true
	}
	return false
}

// widen reads the connections of every provider of the pool.
func (s *survey) widen(ctx context.Context) error {
	s.scope = "all"
	var ids []string
	for _, p := range s.providers {
		if p.Foreign == "" {
			ids = append(ids, p.ID)
		}
	}
	if err := s.connections(ctx, ids); err != nil {
		return err
	}
	s.match()
	return nil
}

// connections reads those of the providers, and beside them the permission
// strategies that documents declare.
func (s *survey) connections(ctx context.Context, ids []string) error {
	err := together(
		func() (err error) { s.conns, err = s.remote.Connections(ctx, ids); return err },
		func() error { return s.remote.PermissionStrategies(ctx, s.strategies()) },
	)
	for _, id := range ids {
		s.read[id] = true
	}
	return err
}

// strategies lists the ids of the applications that declare permissionStrategy.
func (s *survey) strategies() []string {
	var ids []string
	for id, k := range s.matching.Handles {
		r := s.desired.Get(k)
		if k.Kind != model.Application || r == nil || r.Lifecycle == model.Absent {
			continue
		}
		if _, declared := r.At("permissionStrategy"); declared {
			ids = append(ids, id.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

// readAllApplications reads the pages that were not needed before.
func (s *survey) readAllApplications(ctx context.Context) error {
	var err error
	s.allApps = true
	if s.apps, err = s.remote.Applications(ctx, true); err == nil {
		s.match()
	}
	return err
}

func (s *survey) match() {
	observed := slices.Concat(s.providers, s.apps, s.conns)
	s.matching = plan.Match(s.desired, observed, plan.MatchOptions{Pin: s.pins, Known: s.memory.known(s.desired, observed), ReadParents: s.read})
}

// counts tells of each kind that was listed how many there are.
func (s *survey) counts() map[model.Kind]int {
	return map[model.Kind]int{model.IdentityProvider: len(s.providers), model.Application: len(s.apps)}
}

// together runs the functions side by side and returns their errors.
func together(fs ...func() error) error {
	errs := make([]error, len(fs))
	var wg sync.WaitGroup
	for i, f := range fs {
		wg.Go(func() { errs[i] = f() })
	}
	wg.Wait()
	return errors.Join(errs...)
}
