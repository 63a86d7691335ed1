package schema_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestCompare: each difference as "type path change: before -> after".
func TestCompare(t *testing.T) {
	const before = `{"type": "acme", "allowMultiple": true, "connectionTmpls": [
		{"type": "acme:web", "fields": [
			{"key": "same", "label": "A", "type": "input"},
			{"key": "needed", "type": "input"},
			{"key": "scopes", "type": "checkbox", "children": [{"key": "a"}, {"key": "b"}]},
			{"key": "order", "type": "checkbox", "children": [{"key": "a"}, {"key": "b"}]},
			{"key": "odd", "type": "hologram", "required": true},
			{"key": "proxy", "type": "object", "x-idpsync": {}, "children": [{"key": "host", "type": "input"}, {"key": "gone", "type": "input"}]},
			{"key": "shown", "type": "input"},
			{"key": "gone", "type": "input", "required": true}]},
		{"type": "acme:open", "fields": []},
		{"type": "acme:gone", "fields": [{"key": "x", "type": "input"}]}]}`
	const after = `{"code": 200, "data": {"type": "acme", "allowMultiple": false, "allowMultipleConn": true, "connectionTmpls": [
		{"type": "acme:open", "fields": [{"key": "x", "type": "custom", "valueType": "u"}, {"key": "y", "type": "checkbox"}]},
		{"type": "acme:web", "fields": [
			{"key": "same", "label": "another label", "type": "input", "placeholder": "p"},
			{"key": "needed", "type": "input", "required": true},
			{"key": "scopes", "type": "checkbox", "children": [{"key": "c"}, {"key": "b"}]},
			{"key": "order", "type": "checkbox", "children": [{"key": "b"}, {"key": "a"}]},
			{"key": "odd", "type": "stereogram"},
			{"key": "proxy", "type": "object", "x-idpsync": {}, "children": [{"key": "host", "type": "input", "required": true}]},
			{"key": "shown", "type": "custom", "valueType": "redirectUrl"}]},
		{"type": "acme:new", "fields": []}]}}`
	got := differences(t, before, after)
	want := `
 allowMultiple changed: true -> false
 allowMultipleConn changed: not known -> true
acme:open fields.x new:  -> shown only
acme:open fields.y new:  -> list
acme:web fields.needed changed: text -> text, required
acme:web fields.scopes changed: choices: a -> choices: c
acme:web fields.proxy.host changed: text -> text, required
acme:web fields.proxy.gone vanished: text -> 
acme:web fields.shown changed: text -> shown only
acme:web fields.gone vanished: text, required -> 
acme:new  new:  -> 0 fields
acme:gone  vanished: 1 field -> 
`
	if got != want {
		t.Errorf("got%swant%s", got, want)
	}
	for _, same := range []string{before, `{"data": ` + before + `}`} {
		if got := differences(t, before, same); got != "\n" {
			t.Errorf("a template differs from itself:%s", got)
		}
	}
}

func differences(t *testing.T, before, after string) string {
	t.Helper()
	c := own(t, map[string]string{"acme.json": before})
	all, err := c.Compare([]byte(after), "acme")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("\n")
	for _, d := range all {
		if d.ProviderType != "acme" {
			t.Errorf("%+v", d)
		}
		fmt.Fprintf(&b, "%s %s %s: %s -> %s\n", d.Type, d.Path, d.Change, d.Before, d.After)
	}
	return b.String()
}

func TestCompareRefuses(t *testing.T) {
	c := own(t, nil)
	if _, err := c.Compare([]byte(sent), "saml"); err == nil || !strings.Contains(err.Error(), "the one of acme") {
		t.Errorf("%v", err)
	}
}

// A server that has no template any more took something away only if it had one.
func TestWithout(t *testing.T) {
	c := own(t, map[string]string{"acme.json": string(stamp(t, sent))})
	if all := c.Without("acme"); len(all) != 1 || all[0].Type != "acme:web" || all[0].Change != "vanished" {
		t.Errorf("%v", all)
	}
	if all := c.Without("github"); len(all) > 0 {
		t.Errorf("%v", all)
	}
}

// TestCompareRandom: however odd a template is, it does not differ from itself.
func TestCompareRandom(t *testing.T) {
	for seed := range uint64(100) {
		template := randomTemplate(seed)
		c := own(t, map[string]string{"x.json": string(template)})
		if all, err := c.Compare(template, fmt.Sprintf("rnd%d", seed)); err != nil || len(all) > 0 {
			t.Fatalf("%v %v\n%s", all, err, template)
		}
	}
}
