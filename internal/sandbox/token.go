package sandbox

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"
)

// keys are what a pool is opened with. They outlive every reset.
type keys struct {
	PoolID  string `json:"userPoolId"`
	Secret  string `json:"accessKeySecret"`
	Signing string `json:"signingKey"`
}

func newKeys(poolID string) keys {
	if poolID == "" {
		poolID = newID()
	}
	return keys{PoolID: poolID, Secret: randomHex(16), Signing: randomHex(32)}
}

// newID is 24 hexadecimal digits, as every id of the vendor.
func newID() string { return randomHex(12) }

func randomHex(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // never fails, by its contract
	return hex.EncodeToString(b)
}

// claims is the payload of a token. scoped_userpool_id is the one claim that the
// contract documents (2.1).
type claims struct {
	Pool    string `json:"scoped_userpool_id"`
	Issued  int64  `json:"iat"`
	Expires int64  `json:"exp"`
	ID      string `json:"jti"`
	V2      bool   `json:"sandbox_v2,omitempty"` // from the V2 call, for v2-token=own
}

// jwtHeader is {"alg":"HS256","typ":"JWT"}.
const jwtHeader = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"

func (k keys) sign(c claims) string {
	payload, _ := json.Marshal(c) // strings and numbers only
	unsigned := jwtHeader + "." + base64.RawURLEncoding.EncodeToString(payload)
	return unsigned + "." + k.mac(unsigned)
}

func (k keys) mac(unsigned string) string {
	m := hmac.New(sha256.New, []byte(k.Signing))
	m.Write([]byte(unsigned))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

// verify says whether a token was signed here and is still valid.
func (k keys) verify(token string, now time.Time) (claims, bool) {
	end := strings.LastIndexByte(token, '.')
	if end < 0 || subtle.ConstantTimeCompare([]byte(k.mac(token[:end])), []byte(token[end+1:])) != 1 {
		return claims{}, false
	}
	_, payload, _ := strings.Cut(token[:end], ".")
	text, err := base64.RawURLEncoding.DecodeString(payload)
	var c claims
	if err != nil || json.Unmarshal(text, &c) != nil {
		return claims{}, false
	}
	return c, c.Pool == k.PoolID && now.Before(time.Unix(c.Expires, 0))
}

// issue makes a token that lives at least the dialect's token-ttl: the expiry is
// a whole second, rounded up.
func (c *call) issue(v2 bool) (string, claims) {
	now := c.server.options.Now()
	expires := now.Add(c.dialect.tokenTTL)
	payload := claims{Pool: c.server.keys.PoolID, Issued: now.Unix(), Expires: expires.Unix(), ID: randomHex(8), V2: v2}
	if expires.Nanosecond() > 0 {
		payload.Expires++
	}
	return c.server.keys.sign(payload), payload
}

// authorize accepts "Bearer x", the bare token, and on V3 a signature (contract
// 1.2), and refuses a pool header that names another pool. Without that header
// the token or the access key decides.
func (c *call) authorize() *failure {
	header := c.request.Header.Get("Authorization")
	if scheme, ok := signatureScheme(header); ok && c.speech == speaksV3 {
		if f := c.verifySignature(scheme, header); f != nil {
			return f
		}
		return c.ownPool()
	}
	got, ok := c.server.keys.verify(bearer(header), c.server.options.Now())
	if !ok || (c.speech != speaksV3 && c.dialect.is("v2-token", "own") && !got.V2) {
		return refuse(noCredential, "authorization: no token of this pool that is still valid")
	}
	return c.ownPool()
}

func (c *call) ownPool() *failure {
	for _, header := range []string{"x-authing-userpool-id", "x-genauth-userpool-id"} {
		if pool := c.request.Header.Get(header); pool != "" && pool != c.server.keys.PoolID {
			return refuse(foreignPool, "%s: the token is for another user pool", header)
		}
	}
	return nil
}

func bearer(header string) string {
	scheme, token, two := strings.Cut(strings.TrimSpace(header), " ")
	if two && strings.EqualFold(scheme, "bearer") {
		return strings.TrimSpace(token)
	}
	return header
}

// managementToken is contract 2.1.
func managementToken(c *call) (any, *failure) {
	if !c.server.keys.open(c.text("accessKeyId"), c.text("accessKeySecret")) {
		return nil, refuse(wrongKey, "accessKeyId or accessKeySecret is wrong")
	}
	token, _ := c.issue(false)
	return map[string]any{"access_token": token, "expires_in": int(c.dialect.tokenTTL / time.Second)}, nil
}

// poolToken is the V2 way of contract 2.3. The secret of a pool-wide access key
// is the secret of the pool (OA, GetManagementAccessTokenDto).
func poolToken(c *call) (any, *failure) {
	if !c.server.keys.open(c.text("userPoolId"), c.text("secret")) {
		return nil, refuse(wrongKey, "userPoolId or secret is wrong")
	}
	token, payload := c.issue(true)
	return map[string]any{"accessToken": token, "iat": payload.Issued, "exp": payload.Expires}, nil
}

func (k keys) open(id, secret string) bool {
	return id == k.PoolID && subtle.ConstantTimeCompare([]byte(secret), []byte(k.Secret)) == 1
}
