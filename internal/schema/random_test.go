package schema_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
)

// author writes random connection templates, as odd as JSON can be: only what
// Derive refuses is left out, so that every template of one seed has schemas.
type author struct {
	*rand.Rand
	name string // what types are called, so that no two templates share one
}

// randomTemplate is the template of a seed; the same one twice.
func randomTemplate(seed uint64) []byte {
	a := author{rand.New(rand.NewPCG(seed, 7)), fmt.Sprintf("rnd%d", seed)}
	t := map[string]any{
		"type": a.name, "allowMultiple": a.any(), "allowMultipleConn": a.any(),
		"connectionTmpls": a.rows(),
	}
	a.decorate(t, "name", "name_en", "desc", "logo")
	var whole any = t
	if a.chance(3) {
		whole = map[string]any{"code": 200, "message": "ok", "data": t}
	}
	data, err := json.Marshal(whole)
	if err != nil {
		panic(err)
	}
	return data
}

func (a author) rows() []any {
	rows := make([]any, 1+a.IntN(3))
	for i := range rows {
		row := map[string]any{"type": fmt.Sprintf("%s:c%d", a.name, i), "fields": a.fields(3)}
		a.decorate(row, "name", "name_en", "description", "description_en", "hidden", "tooltip", "availableUserMatchFields", "logo")
		rows[i] = row
	}
	return rows
}

// decorate gives some of the keys values of any kind.
func (a author) decorate(m map[string]any, keys ...string) {
	for _, key := range keys {
		if a.chance(2) {
			m[key] = a.any()
		}
	}
}

var oddKeys = []any{
	"clientID", "clientSecret", "scopes", "displayName", "a.b", "a/b~c", "%25", "__proto__", "constructor", "$ref",
	"type", "键", " spaced ", "with \"quotes\"", "if", "x\u0000y", "clientid", "required", "0", "-",
}

// fields are rows of a form; each has a key that is text and not empty.
func (a author) fields(depth int) []any {
	rows := make([]any, a.IntN(6))
	for i := range rows {
		row := map[string]any{"key": oddKeys[a.IntN(len(oddKeys))]}
		a.widget(row, depth)
		rows[i] = row
	}
	return rows
}

var widgets = []any{
	"input", "checkbox", "custom", "input", "checkbox", "textarea", "password", "number", "switch", "select", "object",
	"hologram", "", nil, 7,
}

func (a author) widget(row map[string]any, depth int) {
	row["type"] = widgets[a.IntN(len(widgets))]
	a.decorate(row, "label", "label_en", "placeholder", "placeholder_en", "extra", "extra_en", "default", "tooltip")
	if a.chance(2) {
		row["required"] = []any{true, true, false, "true", nil, 1}[a.IntN(6)]
	}
	if a.chance(4) {
		row["valueType"] = []any{"redirectUrl", "", nil}[a.IntN(3)]
	}
	if a.chance(2) {
		row["x-idpsync"] = []any{map[string]any{}, map[string]any{"provenance": "pulled"}, "no"}[a.IntN(3)]
	}
	if a.chance(2) && depth > 0 {
		row["children"] = a.children(depth - 1)
	}
}

// children are choices, choices in groups, rows of a form, or none of these.
func (a author) children(depth int) any {
	switch a.IntN(5) {
	case 0:
		return a.any()
	case 1:
		return a.fields(depth)
	}
	children := make([]any, a.IntN(5))
	for i := range children {
		child := map[string]any{"key": a.any(), "label": a.any()}
		if a.chance(3) && depth > 0 {
			child["children"] = a.children(depth - 1)
		}
		children[i] = child
	}
	return children
}

// any is a value of any JSON type; texts and numbers repeat often.
func (a author) any() any {
	switch a.IntN(12) {
	case 0:
		return nil
	case 1, 2:
		return a.chance(2)
	case 3:
		return []any{1, 1.0, -0.5, json.Number("1e400"), json.Number("10000000000000000000000"), 0}[a.IntN(6)]
	case 4:
		return map[string]any{"zh-CN": "文字", "en-US": "text"}
	case 5:
		return []any{"a", 1, nil}
	}
	return []any{"read", "write", "text", "文字", "", " ", "\u2028</script>", "${var.x}", "a\nb"}[a.IntN(9)]
}

func (a author) chance(in int) bool { return a.IntN(in) == 0 }
