package sandbox_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/idpsync/idpsync/internal/sandbox"
)

// signed is a request as the SDK signs one: the text is written out by hand, so
// that it is not the server's own reading of the rule.
type signed struct {
	p       *pool
	c       *clock
	scheme  string // authing or GenAuth
	prefix  string // x-authing- or x-genauth-
	nonce   int
	headers map[string]string // over the usual ones; "" takes one away
	key     string            // access key id, "" is the pool's
}

func newSigned(t *testing.T) *signed {
	c := newClock()
	return &signed{p: start(t, sandbox.Options{Now: c.Now}), c: c, scheme: "authing", prefix: "x-authing-"}
}

// send signs resource, which is what follows the headers in the text, and sends
// path with body.
func (s *signed) send(method, path, resource, body string) *reply {
	s.p.t.Helper()
	s.nonce++
	date := s.c.now.UTC().Format(http.TimeFormat)
	h := map[string]string{
		s.prefix + "lang": "zh-CN", s.prefix + "signature-method": "HMAC-SHA1",
		s.prefix + "signature-nonce": fmt.Sprintf("%032x", s.nonce), s.prefix + "signature-version": "1.0",
	}
	for name, value := range s.headers {
		if h[name] = value; name == "date" {
			date = value
		}
	}
	lines := ""
	if date != "" {
		lines = "date:" + date + "\n"
	}
	s.p.header = http.Header{}
	if date != "" {
		s.p.header.Set("Date", date)
	}
	for _, name := range []string{"date", "lang", "signature-method", "signature-nonce", "signature-version"} {
		if value := h[s.prefix+name]; value != "" {
			lines += s.prefix + name + ":" + value + "\n"
			s.p.header.Set(s.prefix+name, value)
		}
	}
	mac := hmac.New(sha1.New, []byte(s.p.keys.AccessKeySecret))
	mac.Write([]byte(method + "\n" + lines + resource))
	key := s.key
	if key == "" {
		key = s.p.keys.AccessKeyID
	}
	s.p.header.Set("Authorization", s.scheme+" "+key+":"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	kind := ""
	if body != "" {
		kind = "application/json"
	}
	return s.p.send(method, path, kind, []byte(body))
}

func TestSignaturesOfBothSDKs(t *testing.T) {
	for scheme, prefix := range map[string]string{"authing": "x-authing-", "GenAuth": "x-genauth-"} {
		t.Run(scheme, func(t *testing.T) {
			s := newSigned(t)
			s.scheme, s.prefix = scheme, prefix
			r := s.send("POST", v3("create-ext-idp"), `/api/v3/create-ext-idp?name=Corp & 企业 "x"&type=oidc`, `{"type":"oidc","name":"Corp & 企业 \"x\""}`)
			id := r.object("strings as they are, sorted by key")["id"].(string)
			s.send("POST", v3("create-ext-idp-conn"),
				`/api/v3/create-ext-idp-conn?displayName=x&extIdpId=`+id+`&fields={"b":[1,{"a":null}],"a":"<&>"}&identifier=corp&loginOnly=true&type=oidc`,
				`{"extIdpId":"`+id+`","type":"oidc","identifier":"corp","displayName":"x","loginOnly":true,"fields":{"b":[1,{"a":null}],"a":"<&>"}}`).ok("objects as JSON text")
			s.send("GET", v3("get-ext-idp?id="+id+"&type=enterprise"), "/api/v3/get-ext-idp?id="+id+"&type=enterprise", "").ok("a query")
			s.send("GET", v3("list-ext-idp"), "/api/v3/list-ext-idp", "").ok("no parameters")
			s.send("GET", v3("list-ext-idp"), "/api/v3/list-ext-idp?", "").ok("no parameters, bare question mark")
			s.send("GET", v3("list-applications?keywords=a%20b%2Bc"), "/api/v3/list-applications?keywords=a b+c", "").ok("a query is signed before it is escaped")
			s.send("DELETE", v3("batch-applications-auth?authIds[]="+nowhere), "/api/v3/batch-applications-auth", "").want("the query of a DELETE is not signed", 404)
		})
	}
}

func TestSignaturesThatAreRefused(t *testing.T) {
	const path, list = "/api/v3/list-ext-idp", "/api/v3/list-ext-idp"
	ago := func(d time.Duration) string { return newClock().now.Add(-d).UTC().Format(http.TimeFormat) }
	for name, c := range map[string]struct {
		spoil    map[string]string
		key      string
		resource string
		apiCode  int
	}{
		"another text":       {nil, "", path + "?x=1", 1300},
		"another key":        {nil, nowhere, path, 1300},
		"another method":     {map[string]string{"x-authing-signature-method": "HMAC-SHA256"}, "", path, 1301},
		"no method":          {map[string]string{"x-authing-signature-method": ""}, "", path, 1301},
		"another version":    {map[string]string{"x-authing-signature-version": "2.0"}, "", path, 1302},
		"no date that reads": {map[string]string{"date": "yesterday"}, "", path, 1303},
		"no date":            {map[string]string{"date": ""}, "", path, 1304},
		"an old date":        {map[string]string{"date": ago(16 * time.Minute)}, "", path, 1305},
		"a date to come":     {map[string]string{"date": ago(-16 * time.Minute)}, "", path, 1305},
		"no nonce":           {map[string]string{"x-authing-signature-nonce": ""}, "", path, 1300},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSigned(t)
			s.headers, s.key = c.spoil, c.key
			r := s.send("GET", list, c.resource, "").want(name, 401)
			same(t, "apiCode", r.apiCode(), c.apiCode)
		})
	}
}

