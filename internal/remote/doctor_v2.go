package remote

import (
	"context"
	"net/http"
)

// templatePath is a small V2 answer that every pool has: the only template that
// is public (contract 6.1).
const templatePath = "/api/v2/extIdpTmpl/github"

// lookAtV2 finds out whether the older generation answers, and whose token it
// takes (contract 2.3, 10.9).
func (d *Doctor) lookAtV2(ctx context.Context) {
	if !d.sight.v3token {
		own, hasOwn := d.ownToken(ctx)
		d.lookAtV2Alone(ctx, own, hasOwn)
		return
	}
	err := d.askV2(ctx, d.client.wire.tokens.current)
	var own token
	hasOwn := false
	if !isNoRoute(err) && (err != nil || !d.client.core.inferred || d.onlyV2) {
		own, hasOwn = d.ownToken(ctx)
	}
	switch {
	case err == nil:
		d.learn("v2", "on", ByRead)
		d.learn("v2-token", "any", ByRead)
		d.checked("extIdpTmpl", nil)
	case isRefusedToken(err):
		d.learn("v2", "on", ByRead)
		d.learn("v2-token", "own", ByRead)
		if hasOwn {
			d.checked("extIdpTmpl", d.askV2(ctx, own))
		} else {
			d.untried("V2 does not take the V3 token, and the target names no userPoolSecret", "extIdpTmpl")
		}
	case isNoRoute(err):
		d.learn("v2", "off", ByRead)
		d.puzzled("v2-token", "the V2 API does not answer")
		d.lackV2(Skipped, err, "the V2 API does not answer")
	default:
		d.lackV2(Warned, err, "the V2 API could not be tried: "+outcome(err))
		d.puzzled("v2", "the V2 API could not be tried: "+outcome(err))
		d.puzzled("v2-token", "the V2 API could not be tried: "+outcome(err))
	}
}

// lackV2 notes that V2 is not to be had beside a V3 that is: no failure but where
// the target speaks nothing else.
func (d *Doctor) lackV2(v Verdict, err error, why string) {
	c := Check{Name: "extIdpTmpl", Verdict: v, Err: err, Note: why}
	if d.onlyV2 {
		c.Verdict, c.Note = Failed, "the target speaks V2 alone, and "+why
	}
	d.check(c)
}

// lookAtV2Alone is for a deployment whose V3 does not answer: its V2 must.
func (d *Doctor) lookAtV2Alone(ctx context.Context, own token, hasOwn bool) {
	const why = "only the V3 API is looked at, and it is not to be had here"
	for _, name := range Switches() {
		d.puzzled(name, why)
	}
	err := d.askV2(ctx, own)
	switch {
	case err == nil, isRefusedToken(err):
		d.learn("v2", "on", ByRead)
		d.check(Check{Name: CheckHost, Verdict: Passed})
	case isNoRoute(err):
		d.learn("v2", "off", ByRead)
		d.check(Check{Name: CheckHost, Verdict: Failed, Err: err, Note: "neither generation of the API answers"})
		return
	default:
		d.check(Check{Name: CheckHost, Verdict: Failed, Err: err})
		return
	}
	if hasOwn {
		d.checked("extIdpTmpl", err)
	} else if d.client.core.poolSecret == nil {
		d.check(Check{Name: CheckV2Credentials, Verdict: Failed, Err: err, Note: "only the V2 API answers here, and the target names no userPoolSecret"})
	}
}

// ownToken gets a token of V2's own, if the target has the secret for it.
func (d *Doctor) ownToken(ctx context.Context) (token, bool) {
	core := d.client.core
	if core.poolSecret == nil {
		return token{}, false
	}
	tok, err := core.fetchOwn(ctx)
	switch {
	case err == nil:
		d.check(Check{Name: CheckV2Credentials, Verdict: Passed})
	case isNoRoute(err):
		// There is no V2 here, which is told by what follows.
	case core.inferred && d.sight.v3token && !d.onlyV2:
		// Nobody said that this secret opens V2.
	default:
		d.check(Check{Name: CheckV2Credentials, Verdict: Failed, Err: err})
	}
	return tok, err == nil
}

func (d *Doctor) askV2(ctx context.Context, tok token) error {
	_, err := d.client.core.send(ctx, call{method: http.MethodGet, path: templatePath, repeatable: true}, tok)
	return err
}
