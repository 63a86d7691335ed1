package sandbox_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/sandbox"
)

// TestRecordsHideSecretsWhereverTheyStand has what is sent and what the record
// says of it; %s is the secret. An empty query or body is not looked at.
func TestRecordsHideSecretsWhereverTheyStand(t *testing.T) {
	const secret = "S3CRET"
	for name, c := range map[string]struct {
		query, wantQuery string
		body             string
		want             any
	}{
		"query":                {query: "accessKeySecret=%s&token=%s&page=1", wantQuery: "accessKeySecret=(secret)&token=(secret)&page=1"},
		"query with brackets":  {query: "fields[clientSecret]=%s&secret[0][a]=%s", wantQuery: "fields[clientSecret]=(secret)&secret[0][a]=(secret)"},
		"query with semicolon": {query: "page=1;token=%s", wantQuery: "page=1;token=(secret)"},
		"escaped query key":    {query: "%%74oken=%s", wantQuery: "%%74oken=(secret)"},
		"JSON in a query":      {query: "fields=%%7B%%22clientSecret%%22:%%22%s%%22%%7D&page=1", wantQuery: "fields=%%7B%%22clientSecret%%22%%3A%%22%%28secret%%29%%22%%7D&page=1"},
		"broken escapes":       {query: "a=%%zz%s&b=1", wantQuery: "a=(text, 9 bytes)&b=1"},
		"a query of one text":  {query: "%s", wantQuery: "(text, 6 bytes)"},
		"GraphQL by GET":       {query: "query=%s&page=1", wantQuery: "query=(text, 6 bytes)&page=1"},

		"JSON text": {body: `{"fields":"{\"clientSecret\":\"%s\",\"clientID\":\"a\"}"}`, want: tree{"fields": `{"clientID":"a","clientSecret":"(secret)"}`}},
		"JSON text in JSON text": {
			body: `{"a":"{\"b\":\"{\\\"clientSecret\\\":\\\"%s\\\"}\"}"}`,
			want: tree{"a": `{"b":"{\"clientSecret\":\"(secret)\"}"}`},
		},
		"JSON text without a secret": {body: `{"redirectUris":"[ \"https://a\" ]"}`, want: tree{"redirectUris": `[ "https://a" ]`}},
		"torn JSON text":             {body: `{"fields":"{\"clientSecret\":\"%s"}`, want: tree{"fields": "(text, 23 bytes)"}},
		"JSON text after a mark":     {body: "{\"fields\":\"\ufeff{\\\"clientSecret\\\":\\\"%s\\\"}\"}", want: tree{"fields": "(text, 28 bytes)"}},
		"JSON string in JSON text":   {body: `{"fields":"\"%s\""}`, want: tree{"fields": `"(text, 6 bytes)"`}},
		"a bare string":              {body: `"%s"`, want: "(text, 6 bytes)"},
		"bare strings":               {body: `["%s",["%s"]]`, want: []any{"(text, 6 bytes)", []any{"(text, 6 bytes)"}}},
		"a bare number":              {body: `4711`, want: "(a number)"},
		"no JSON":                    {body: `clientSecret=%s`, want: "(not JSON, 19 bytes)"},
		"GraphQL": {
			body: `{"operationName":"login","query":"mutation { login(x: \"%s\") }","variables":{"x":"%s","y":["%s"]}}`,
			want: tree{"operationName": "login", "query": "(text, 31 bytes)", "variables": tree{"x": "(secret)", "y": []any{"(secret)"}}},
		},
		"GraphQL, several": {body: `[{"query":"%s"},{"variables":"%s"}]`, want: []any{tree{"query": "(text, 6 bytes)"}, tree{"variables": "(text, 6 bytes)"}}},
		"other keys": {
			body: `{"clientsecret":"%s","tokens":["%s"],"token2":"%s","secretKey":"%s","apikeys":{"a":"%s"},"Authorization":"%s","id_token_expire":1,"keywords":"x"}`,
			want: tree{"clientsecret": "(secret)", "tokens": "(secret)", "token2": "(secret)", "secretKey": "(secret)", "apikeys": "(secret)", "Authorization": "(secret)", "id_token_expire": 1, "keywords": "x"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			fill := func(s string) string {
				return strings.ReplaceAll(strings.ReplaceAll(s, "%s", secret), "%%", "%")
			}
			var log bytes.Buffer
			p := start(t, sandbox.Options{RequestLog: &log})
			if c.query != "" {
				p.get("list-applications?" + fill(c.query))
			} else {
				p.send("POST", createPath, "application/json", []byte(fill(c.body)))
			}
			list, _ := p.requests()
			same(t, "record", []any{list[0]["query"], list[0]["body"]}, []any{fill(c.wantQuery), c.want})
			if strings.Contains(log.String(), secret) || !strings.Contains(log.String(), `"n":1`) {
				t.Errorf("the log: %q", log.String())
			}
		})
	}
}
