package sandbox

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// kind is the JSON type of a parameter.
type kind int

const (
	text     kind = iota // string
	flag                 // boolean
	number               // number
	texts                // array of string
	object               // object whose keys are free
	nested               // object with a DTO of its own
	nestedIn             // array of such objects
	anything             // any JSON value
	textual              // object, or JSON text of one (V2)
)

func (k kind) String() string {
	return [...]string{"a string", "a boolean", "a number", "an array of strings", "an object", "an object", "an array of objects", "a value", "an object"}[k]
}

// param is one property of a DTO or one query parameter.
type param struct {
	name     string
	kind     kind
	required bool
	enum     []string // of the string, or of each string of an array
	dto      *dto

	mayBeEmpty bool // required, and "" is a value
}

// dto is what one request may carry.
type dto struct {
	params []param
	byName map[string]*param
}

func newDTO(params ...param) *dto {
	d := &dto{params: params, byName: make(map[string]*param, len(params))}
	for i := range params {
		d.byName[params[i].name] = &params[i]
	}
	return d
}

func req(name string, k kind, enum ...string) param {
	return param{name: name, kind: k, required: true, enum: enum}
}

func opt(name string, k kind, enum ...string) param { return param{name: name, kind: k, enum: enum} }

func reqDTO(name string, k kind, d *dto) param {
	return param{name: name, kind: k, required: true, dto: d}
}

func optDTO(name string, k kind, d *dto) param { return param{name: name, kind: k, dto: d} }

// check refuses what the published DTO does not declare: unknown keys, missing
// ones, other types, values outside an enumeration. The DTOs do not forbid
// unknown keys; here they are refused so that a client's typo shows. null stands
// for "not given", which the contract leaves to null-unsets.
func (d *dto) check(at string, tree map[string]any) *failure {
	for _, key := range slices.Sorted(maps.Keys(tree)) {
		p := d.byName[key]
		if p == nil {
			return refuse(badArgument, "%s%s: not a parameter of this call, which takes %s", at, key, d.names())
		}
		if f := p.check(at, tree[key]); f != nil {
			return f
		}
	}
	for i := range d.params {
		if d.params[i].required && tree[d.params[i].name] == nil {
			return refuse(badArgument, "%s%s: missing", at, d.params[i].name)
		}
	}
	return nil
}

// names lists what the DTO declares.
func (d *dto) names() string {
	if len(d.params) == 0 {
		return "none"
	}
	return strings.Join(slices.Sorted(maps.Keys(d.byName)), ", ")
}

func (p *param) check(at string, value any) *failure {
	if value == nil {
		return nil
	}
	ok := true
	switch p.kind {
	case text:
		return p.checkText(at, value)
	case flag:
		_, ok = value.(bool)
	case number:
		_, ok = value.(json.Number)
	case texts:
		return p.checkTexts(at, value)
	case object:
		_, ok = value.(map[string]any)
	case nested:
		return p.checkNested(at+p.name, value)
	case nestedIn:
		return p.checkNestedIn(at, value)
	case textual:
		_, ok = objectFrom(value)
	}
	if !ok {
		return p.wrongType(at)
	}
	return nil
}

// objectFrom is an object that may have been written as JSON text.
func objectFrom(value any) (map[string]any, bool) {
	if s, isText := value.(string); isText {
		var tree map[string]any
		err := decodeJSON([]byte(s), &tree)
		return tree, err == nil && tree != nil
	}
	tree, ok := value.(map[string]any)
	return tree, ok
}

func (p *param) wrongType(at string) *failure {
	return refuse(badArgument, "%s%s: want %s", at, p.name, p.kind)
}

func (p *param) checkText(at string, value any) *failure {
	s, ok := value.(string)
	switch {
	case !ok:
		return p.wrongType(at)
	case p.required && s == "" && !p.mayBeEmpty:
		return refuse(badArgument, "%s%s: empty", at, p.name)
	case p.enum != nil && !slices.Contains(p.enum, s):
		return refuse(badArgument, "%s%s: want one of %s", at, p.name, strings.Join(p.enum, ", "))
	}
	return nil
}

func (p *param) checkTexts(at string, value any) *failure {
	list, ok := value.([]any)
	if !ok {
		return p.wrongType(at)
	}
	for _, item := range list {
		s, ok := item.(string)
		if !ok {
			return p.wrongType(at)
		}
		if p.enum != nil && !slices.Contains(p.enum, s) {
			return refuse(badArgument, "%s%s: want only %s", at, p.name, strings.Join(p.enum, ", "))
		}
	}
	return nil
}

func (p *param) checkNested(at string, value any) *failure {
	tree, ok := value.(map[string]any)
	if !ok {
		return refuse(badArgument, "%s: want %s", at, p.kind)
	}
	return p.dto.check(at+".", tree)
}

func (p *param) checkNestedIn(at string, value any) *failure {
	list, ok := value.([]any)
	if !ok {
		return p.wrongType(at)
	}
	for i, item := range list {
		tree, ok := item.(map[string]any)
		if !ok {
			return p.wrongType(at)
		}
		if f := p.dto.check(at+p.name+"["+strconv.Itoa(i)+"].", tree); f != nil {
			return f
		}
	}
	return nil
}

// query types the parameters of a GET or DELETE. A parameter that the document
// does not name is passed over, as any HTTP server does; an empty one is not
// given, unless it may be empty.
func (d *dto) query(values url.Values) (map[string]any, *failure) {
	tree := map[string]any{}
	for i := range d.params {
		p := &d.params[i]
		switch s := values.Get(p.name); {
		case p.kind == texts:
			if list := queryList(values, p.name); len(list) > 0 {
				tree[p.name] = list
			}
		case s != "", p.mayBeEmpty && values.Has(p.name):
			tree[p.name] = p.parse(s)
		}
	}
	return tree, d.check("", tree)
}

// queryList reads the ways in which clients write an array: a repeated key, "key[]"
// (axios), and JSON text.
func queryList(values url.Values, name string) []any {
	var list []any
	for _, s := range slices.Concat(values[name], values[name+"[]"]) {
		var many []any
		if strings.HasPrefix(s, "[") && json.Unmarshal([]byte(s), &many) == nil {
			list = append(list, many...)
			continue
		}
		list = append(list, s)
	}
	return list
}

// parse gives a value of the parameter's type, or the string itself, which
// check then refuses.
func (p *param) parse(s string) any {
	switch p.kind {
	case flag:
		if s == "true" || s == "false" {
			return s == "true"
		}
	case number:
		if _, err := strconv.Atoi(s); err == nil {
			return json.Number(s)
		}
	}
	return s
}
