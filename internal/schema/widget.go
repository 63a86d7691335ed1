package schema

import "strings"

// The widgets of console forms that are understood. Only input, checkbox and
// custom were ever published (templates of contract 6.1). The others are our own
// words for what such forms usually have: they mean something only in a row that
// carries our mark, x-idpsync. What a server calls by the same name may be
// anything, so there it takes any value, as every widget that is not listed.
const (
	widgetInput    = "input"
	widgetTextarea = "textarea"
	widgetPassword = "password"
	widgetNumber   = "number"
	widgetSwitch   = "switch"
	widgetSelect   = "select"
	widgetCheckbox = "checkbox"
	widgetObject   = "object"
	widgetCustom   = "custom"
)

// known is the widget, or "" for one that derivation does not know.
func known(widget string, marked bool) string {
	switch widget {
	case widgetInput, widgetCheckbox, widgetCustom:
		return widget
	case widgetTextarea, widgetPassword, widgetNumber, widgetSwitch, widgetSelect, widgetObject:
		if marked {
			return widget
		}
	}
	return ""
}

// open tells that derivation does not know the widget: any value is taken, and
// none is missed.
func (f *field) open() bool {
	return f.widget == "" || f.widget == widgetCustom && f.valueType == ""
}

// displayOnly tells that the console computes and shows the value: it is not
// a setting and must not be sent.
func (f *field) displayOnly() bool { return f.widget == widgetCustom && f.valueType != "" }

// isText tells that the value is a string that may be kept elsewhere.
func (f *field) isText() bool {
	return f.widget == widgetInput || f.widget == widgetTextarea || f.widget == widgetPassword
}

func deriveField(connType string, f *field) object {
	schema := f.value(connType)
	describe(schema, f.title, f.about())
	if f.repeated {
		schema["$comment"] = "The template has this key more than once; the first counts."
	}
	return schema
}

// about is the description; of a form that is not understood it names the rows.
func (f *field) about() string {
	if !f.open() || !f.form || len(f.children) == 0 {
		return f.description
	}
	keys := make([]string, len(f.children))
	for i := range f.children {
		keys[i] = f.children[i].key
	}
	return both(f.description, "Keys / 键: "+strings.Join(keys, ", "), "\n")
}

func (f *field) value(connType string) object {
	switch {
	case f.displayOnly():
		return object{"readOnly": true, "not": object{}}
	case f.isText():
		return f.textValue(secretField(connType, f))
	}
	switch f.widget {
	case widgetNumber:
		return object{"type": f.orNull("number")}
	case widgetSwitch:
		return object{"type": f.orNull("boolean")}
	case widgetSelect:
		return f.selectValue()
	case widgetCheckbox:
		return f.checkboxValue()
	case widgetObject:
		return f.objectValue(connType)
	}
	return f.openValue()
}

// openValue takes anything, and shows the choices as examples.
func (f *field) openValue() object {
	if f.form || len(f.choices) == 0 {
		return object{}
	}
	return object{"examples": f.choices}
}

// textValue keeps "a string or a reference" out of anyOf, so that a mistake in
// one is not reported as a mistake in both.
func (f *field) textValue(secret bool) object {
	plain := object{"type": f.orNull("string")}
	if f.required {
		plain["minLength"] = 1
	}
	schema := object{"if": object{"type": "object"}, "then": object{"$ref": "#/$defs/reference"}, "else": plain}
	if secret {
		schema["then"] = object{"$ref": "#/$defs/secretReference"}
		schema["writeOnly"] = true
	}
	return schema
}

func (f *field) selectValue() object {
	if len(f.choices) == 0 {
		return object{"type": f.orNull("string")}
	}
	choices := append([]any{}, f.choices...)
	if !f.required {
		choices = append(choices, nil)
	}
	return object{"enum": choices}
}

func (f *field) checkboxValue() object {
	items := object{"type": "string"}
	if len(f.choices) > 0 {
		items = object{"enum": f.choices}
	}
	schema := object{"type": f.orNull("array"), "items": items, "uniqueItems": true}
	if f.required {
		schema["minItems"] = 1
	}
	return schema
}

func (f *field) objectValue(connType string) object {
	schema := deriveFields(connType, f.children)
	schema["type"] = f.orNull("object")
	return schema
}

// orNull adds null, which stands for the server's default, where a value may be
// missing.
func (f *field) orNull(typ string) any {
	if f.required {
		return typ
	}
	return []any{typ, "null"}
}
