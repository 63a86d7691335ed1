package notify_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/idpsync/idpsync/internal/notify"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func hmacOf(key, text string) []byte {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

// chats are what each service checks, written down from its documents and not
// from the presets.
var chats = []struct {
	preset, answer, text string
	shape                map[string]any
	signed               func(c call, secret string) error
}{
	{"slack", "ok", "text", map[string]any{"mrkdwn": false}, nil},
	{"feishu", `{"code":0,"msg":"success"}`, "content.text", map[string]any{"msg_type": "text"}, signedInBody},
	{"lark", `{"code":0,"msg":"success"}`, "content.text", map[string]any{"msg_type": "text"}, signedInBody},
	{"dingtalk", `{"errcode":0,"errmsg":"ok"}`, "text.content", map[string]any{"msgtype": "text", "at.isAtAll": false}, func(c call, secret string) error {
		ms := c.query["timestamp"][0]
		if n, err := strconv.ParseInt(ms, 10, 64); err != nil || n != noon.UnixMilli() {
			return fmt.Errorf("timestamp %s", ms)
		}
		if want := base64.StdEncoding.EncodeToString(hmacOf(secret, ms+"\n"+secret)); c.query["sign"][0] != want {
			return fmt.Errorf("sign %s", c.query["sign"])
		}
		return nil
	}},
	{"wecom", `{"errcode":0,"errmsg":"ok"}`, "text.content", map[string]any{"msgtype": "text"}, nil},
	{"json", "", "title", map[string]any{"kind": "idpsync.notification", "event": "drift", "target": "prod", "commit": "abc"}, func(c call, secret string) error {
		if want := "sha256=" + hex.EncodeToString(hmacOf(secret, string(c.body))); c.header.Get("X-Idpsync-Signature-256") != want {
			return fmt.Errorf("signature %s", c.header.Get("X-Idpsync-Signature-256"))
		}
		return nil
	}},
}

func signedInBody(c call, secret string) error {
	stamp, sign := "", ""
	for _, field := range []struct {
		key string
		to  *string
	}{{`"timestamp":"`, &stamp}, {`"sign":"`, &sign}} {
		_, rest, _ := strings.Cut(string(c.body), field.key)
		*field.to, _, _ = strings.Cut(rest, `"`)
	}
	if stamp != strconv.FormatInt(noon.Unix(), 10) {
		return fmt.Errorf("timestamp %q", stamp)
	}
	if want := base64.StdEncoding.EncodeToString(hmacOf(stamp+"\n"+secret, "")); sign != want {
		return fmt.Errorf("sign %q", sign)
	}
	return nil
}

func TestPresets(t *testing.T) {
	known := map[string]bool{}
	for _, c := range chats {
		known[c.preset] = true
		for _, signed := range []bool{false, true} {
			if signed && c.signed == nil {
				continue
			}
			t.Run(fmt.Sprintf("%s/%v", c.preset, signed), func(t *testing.T) {
				r := newReceiver(t, says(200, c.answer))
				value := c.preset + "=" + r.URL + "/hook?access_token=hush"
				if signed {
					value += ",secret=env:SECRET"
				}
				complaint := told(t, value, world(map[string]string{"SECRET": "SEC'{{x}}\\key"}, nil), drift(), notify.Options{Now: func() time.Time { return noon }})
				if complaint != "" || len(r.calls) != 1 {
					t.Fatalf("%d calls, %s", len(r.calls), complaint)
				}
				got := r.last()
				if got.query["access_token"][0] != "hush" || !strings.HasPrefix(got.header.Get("Content-Type"), "application/json") {
					t.Errorf("called with %v %v", got.query, got.header)
				}
				body := decode(t, got.body)
				for path, want := range c.shape {
					if at(body, path) != want {
						t.Errorf("%s is %v, want %v", path, at(body, path), want)
					}
				}
				if text, _ := at(body, c.text).(string); !strings.Contains(text, "1 object of prod drifted") || c.preset != "json" && !strings.Contains(text, "- application/portal: changed on the server (appName)") {
					t.Errorf("says %q", text)
				}
				if signed {
					if err := c.signed(got, "SEC'{{x}}\\key"); err != nil {
						t.Error(err)
					}
				} else if strings.Contains(string(got.body), "sign") || got.query["sign"] != nil {
					t.Errorf("signed without a secret: %s", got.body)
				}
			})
		}
	}
	for _, name := range notify.Presets() {
		if !known[name] {
			t.Errorf("preset %s is not tested", name)
		}
	}
}

