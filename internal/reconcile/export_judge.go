package reconcile

import (
	"fmt"

	"github.com/idpsync/idpsync/internal/config"
	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/rules"
)

// misfits tells of connections that the files' own checks would refuse by what
// is known of types: the server has them, so the project has to let them be.
func (e *exporter) misfits(subjects []config.Subject, state *model.State) {
	catalog := e.project.Catalog()
	let := func(k model.Key, code, why string) {
		e.note(k, fmt.Sprintf("%s; to keep it, set lint: {%s: warn} in idpsync.yaml", why, code))
	}
	seen := map[[3]string]bool{}
	for _, s := range subjects {
		typ, parent := s.Text("type"), ""
		one, certain := false, false
		switch s.Key.Kind {
		case model.IdentityProvider:
			one, certain = catalog.OneProvider(typ)
		case model.Connection:
			k, _ := s.Parent()
			parent = k.Name
			one, certain = catalog.OneConnection(typ)
			if p := state.Get(k); p != nil {
				if want, known := catalog.ProviderTypeOf(typ); known && want != p.Text("type") {
					let(s.Key, "IDP0207", fmt.Sprintf("type %s belongs to a provider of type %s, and its provider is of type %s", typ, want, p.Text("type")))
				}
			}
		}
		at := [3]string{string(s.Key.Kind), parent, typ}
		if seen[at] && one && certain {
			let(s.Key, "IDP0204", "the template allows one of type "+typ+" only")
		}
		seen[at] = true
	}
}

// judge holds the documents against the rules between objects. What the server
// has against them is told, or left out where that makes it right.
func (e *exporter) judge(subjects []config.Subject) {
	state := model.NewState()
	at := map[model.Key]int{}
	for i, s := range subjects {
		at[s.Key] = i
		whole := *s.Resource
		whole.Whole = s.Connections != nil
		state.Put(&whole)
	}
	for r := range e.state.Of(model.Enablement) {
		state.Put(r)
	}
	for r := range e.desired.State.All() {
		if state.Get(r.Key) == nil {
			state.Put(r)
		}
	}
	e.misfits(subjects, state)
	for _, f := range rules.Check(state, rules.Setting{Now: e.o.Now}) {
		i, ours := at[f.Key]
		switch {
		case !ours:
		case f.Code == "IDP0205":
			if _, there := subjects[i].At("loginConfig", "defaultLoginMethod"); there {
				e.note(f.Key, defaultLogin+" is left out: "+f.Message.In(diagnostic.English))
				subjects[i].Resource = withoutLogin(subjects[i].Resource)
			}
		case f.Code == "IDP0203" || f.Code == "IDP0206":
			e.note(f.Key, fmt.Sprintf("%s; to keep both, set lint: {%s: warn} and pin: {%s: %s} in idpsync.yaml", f.Message.In(diagnostic.English), f.Code, f.Key, subjects[i].ID))
		}
	}
}
