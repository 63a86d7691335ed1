package reconcile

import (
	"strings"

	"github.com/idpsync/idpsync/internal/config"
	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
)

// place gives a complaint about a key its place in the files.
func place(d *config.Desired, code string, key model.Key, path string, message, hint diagnostic.Text) diagnostic.Diagnostic {
	file, r, pointer := d.Locate(key, path)
	return diagnostic.Diagnostic{Code: code, Severity: diagnostic.Error, File: file, Range: r, Pointer: pointer, Message: message, Hint: hint}
}

// problems says in sentences why the files and the server do not fit together.
func (p *Pass) problems(ps []plan.Problem) []diagnostic.Diagnostic {
	var ds []diagnostic.Diagnostic
	for _, pr := range ps {
		ds = append(ds, p.problem(pr))
	}
	return ds
}

func (p *Pass) problem(pr plan.Problem) diagnostic.Diagnostic {
	say := func(code string, message diagnostic.Text, hint diagnostic.Text) diagnostic.Diagnostic {
		return place(p.Desired, code, pr.Key, pr.Path, message, hint)
	}
	pin := func(id string) diagnostic.Text {
		return diagnostic.T("match.pin", p.Target.Name, pr.Key.String(), id)
	}
	switch pr.Name {
	case plan.Ambiguous:
		return say("IDP0210", diagnostic.T("match.ambiguous", pr.Key.String(), strings.Join(pr.IDs, ", ")), pin(pr.IDs[0]))
	case plan.PinMissing:
		return say("IDP0210", diagnostic.T("match.pinMissing", pr.Key.String(), pr.Detail), diagnostic.T("match.pinMissing.hint", p.Target.Name))
	case plan.NotFound:
		return say("IDP0211", diagnostic.T("match.notFound", pr.Key.String()), diagnostic.T("match.notFound.hint"))
	case plan.Unclaimed:
		return say("IDP0212", diagnostic.T("match.unclaimed", pr.Key.String(), pr.Detail), p.unclaimedHint(pr))
	case plan.DependencyMissing:
		return say("IDP0213", diagnostic.T("match.dependency", pr.Key.String(), pr.Detail), diagnostic.T("match.dependency.hint", pr.Detail))
	case plan.ServerSecret:
		return say("IDP0116", diagnostic.T("match.serverSecret", pr.Path), diagnostic.T("match.serverSecret.hint"))
	case plan.Foreign:
		return say("IDP0110", diagnostic.T("match.foreign", pr.Key.String(), pr.Detail), diagnostic.T("tenant.hint"))
	default:
		return say("IDP0213", diagnostic.T("match.cycle", pr.Detail), diagnostic.Text{})
	}
}

// unclaimedHint names the pin to write, unless the files declare a provider of
// another type than the one found: it would be pinned to what it cannot become.
func (p *Pass) unclaimedHint(pr plan.Problem) diagnostic.Text {
	k := providerKey(p.Desired, pr.Key)
	has, _, known := strings.Cut(pr.Detail, " ")
	if declared := p.Desired.State.Get(k); known && declared != nil && declared.Text("type") != has {
		return diagnostic.T("match.unclaimed.type", k.String(), has, declared.Text("type"))
	}
	return diagnostic.T("match.unclaimed.hint", p.Target.Name, k.String(), pr.IDs[0])
}

func providerKey(d *config.Desired, connection model.Key) model.Key {
	name := "NAME"
	if r := d.State.Get(connection); r != nil {
		name = r.Text("provider")
	}
	return model.Key{Kind: model.IdentityProvider, Name: name}
}