// TestHostileNames: nothing in a name mentions people, makes a link or markup,
// or ends the JSON that it stands in.
func TestHostileNames(t *testing.T) {
	hostile := `<!channel> <@U123> <https://evil.example|log in> <at user_id="all">all</at> @all @15500000000 "},"x":{ {{.Secret}} \u0040 &lt;b&gt;`
	forbidden := map[string][]string{
		"slack": {"<"}, "feishu": {"<"}, "lark": {"<"}, "dingtalk": {"@"}, "wecom": {"<", "@"},
	}
	for _, c := range chats {
		r := newReceiver(t, says(200, c.answer))
		m := drift()
		m.Title, m.Note, m.Objects[0].Key, m.Objects[0].Why, m.Objects[0].Paths = hostile, hostile, hostile, hostile, []string{hostile}
		if complaint := told(t, c.preset+"="+r.URL, world(nil, nil), m, notify.Options{}); complaint != "" {
			t.Fatal(complaint)
		}
		body := decode(t, r.last().body)
		text, _ := at(body, c.text).(string)
		if !strings.Contains(text, "{{.Secret}}") || body["x"] != nil {
			t.Errorf("%s: the name was read as more than text: %s", c.preset, r.last().body)
		}
		for _, sign := range forbidden[c.preset] {
			if strings.Contains(text, sign) {
				t.Errorf("%s: %q is in %q", c.preset, sign, text)
			}
		}
	}
}

// TestLongMessages: ten thousand objects with long Chinese names fit, and the
// text says how many are left out.
func TestLongMessages(t *testing.T) {
	m := drift()
	m.Objects = nil
	for i := range 10_000 {
		m.Objects = append(m.Objects, notify.Object{Key: fmt.Sprintf("application/%d-%s", i, strings.Repeat("门户", 200)), Why: "<&@>"})
	}
	m.More = 5
	bounds := map[string]int{"slack": 3500, "feishu": 15000, "lark": 15000, "dingtalk": 15000, "wecom": 2048}
	for _, c := range chats {
		if bounds[c.preset] == 0 {
			continue
		}
		r := newReceiver(t, says(200, c.answer))
		if complaint := told(t, c.preset+"="+r.URL, world(nil, nil), m, notify.Options{}); complaint != "" {
			t.Fatal(complaint)
		}
		text, _ := at(decode(t, r.last().body), c.text).(string)
		lines := strings.Count(text, "\n- ")
		if len(text) > bounds[c.preset] || !utf8.ValidString(text) || lines < 2 || !strings.HasSuffix(text, fmt.Sprintf("and %d more", 10_005-lines)) {
			t.Errorf("%s: %d bytes, %d lines, ends with %q", c.preset, len(text), lines, text[max(0, len(text)-40):])
		}
	}
}

// TestTemplates: a file of the user's own makes any body, and what it cannot
// make is told before anything has drifted.
func TestTemplates(t *testing.T) {
	files := map[string]string{
		"json":  `{"alert": {{json .Title}}, "what": [{{range $i, $o := .Objects}}{{if $i}},{{end}}{{json $o.Key}}{{end}}], "text": {{json (text .)}}}`,
		"plain": "{{.Event}} {{.Target}} {{clean .Title}}\n",
		"open":  "{{.Title", "field": "{{.None}}", "call": "{{exec .Title}}", "late": `{{range .Objects}}{{index .Paths 9}}{{end}}`,
		"huge": `{{range $i := .Objects}}{{printf "%2000000d" 1}}{{end}}`,
	}
	w := world(nil, files)
	r := newReceiver(t)
	m := drift()
	m.Title = `a "quote" <b>`
	if complaint := told(t, r.URL+",template=json", w, m, notify.Options{}); complaint != "" {
		t.Fatal(complaint)
	}
	if body := decode(t, r.last().body); body["alert"] != m.Title || !strings.HasPrefix(r.last().header.Get("Content-Type"), "application/json") {
		t.Errorf("got %s", r.last().body)
	}
	if complaint := told(t, "slack="+r.URL+",template=plain", w, m, notify.Options{}); complaint != "" {
		t.Fatal(complaint)
	}
	if got := string(r.last().body); got != "drift prod a \"quote\" &lt;b&gt;\n" || !strings.HasPrefix(r.last().header.Get("Content-Type"), "text/plain") {
		t.Errorf("got %q", got)
	}
	for _, name := range []string{"open", "field", "call", "late", "huge", "none"} {
		if _, err := notify.Parse(r.URL+",template="+name, w); err == nil || !strings.Contains(err.Error(), "the template") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := notify.Parse("feishu="+r.URL+",template=plain,secret=env:X", world(map[string]string{"X": "x"}, files)); err == nil {
		t.Error("a signature in a text")
	}
}
