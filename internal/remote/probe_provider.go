package remote

import (
	"context"
	"slices"

	"github.com/idpsync/idpsync/internal/model"
)

// deleteFullProvider tries to delete the scratch provider while it has a
// connection (contract 8 Q5).
func (p *probe) deleteFullProvider(ctx context.Context) error {
	if p.provider == "" {
		return nil
	}
	if p.conn == "" {
		if p.exposed {
			p.puzzled("delete-idp", "a second scratch connection would have shown on every login page, so none was made")
			return nil
		}
		if err := p.connect(ctx, "c2"); err != nil || p.conn == "" {
			return p.giveUp(err, "making a second connection", "delete-idp")
		}
	}
	_, err := p.post(ctx, "delete-ext-idp", tree{"id": p.provider})
	switch {
	case refused(err):
		p.learn("delete-idp", "refuse", ByProbe)
		return nil
	case err != nil:
		return p.giveUp(err, "deleting a provider", "delete-idp")
	}
	p.learn("delete-idp", "cascade", ByProbe)
	p.provider, p.conn = "", ""
	return nil
}

// singleType is a provider type of which a pool may have one, by the only
// template that is public (contract 10.6).
const singleType = "github"

// makeTwins makes two providers of singleType, or one where the pool has one.
func (p *probe) makeTwins(ctx context.Context) error {
	has := slices.ContainsFunc(p.sight.providers, func(t tree) bool { return text(t["type"]) == singleType })
	for _, suffix := range []string{"g1", "g2"} {
		_, err := p.make(ctx, model.IdentityProvider, "create-ext-idp", "id", tree{"name": p.name(suffix), "type": singleType})
		switch {
		case has && refused(err):
			p.learn("allow-multiple", "enforce", ByProbe)
			return nil
		case err != nil:
			return p.giveUp(err, "making a provider of type "+singleType, "allow-multiple")
		case has:
			p.learn("allow-multiple", "ignore", ByProbe)
			return nil
		}
		has = true
	}
	return nil
}

// fillList makes as many providers as it takes to see whether a list of them is
// cut short.
func (p *probe) fillList(ctx context.Context) error {
	if !p.unknown("idp-list") {
		return nil
	}
	listed, err := p.providerCount(ctx)
	if err != nil {
		return p.giveUp(err, "listing the providers", "idp-list")
	}
	for n := listed; n < shortList+1; n++ {
		suffix := "f" + itoa(n)
		if _, err := p.make(ctx, model.IdentityProvider, "create-ext-idp", "id", tree{"name": p.name(suffix), "type": scratchType}); err != nil {
			return p.giveUp(err, "making more providers", "idp-list")
		}
	}
	most := 0
	_, err = p.until(ctx, p.brief(), func(ctx context.Context) (bool, error) {
		n, err := p.providerCount(ctx)
		most = max(most, n)
		return most > shortList, err
	})
	switch {
	case err != nil:
		return p.giveUp(err, "listing the providers", "idp-list")
	case most > shortList:
		p.learn("idp-list", "full", ByProbe)
	case most == shortList:
		p.learn("idp-list", "first10", ByProbe)
	default:
		p.puzzled("idp-list", "the list shows fewer providers than there are")
	}
	return nil
}

// providerCount is how many providers the list shows, once what was made has had
// the time to be seen.
func (p *probe) providerCount(ctx context.Context) (int, error) {
	if err := sleep(ctx, p.lag); err != nil {
		return 0, err
	}
	data, err := p.get(ctx, "list-ext-idp")
	items, _ := listed(data)
	return len(items), err
}
