package main

import (
	"fmt"
	"os"
)

// apply creates the providers of a project and then their connections. It
// remembers nothing and looks at nothing afterwards.
func apply(dir, host string, parallelism int) error {
	docs, err := readAll(dir, func(object) error { return nil }, plainly)
	if err != nil {
		return err
	}
	s, err := connect(host, parallelism)
	if err != nil {
		return err
	}
	var providers, connections []object
	for _, d := range docs {
		switch d.value["kind"] {
		case "IdentityProvider":
			providers = append(providers, d.value)
		case "Connection":
			connections = append(connections, d.value)
		}
	}
	ids := make([]any, len(providers))
	err = each(len(providers), parallelism, func(i int) error {
		data, err := s.send("POST", "/api/v3/create-ext-idp", providers[i]["spec"].(object))
		answer, _ := data.(object)
		ids[i] = answer["id"]
		return err
	})
	if err != nil {
		return err
	}
	byName := map[any]any{}
	for i, p := range providers {
		byName[p["metadata"].(object)["name"]] = ids[i]
	}
	return each(len(connections), parallelism, func(i int) error {
		spec := connections[i]["spec"].(object)
		spec["extIdpId"], spec["identifier"] = byName[spec["provider"]], connections[i]["metadata"].(object)["name"]
		delete(spec, "provider")
		fields, _ := spec["fields"].(object)
		for k, v := range fields {
			if o, ok := v.(object); ok {
				fields[k] = os.Getenv(fmt.Sprint(o["secretFrom"].(object)["env"]))
			}
		}
		_, err := s.send("POST", "/api/v3/create-ext-idp-conn", spec)
		return err
	})
}
