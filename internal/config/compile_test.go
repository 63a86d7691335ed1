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
func TestSchemasAreCompiledOnce(t *testing.T) {
	template := `{"type": "acme", "connectionTmpls": [`
	for _, typ := range []string{"web", "mobile", "watch"} {
		template += fmt.Sprintf(`{"type": "acme:%s", "fields": [{"key": "url", "type": "input", "required": true}]},`, typ)
	}
	files := []string{"schemas/templates/acme.json", strings.TrimSuffix(template, ",") + "]}",
		"p.yaml", "apiVersion: idpsync/v1\nkind: IdentityProvider\nmetadata: {name: p}\nspec: {type: acme}\n"}
	for i := range 30 {
		var b strings.Builder
		for j := range 100 {
			typ := []string{"web", "mobile"}[j%2]
			fmt.Fprintf(&b, "---\napiVersion: idpsync/v1\nkind: Connection\nmetadata: {name: c%d-%d}\n"+
				"spec: {provider: p, type: \"acme:%s\", fields: {url: \"https://${var.domain}\"}}\n", i, j, typ)
		}
		files = append(files, fmt.Sprintf("c%d.yaml", i), b.String())
	}
	p, found, err := config.Load(project(t, files...), config.Options{})
	if err != nil || len(found) > 0 {
		t.Fatal(err, found)
	}
	for _, target := range p.TargetNames() {
		d, found := p.Desired(target)
		if len(found) > 0 || d.State.Len() != 3001 {
			t.Fatal(d.State.Len(), found[:min(3, len(found))])
		}
	}
	if got, want := p.Catalog().Compilations(), map[string]int{"acme:web": 1, "acme:mobile": 1}; !maps.Equal(got, want) {
		t.Errorf("compiled %v, want %v", got, want)
	}
}
