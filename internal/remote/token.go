package remote

import (
	"context"
	"encoding/base64"
	"strings"
	"sync"
	"time"
)

// defaultTTL is the documented life of a token (contract 2.1).
const defaultTTL = 7200 * time.Second

// tokens keeps the one token of a run.
type tokens struct {
	fetch func(context.Context) (token, error)

	mu      sync.Mutex
	current token
}

// token is a management token with the pool it is for.
type token struct {
	value string
	pool  string
	ttl   time.Duration // as the server said
	renew time.Time     // when to fetch the next one
}

// get returns a token that is still good, fetching one if need be.
func (t *tokens) get(ctx context.Context) (token, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.current.value != "" && time.Now().Before(t.current.renew) {
		return t.current, nil
	}
	return t.replace(ctx)
}

// after401 returns a token other than the refused one. Of several requests
// refused at once only the first fetches.
func (t *tokens) after401(ctx context.Context, refused string) (token, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.current.value != refused {
		return t.current, nil
	}
	return t.replace(ctx)
}

func (t *tokens) replace(ctx context.Context) (token, error) {
	tok, err := t.fetch(ctx)
	if err != nil {
		return token{}, err
	}
	t.current = tok
	return tok, nil
}

// fetchToken asks for a token and checks whose it is (contract 2.1).
func (w *wire) fetchToken(ctx context.Context) (token, error) {
	now := time.Now()
	c := call{
		method: "POST", path: "/api/v3/get-management-token", repeatable: true,
		body: tree{"accessKeyId": w.keyID, "accessKeySecret": w.keySecret},
	}
	env, err := w.send(ctx, c, token{})
	if err != nil {
		return token{}, explainLogin(err)
	}
	data, _ := env.data.(tree)
	value, _ := data["access_token"].(string)
	if value == "" {
		return token{}, w.odd(c, env, "the answer holds no access_token")
	}
	ttl := defaultTTL
	if s, ok := number(data["expires_in"]); ok && s > 0 {
		ttl = time.Duration(s) * time.Second
	}
	tok := token{value: value, pool: poolOf(value, w.keyID), ttl: ttl, renew: now.Add(ttl - min(ttl/10, 30*time.Second))}
	return tok, w.checkPool(tok.pool)
}

// checkPool refuses a token for a pool other than the one the user named.
func (w *wire) checkPool(pool string) error {
	if w.poolID == "" || w.poolID == pool {
		return nil
	}
	return &Error{
		Message: "the access key belongs to user pool " + pool + ", not to " + w.poolID,
		hint:    "check userPoolId and the credentials of this target: one of them is for another pool",
	}
}

// poolOf reads the pool from the token's claim. A token that names none is for
// the pool whose id is the access key's: a pool-wide key equals it.
func poolOf(jwt, keyID string) string {
	parts := strings.Split(jwt, ".")
	if len(parts) < 2 {
		return keyID
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return keyID
	}
	var claims tree
	if decodeJSON(payload, &claims) != nil {
		return keyID
	}
	if pool, _ := claims["scoped_userpool_id"].(string); pool != "" {
		return pool
	}
	return keyID
}

// explainLogin adds what to do when the token endpoint refuses.
func explainLogin(err error) error {
	e, ok := asError(err)
	if !ok {
		return err
	}
	switch {
	case e.noRoute:
		return changed(err, func(e *Error) {
			e.absent = false
			e.hint = "host must be the base URL of the V3 API, for example https://api.authing.cn"
		})
	case e.status() >= 400 && e.status() < 500 && !e.unavailable:
		return changed(err, func(e *Error) {
			e.hint = "check accessKeyId and accessKeySecret of this target"
		})
	}
	return err
}
