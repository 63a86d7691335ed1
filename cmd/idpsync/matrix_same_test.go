package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// unlike lists where the state of a pool is not what the files say, each as
// "KEY PATH: ...". former are the values that a null was declared over.
func (f files) unlike(s matrixState, env map[string]string, former files) []string {
	c := newComparer(s, env)
	for _, k := range slices.Sorted(maps.Keys(f)) {
		kind, name, _ := strings.Cut(k, "/")
		spec := f.spec(k)
		c.key = k
		got := c.find(kind, name, spec)
		if absent := f.metadata(k)["state"] == "absent"; absent || got == nil {
			if absent != (got == nil) {
				c.say("", "on the server: %v", got != nil)
			}
			continue
		}
		var before object
		if former[k] != nil {
			before = former.spec(k)
		}
		c.compare("", spec, got, before)
	}
	return c.found
}

type comparer struct {
	env          map[string]string
	providers    map[string]object
	byIdentifier map[string]object
	connections  map[string]string // id -> identifier
	apps         []object
	key          string
	found        []string
}

func (c *comparer) say(path, format string, args ...any) {
	c.found = append(c.found, c.key+" "+path+": "+fmt.Sprintf(format, args...))
}

func newComparer(s matrixState, env map[string]string) *comparer {
	c := &comparer{env: env, connections: map[string]string{}}
	c.index(s)
	return c
}

func (c *comparer) index(s matrixState) {
	c.providers, c.byIdentifier, c.apps = map[string]object{}, map[string]object{}, s.Applications
	for _, p := range s.IdentityProviders {
		c.providers[p["name"].(string)] = p
		for _, e := range p["connections"].([]any) {
			conn := e.(object)
			conn["provider"] = p["name"]
			c.byIdentifier[conn["identifier"].(string)] = conn
			c.connections[conn["id"].(string)] = conn["identifier"].(string)
		}
	}
}

// find is the server's object of a document; of an integrated application by
// its template, since the server may call it what it likes.
func (c *comparer) find(kind, name string, spec object) object {
	switch kind {
	case "identityprovider":
		return c.providers[spec["name"].(string)]
	case "connection":
		return c.byIdentifier[name]
	}
	for _, a := range c.apps {
		if id, ok := spec["appIdentifier"].(string); ok {
			name = id
		}
		if a["appIdentifier"] == name || spec["template"] != nil && a["template"] == spec["template"] {
			return a
		}
	}
	return nil
}

// elsewhere are the attributes that /_sandbox/state does not show; the request
// log tells of them.
var elsewhere = []string{"mfa", "templateData", "ssoShowLaunchpad", "enablePermissionApply", "provider"}

func (c *comparer) compare(path string, want, got any, before any) {
	switch w := want.(type) {
	case object:
		if from, ok := w["secretFrom"].(object); ok {
			c.compare(path, c.env[from["env"].(string)], got, nil)
			return
		}
		c.members(path, w, got, before)
	case nil:
		if blank(got) || before != nil && !reflect.DeepEqual(got, plain(before)) {
			return
		}
		c.say(path, "is %v, wants the default", got)
	default:
		if w = plain(w); !equal(w, got) && !(blank(w) && got == nil) {
			c.say(path, "is %v, want %v", got, w)
		}
	}
}

func (c *comparer) members(path string, want object, got, before any) {
	g, ok := got.(object)
	if !ok {
		c.say(path, "is %v, want an object", got)
		return
	}
	b, _ := before.(object)
	for _, k := range slices.Sorted(maps.Keys(want)) {
		p := strings.TrimPrefix(path+"."+k, ".")
		switch {
		case path == "" && slices.Contains(elsewhere, k):
		case p == "connections":
			c.buttons(want[k].([]any), g)
		case strings.HasSuffix(k, "Connection"):
			id, _ := g[strings.TrimSuffix(k, "Connection")+"ExtIdpConnId"].(string)
			c.compare(p, want[k], c.connections[id], nil)
		default:
			c.compare(p, want[k], g[k], b[k])
		}
	}
}

func (c *comparer) buttons(want []any, app object) {
	if on := c.on(app); !equal(want, on) {
		c.say("connections", "is %v, want %v", on, want)
	}
}

// on lists the connections that are switched on for an application.
func (c *comparer) on(app object) []any {
	on := []any{}
	login, _ := app["loginConfig"].(object)
	list, _ := login["enabledExtIdpConns"].([]any)
	for _, e := range list {
		if e := e.(object); e["enabled"] != false {
			on = append(on, c.connections[e["extIdpConnId"].(string)])
		}
	}
	return on
}

// plain is a value as JSON reads it back.
func plain(v any) any {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	var out any
	_ = json.Unmarshal(text, &out)
	return out
}

// equal compares; arrays as sets, since all that the files declare are.
func equal(a, b any) bool {
	x, ok := a.([]any)
	y, _ := b.([]any)
	if !ok {
		return reflect.DeepEqual(a, b)
	}
	sorted := func(l []any) []string {
		out := make([]string, len(l))
		for i, e := range l {
			out[i] = fmt.Sprint(e)
		}
		slices.Sort(out)
		return out
	}
	return slices.Equal(sorted(x), sorted(y))
}

func blank(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case bool:
		return !v
	case []any:
		return len(v) == 0
	case object:
		return len(v) == 0
	}
	return false
}
