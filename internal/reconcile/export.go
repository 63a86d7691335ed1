package reconcile

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/idpsync/idpsync/internal/config"
	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/ledger"
	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
	"github.com/idpsync/idpsync/internal/rules"
)

// ExportOptions steer what is written and how.
type ExportOptions struct {
	// Unmanaged leaves out what a document claims already.
	Unmanaged bool
	// Env writes the name of a variable for each text that is kept from the files.
	Env    bool
	Reveal []config.Place
	// Ledger is what earlier runs remembered; nil is nothing.
	Ledger ledger.Ledger
	Now    time.Time
}

// Export is a pool as documents.
type Export struct {
	UserPoolID string
	// Documents come in the order of their keys.
	Documents []config.Written
	// Claimed are the documents' keys that the files declare already.
	Claimed map[model.Key]model.Source
	// Notes say what no document can tell of, and what to do about it.
	Notes []Note
	// Refusals tell that not all of the pool was read. Then there is no document.
	Refusals []rules.Refusal
}

// Note is a remark about one object.
type Note struct {
	Key     model.Key
	Message string
}

// ExportPool reads the whole pool and writes it as documents that a plan agrees
// with. Diagnostics with an error among them come without an Export.
func ExportPool(ctx context.Context, project *config.Project, target string, r Remote, o ExportOptions) (*Export, []diagnostic.Diagnostic, error) {
	desired, ds := Prepare(project, target, o.Now)
	if desired == nil || diagnostic.HasErrors(ds) {
		return nil, ds, nil
	}
	if err := r.Open(ctx); err != nil {
		return nil, ds, err
	}
	t := project.Targets[target]
	p := &Pass{Target: t, Desired: desired, UserPoolID: r.UserPoolID()}
	if err := p.remember(ctx, Options{Ledger: o.Ledger, Now: func() time.Time { return o.Now }}); err != nil {
		return nil, ds, err
	}
	s := &survey{remote: r, desired: desired.State, pins: t.Pin, memory: p.memory, everything: true}
	if err := s.begin(ctx); err != nil {
		return nil, ds, err
	}
	if more := unclear(p, s.matching); len(more) > 0 {
		return nil, append(ds, more...), nil
	}
	e := &exporter{
		project: project, desired: desired, remote: r, survey: s, o: o, ignore: ignored(t.Ignore, o.Now),
		out: &Export{UserPoolID: r.UserPoolID(), Claimed: map[model.Key]model.Source{}},
	}
	if err := e.read(ctx); err != nil {
		return nil, ds, err
	}
	if e.refuse(); len(e.out.Refusals) > 0 {
		return e.out, ds, nil
	}
	return e.out, ds, e.write()
}

// unclear lists what forbids to say which object a document means. Documents
// of objects that are not there, or not whole yet, forbid nothing.
func unclear(p *Pass, m *plan.Matching) []diagnostic.Diagnostic {
	return p.problems(slices.DeleteFunc(slices.Clone(m.Problems), func(pr plan.Problem) bool { return pr.Name != plan.Ambiguous }))
}

type exporter struct {
	project *config.Project
	desired *config.Desired
	remote  Remote
	survey  *survey
	o       ExportOptions
	ignore  []plan.Ignore
	naming  config.Naming
	state   *model.State
	out     *Export
}

// read reads what a plan would not need: a second list of the connections of
// every provider, which proves the first, and every permission strategy.
func (e *exporter) read(ctx context.Context) error {
	var providers, applications []string
	for _, p := range e.survey.providers {
		if p.Foreign == "" {
			providers = append(providers, p.ID)
		}
	}
	for _, a := range e.survey.apps {
		_, claimed := e.survey.matching.Handles[model.ObjectID{Kind: a.Kind, ID: a.ID}]
		if a.Foreign == "" && !(claimed && e.o.Unmanaged) {
			applications = append(applications, a.ID)
		}
	}
	err := together(
		func() error { return e.remote.ProveConnections(ctx, providers) },
		func() error { return e.remote.PermissionStrategies(ctx, applications) },
	)
	if err != nil {
		return err
	}
	observed := slices.Concat(e.survey.providers, e.survey.conns, e.survey.apps)
	e.naming = e.desired.Name(e.project, e.survey.matching.Handles, e.survey.memory.byID(), observed)
	e.state = e.remote.State(e.naming.Handles)
	e.state.Gaps = append(e.state.Gaps, e.survey.memory.gaps(e.survey.counts())...)
	return nil
}

