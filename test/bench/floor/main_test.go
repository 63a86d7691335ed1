package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/idpsync/idpsync/test/bench/project"
)

const schemas = "../../../schemas"

func TestValidate(t *testing.T) {
	dir := t.TempDir()
	p := project.Project{Connections: 95}
	if err := p.Write(dir); err != nil {
		t.Fatal(err)
	}
	if n, err := validate(schemas, dir); err != nil || n != 1+10+10+95 {
		t.Fatalf("%d documents, %v; want the project, 10 providers, 10 applications and 95 connections", n, err)
	}
	name := filepath.Join(dir, "team-00000", "conn-000007.yaml")
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	broken := strings.Replace(string(text), "    issuerUrl:", "    issuer:", 1)
	if err := os.WriteFile(name, []byte(broken), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := validate(schemas, dir); err == nil || !strings.Contains(err.Error(), "conn-000007.yaml") {
		t.Errorf("a missing issuerUrl in conn-000007.yaml gives %v", err)
	}
}
