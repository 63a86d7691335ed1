package cli

import (
	"context"
	"sync"

	"github.com/idpsync/idpsync/internal/fleet"
	"github.com/idpsync/idpsync/internal/reconcile"
	"github.com/idpsync/idpsync/internal/report"
	"github.com/idpsync/idpsync/internal/web"
)

// pages puts a fleet into the words of the status page.
type pages struct {
	of *fleet.Fleet

	mu      sync.Mutex
	names   []string
	targets []web.Target
}

// list gives the same slice while no target came or went.
func (p *pages) list() []web.Target {
	names := p.of.Names()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(names) == len(p.names) && (len(names) == 0 || &names[0] == &p.names[0]) {
		return p.targets
	}
	targets := make([]web.Target, len(names))
	for i, name := range names {
		targets[i] = web.Target{
			Name: name,
			Status: func() *reconcile.Status {
				if t := p.of.Target(name); t != nil {
					return t.Status
				}
				return nil
			},
			Whole: func(ctx context.Context) (*reconcile.Status, error) { return p.of.Whole(ctx, name) },
			Job:   func() web.Job { return p.job(name) },
		}
	}
	p.names, p.targets = names, targets
	return targets
}

func (p *pages) job(name string) web.Job {
	t := p.of.Target(name)
	if t == nil {
		return web.Job{}
	}
	return web.Job{
		State: web.JobState(t.State), Source: t.Source, Replica: t.Replica, Failures: t.Failures, Reason: report.Clean(t.Reason), Since: t.Since, Next: t.Next,
	}
}

// overview is how the replicas, the queue and the sources stand; nil before the
// database was read.
func (p *pages) overview() *web.Fleet {
	o := p.of.Overview()
	if o == nil {
		return &web.Fleet{}
	}
	f := &web.Fleet{
		Read:  o.Read,
		Queue: web.Queue{Waiting: o.Waiting, Running: o.Running, Retrying: o.Retrying, Dead: o.Dead, Oldest: o.Oldest},
	}
	if o.Lost != nil {
		f.Lost = report.Clean(o.Lost.Error())
	}
	for _, r := range o.Replicas {
		f.Replicas = append(f.Replicas, web.Replica{
			Name: r.ID, Host: r.Host, PID: r.PID, Version: r.Version, Started: r.Started, Beat: r.Beat, Leader: r.Leader, Gone: r.Gone, Self: r.Self, Works: r.Works,
		})
	}
	for _, s := range o.Sources {
		f.Sources = append(f.Sources, web.Source{
			Name: s.Name, Place: s.Place, Version: s.Version, Since: s.Since, Checked: s.Checked, Error: report.Clean(s.Error), Hint: report.Clean(s.Hint), Stale: s.Stale,
		})
	}
	for _, t := range o.Troubles {
		f.Troubles = append(f.Troubles, report.Clean(t))
	}
	return f
}