// refuse stops at a list that is not whole, as the guard does.
func (e *exporter) refuse() {
	for _, gap := range e.state.Gaps {
		e.out.Refusals = append(e.out.Refusals, rules.Refusal{
			Code: "IDP0304", Name: "incomplete-read", Key: gap.Parent,
			Message: fmt.Sprintf("the export leans on a list that is not whole (%s); try again, and if it stays so, tell the operator of the server", gap.Reason),
		})
	}
}

// write makes the documents.
func (e *exporter) write() error {
	subjects := e.subjects()
	e.judge(subjects)
	w := &config.Writer{Project: e.project, Env: e.o.Env, Reveal: e.o.Reveal}
	for _, s := range subjects {
		d, err := w.Document(s)
		if err != nil {
			return fmt.Errorf("write %s: %w", s.Key, err)
		}
		e.out.Documents = append(e.out.Documents, d)
	}
	return nil
}

// subjects are the objects to write, less what cannot be told of.
func (e *exporter) subjects() []config.Subject {
	var out []config.Subject
	buttons := e.buttons()
	for r := range e.state.All() {
		if r.Key.Kind == model.Enablement || r.Foreign != "" {
			continue
		}
		if declared := e.desired.State.Get(r.Key); declared != nil {
			e.out.Claimed[r.Key] = declared.Source
			if e.o.Unmanaged {
				continue
			}
		}
		s := config.Subject{Resource: e.speakable(plan.WithoutIgnored(r, e.ignore))}
		if e.naming.Elsewhere[r.Key] {
			s.Targets = []string{e.desired.Target.Name}
		}
		s.Connections = buttons[r.Key]
		if plan.Ignores(e.ignore, r.Key, "connections") {
			s.Connections = nil
		}
		e.losses(s.Resource)
		out = append(out, s)
	}
	return out
}

// documented tells whether a reference to the key can be written.
func (e *exporter) documented(k model.Key) bool {
	r := e.state.Get(k)
	return r != nil && r.Foreign == "" && r.ID != ""
}

// buttons lists the connections that are switched on for each application; nil
// for one that shows a button no document can name: a list without it would
// switch it off.
func (e *exporter) buttons() map[model.Key][]string {
	out := map[model.Key][]string{}
	lost := map[model.Key]bool{}
	for a := range e.state.Of(model.Application) {
		out[a.Key] = []string{}
	}
	for r := range e.state.Of(model.Enablement) {
		app, conn, _ := r.Key.Ends()
		if out[app] == nil {
			continue
		}
		if out[app] = append(out[app], conn.Name); !e.documented(conn) && !lost[app] {
			lost[app] = true
			e.note(app, "its list of connections is left out: "+conn.Name+" is a button of it and cannot be declared")
		}
	}
	for app := range lost {
		out[app] = nil
	}
	return out
}

func (e *exporter) note(k model.Key, message string) {
	e.out.Notes = append(e.out.Notes, Note{k, message})
}

// speakable is the resource less what the remote has no word for, and less a
// default login method through a connection that no document can name.
func (e *exporter) speakable(r *model.Resource) *model.Resource {
	r = (&speechless{remote: e.remote}).resource(r)
	for _, path := range slices.Sorted(maps.Keys(r.Refs)) {
		if k := r.Refs[path]; r.Text(strings.Split(path, ".")...) != "" && !e.documented(k) {
			e.note(r.Key, path+" is left out: "+k.Name+" cannot be declared")
			return withoutLogin(r)
		}
	}
	return r
}

const defaultLogin = "loginConfig.defaultLoginMethod"

func withoutLogin(r *model.Resource) *model.Resource {
	all := []plan.Ignore{{Match: []string{r.Key.String()}, Paths: []string{defaultLogin}}}
	less := plan.WithoutIgnored(r, all)
	less.Refs = nil
	return less
}

// losses tells of what no read shows and the documents therefore leave out.
func (e *exporter) losses(r *model.Resource) {
	if r.Key.Kind == model.Connection && slices.Contains(r.Hidden, "fields") {
		e.note(r.Key, "its fields are left out: the server does not show them")
	}
	if r.Text("template") != "" {
		e.note(r.Key, "templateData is left out: no server shows it")
	}
}
