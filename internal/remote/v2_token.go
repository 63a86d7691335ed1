package remote

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/idpsync/idpsync/internal/model"
)

// core is the wire to the V2 host. It goes in with the V3 token where the
// target names no userPoolSecret: whether V2 takes that one is not documented
// (contract 2.3), so it is tried, and what came of it holds for the run.
type core struct {
	*wire
	v3 *wire
	// poolSecret opens V2's own token endpoint; nil when nobody gave one.
	poolSecret *model.Secret
	// inferred: poolSecret is the access key's, of which nobody said that it
	// opens V2.
	inferred bool
	// own: the token comes from V2's own endpoint. useless: that endpoint does
	// not take an inferred secret.
	own, useless atomic.Bool
}

// newCore makes the wire to V2 beside the one to V3, with the same pace.
func newCore(v3 *wire, cfg Config) (*core, error) {
	base, err := parseHost(cmp.Or(cfg.CoreHost, cfg.Host), cfg.AllowHTTP)
	if err != nil {
		return nil, fmt.Errorf("coreHost: %w", err)
	}
	c := &core{v3: v3, wire: &wire{
		base: base, setting: "coreHost", keyID: v3.keyID, keySecret: v3.keySecret, poolID: v3.poolID,
		lang: v3.lang, agent: v3.agent, reads: v3.reads, writes: v3.writes,
	}}
	switch {
	case cfg.UserPoolSecret.Resolved() && cfg.UserPoolSecret.Reveal() != "":
		c.poolSecret = &cfg.UserPoolSecret
		c.own.Store(true)
	case cfg.AccessKeyID != "" && (cfg.UserPoolID == "" || cfg.UserPoolID == cfg.AccessKeyID):
		// The key whose id is the pool's is the pool's own (contract 2.1), so its
		// secret is the one that V2 calls the pool's (INFERRED). It comes first
		// where the target asks for V2 calls alone.
		c.poolSecret, c.inferred = &v3.keySecret, true
		c.own.Store(cfg.API == OnlyV2)
	}
	c.tokens.fetch = c.fetch
	return c, nil
}

func (c *core) fetch(ctx context.Context) (token, error) {
	if !c.own.Load() {
		return c.borrow(ctx)
	}
	tok, err := c.fetchOwn(ctx)
	if e, ok := asError(err); ok && c.inferred && !e.unavailable && e.status() >= 400 {
		c.own.Store(false)
		c.useless.Store(true)
		if lent, again := c.borrow(ctx); again == nil {
			return lent, nil
		}
	}
	return tok, err
}

// borrow takes the V3 token; if V2 refused the last one, one that is not it.
func (c *core) borrow(ctx context.Context) (token, error) {
	refused := c.tokens.current.value
	tok, err := c.v3.tokens.get(ctx)
	if err == nil && tok.value == refused {
		return c.v3.tokens.after401(ctx, refused)
	}
	return tok, err
}

// fetchOwn asks V2's own endpoint (contract 2.3). iat and exp are seconds.
func (c *core) fetchOwn(ctx context.Context) (token, error) {
	now := time.Now()
	pool := c.poolID
	if pool == "" {
		pool = c.keyID
	}
	req := call{
		method: http.MethodPost, path: "/api/v2/userpools/access-token", repeatable: true,
		body: tree{"userPoolId": pool, "secret": *c.poolSecret},
	}
	env, err := c.send(ctx, req, token{})
	if err != nil {
		return token{}, explainCoreLogin(err)
	}
	data, _ := env.data.(tree)
	value, _ := data["accessToken"].(string)
	if value == "" {
		return token{}, c.odd(req, env, "the answer holds no accessToken")
	}
	ttl := defaultTTL
	iat, okIat := number(data["iat"])
	exp, okExp := number(data["exp"])
	if okIat && okExp && exp > iat {
		ttl = min(time.Duration(exp-iat)*time.Second, 24*time.Hour)
	}
	tok := token{value: value, pool: poolOf(value, pool), renew: now.Add(ttl - min(ttl/10, 30*time.Second))}
	return tok, c.checkPool(tok.pool)
}

// call sends a call. A V3 token that V2 does not take gives way to one of V2's
// own, once a run: a refused call has done nothing.
func (c *core) call(ctx context.Context, k call) (envelope, error) {
	env, err := c.tried(ctx, k)
	if isRefusedToken(err) {
		err = explainCoreLogin(err)
	}
	return env, err
}

func (c *core) tried(ctx context.Context, k call) (envelope, error) {
	if c.poolSecret == nil || c.own.Load() || c.useless.Load() {
		return c.do(ctx, k)
	}
	tok, err := c.tokens.get(ctx)
	if err != nil {
		return envelope{}, notSent(err)
	}
	if env, err := c.send(ctx, k, tok); !isRefusedToken(err) {
		return env, err
	}
	c.turnOwn(ctx)
	return c.do(ctx, k)
}

// turnOwn takes a token of V2's own from now on, if V2 gives one.
func (c *core) turnOwn(ctx context.Context) {
	c.tokens.mu.Lock()
	defer c.tokens.mu.Unlock()
	if c.own.Load() || c.useless.Load() {
		return
	}
	if tok, err := c.fetchOwn(ctx); err == nil {
		c.tokens.current = tok
		c.own.Store(true)
	} else if e, ok := asError(err); ok && !e.unavailable {
		c.useless.Store(true)
	}
}

func isRefusedToken(err error) bool {
	e, ok := asError(err)
	return ok && e.status() == http.StatusUnauthorized
}

// explainCoreLogin adds what to do when V2 does not take the credentials.
func explainCoreLogin(err error) error {
	e, ok := asError(err)
	if !ok || e.unavailable || e.noRoute || e.status() < 400 {
		return err
	}
	return changed(err, func(e *Error) {
		e.hint = "the V2 API has a token of its own: name userPoolSecret under credentials of this target, and check it"
	})
}
