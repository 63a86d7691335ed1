package main

import (
	"fmt"
	"net/url"
	"os"
	"reflect"
	"sync/atomic"
)

const pageSize = 50

// comparer counts what a server lacks of what files say.
type comparer struct {
	server        *server
	parallelism   int
	want          map[string]object // spec by kind and what the server calls the object
	handles       map[string]string // metadata.name of a provider by its name on the server
	requests      atomic.Int64
	differ, found atomic.Int64
}

func plan(schemas, dir, host string, parallelism int) error {
	c := &comparer{parallelism: parallelism, want: map[string]object{}, handles: map[string]string{}}
	checks := newChecks(schemas)
	docs, err := readAll(dir, checks.document, plainly)
	if err != nil {
		return err
	}
	for _, d := range docs {
		c.declare(d.value)
	}
	if c.server, err = connect(host, parallelism); err != nil {
		return err
	}
	if err := c.read(); err != nil {
		return err
	}
	fmt.Printf("%d requests, %d changes\n", c.requests.Load()+1, c.differ.Load()+int64(len(c.want))-c.found.Load())
	return nil
}

func (c *comparer) declare(doc object) {
	kind, _ := doc["kind"].(string)
	spec, _ := doc["spec"].(object)
	meta, _ := doc["metadata"].(object)
	name, _ := meta["name"].(string)
	if kind == "IdentityProvider" {
		server, _ := spec["name"].(string)
		c.handles[server], name = name, server
	}
	if spec != nil {
		c.want[kind+"/"+name] = spec
	}
}

func (c *comparer) get(path string) ([]object, int, error) {
	c.requests.Add(1)
	data, err := c.server.get(path)
	l, total := list(data)
	return l, total, err
}

// read asks for the providers and the first page of applications, and then for
// everything that these lead to.
func (c *comparer) read() error {
	providers, _, err := c.get("/api/v3/list-ext-idp")
	if err != nil {
		return err
	}
	apps, total, err := c.page(1)
	if err != nil {
		return err
	}
	pages := (total + pageSize - 1) / pageSize
	appPages := make([][]object, max(pages, 1))
	appPages[0] = apps
	err = each(len(appPages)-1+len(providers), c.parallelism, func(i int) (err error) {
		if i < len(appPages)-1 {
			appPages[i+1], _, err = c.page(i + 2)
			return err
		}
		return c.provider(providers[i-len(appPages)+1])
	})
	if err != nil {
		return err
	}
	var all []object
	for _, p := range appPages {
		all = append(all, p...)
	}
	return each(len(all), c.parallelism, func(i int) error { return c.application(all[i]) })
}

func (c *comparer) page(n int) ([]object, int, error) {
	return c.get(fmt.Sprintf("/api/v3/list-applications?page=%d&limit=%d", n, pageSize))
}

func (c *comparer) provider(p object) error {
	name, _ := p["name"].(string)
	id, _ := p["id"].(string)
	c.compare("IdentityProvider/"+name, p)
	l, _, err := c.get("/api/v3/list-ext-idp-conns?id=" + url.QueryEscape(id))
	for _, conn := range l {
		identifier, _ := conn["identifier"].(string)
		conn["provider"] = c.handles[name]
		c.compare("Connection/"+identifier, conn)
	}
	return err
}

func (c *comparer) application(a object) error {
	identifier, _ := a["appIdentifier"].(string)
	want := c.want["Application/"+identifier]
	if want["permissionStrategy"] != nil {
		id, _ := a["appId"].(string)
		c.requests.Add(1)
		data, err := c.server.get("/api/v3/get-application-permission-strategy?appId=" + url.QueryEscape(id))
		if err != nil {
			return err
		}
		answer, _ := data.(object)
		a["permissionStrategy"] = answer["permissionStrategy"]
	}
	c.compare("Application/"+identifier, a)
	return nil
}

func (c *comparer) compare(key string, got object) {
	want := c.want[key]
	if want == nil {
		return
	}
	c.found.Add(1)
	for name, v := range want {
		if name != "connections" && !covers(got[name], v) {
			c.differ.Add(1)
			return
		}
	}
}

// covers tells whether got says all that want says.
func covers(got, want any) bool {
	switch w := want.(type) {
	case object:
		if from, secret := w["secretFrom"].(object); secret {
			name, _ := from["env"].(string)
			return got == os.Getenv(name)
		}
		g, ok := got.(object)
		for k, v := range w {
			if !ok || !covers(g[k], v) {
				return false
			}
		}
		return ok
	case int:
		return got == float64(w)
	}
	return reflect.DeepEqual(got, want)
}