func TestMillisecondsAreATimeToo(t *testing.T) {
	s := newSigned(t)
	s.headers = map[string]string{"date": "", "x-authing-date": fmt.Sprint(s.c.now.UnixMilli())}
	s.send("GET", v3("list-ext-idp"), "/api/v3/list-ext-idp", "").ok("as CS sends it")
}

func TestANonceIsGoodOnce(t *testing.T) {
	s := newSigned(t)
	send := func() *reply { return s.send("GET", v3("list-ext-idp"), "/api/v3/list-ext-idp", "") }
	s.headers = map[string]string{"x-authing-signature-nonce": "n"}
	send().ok("first")
	same(t, "replayed", send().want("second", 401).apiCode(), 1306)
	// a replay under the old date must never pass, so the nonce outlives it
	first := s.c.now.UTC().Format(http.TimeFormat)
	s.headers["date"] = first
	s.c.now = s.c.now.Add(14 * time.Minute)
	same(t, "late replay", send().want("late", 401).apiCode(), 1306)
	s.c.now = s.c.now.Add(2 * time.Minute)
	same(t, "later replay", send().want("later", 401).apiCode(), 1305)
	// a wrong signature uses nothing up
	s.headers = map[string]string{"x-authing-signature-nonce": "m"}
	s.key = nowhere
	send().want("wrong key", 401)
	s.key = ""
	send().ok("the right one")
}

// TestANonceOutlivesTheOtherOnes: one that was used with a date to come is not
// forgotten with those of the half hour before.
func TestANonceOutlivesTheOtherOnes(t *testing.T) {
	s := newSigned(t)
	send := func() *reply { return s.send("GET", v3("list-ext-idp"), "/api/v3/list-ext-idp", "") }
	send().ok("the first")
	s.c.now = s.c.now.Add(29 * time.Minute)
	early := map[string]string{"x-authing-signature-nonce": "early", "date": s.c.now.Add(14 * time.Minute).UTC().Format(http.TimeFormat)}
	s.headers = early
	send().ok("with a date to come")
	s.c.now, s.headers = s.c.now.Add(2*time.Minute), nil
	send().ok("after the turn")
	s.headers = early
	same(t, "replayed", send().want("replayed", 401).apiCode(), 1306)
}

func TestSignaturesAreForV3(t *testing.T) {
	s := newSigned(t)
	r := s.send("GET", "/api/v2/extIdp", "/api/v2/extIdp", "")
	same(t, "code", r.body["code"], 401)
	s.headers = map[string]string{}
	s.p.header = http.Header{}
	s.send("GET", v3("list-ext-idp"), "/api/v3/list-ext-idp", "").ok("V3")
}
