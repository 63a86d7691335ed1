package config_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/config"
)

// TestSchemasAreCompiledOnce checks 3000 connections on two targets, each anew
// because of a variable: two types are in use, and the third is never compiled.
// One mistake in each of them makes jsonschema/v5 say what is wrong; without
// mistakes nothing is compiled at all.
func TestSchemasAreCompiledOnce(t *testing.T) {
	for _, c := range []struct {
		name, url string
		found     int
		want      map[string]int
	}{
		{"without mistakes", `"https://${var.domain}"`, 0, map[string]int{}},
		{"with mistakes", `["https://${var.domain}"]`, 3000, map[string]int{"acme:web": 1, "acme:mobile": 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, found, err := config.Load(project(t, manyConnections(c.url)...), config.Options{})
			if err != nil || len(found) > 0 {
				t.Fatal(err, found)
			}
			for _, target := range p.TargetNames() {
				d, found := p.Desired(target)
				if len(found) != c.found || d.State.Len() != 3001 {
					t.Fatal(d.State.Len(), len(found), found[:min(3, len(found))])
				}
			}
			got := p.Catalog().Compilations() // of bundled types other tests may tell as well
			maps.DeleteFunc(got, func(typ string, _ int) bool { return !strings.HasPrefix(typ, "acme:") })
			if !maps.Equal(got, c.want) {
				t.Errorf("compiled %v, want %v", got, c.want)
			}
		})
	}
}

// manyConnections are the files of 3000 connections of two of three types.
func manyConnections(url string) []string {
	template := `{"type": "acme", "connectionTmpls": [`
	for _, typ := range []string{"web", "mobile", "watch"} {
		template += fmt.Sprintf(`{"type": "acme:%s", "fields": [{"key": "url", "type": "input", "required": true}]},`, typ)
	}
	files := []string{
		"schemas/templates/acme.json", strings.TrimSuffix(template, ",") + "]}",
		"p.yaml", "apiVersion: idpsync/v1\nkind: IdentityProvider\nmetadata: {name: p}\nspec: {type: acme}\n",
	}
	for i := range 30 {
		var b strings.Builder
		for j := range 100 {
			typ := []string{"web", "mobile"}[j%2]
			fmt.Fprintf(&b, "---\napiVersion: idpsync/v1\nkind: Connection\nmetadata: {name: c%d-%d}\n"+
				"spec: {provider: p, type: \"acme:%s\", fields: {url: %s}}\n", i, j, typ, url)
		}
		files = append(files, fmt.Sprintf("c%d.yaml", i), b.String())
	}
	return files
}
