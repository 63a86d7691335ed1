package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const schemas = "../../../schemas"

func TestValidate(t *testing.T) {
	dir := t.TempDir()
	if err := makeProject(25, dir); err != nil {
		t.Fatal(err)
	}
	if n, err := validate(schemas, dir); err != nil || n != 1+3+25 {
		t.Fatalf("%d documents, %v; want the project, 3 providers and 25 connections", n, err)
	}
	name := filepath.Join(dir, "connections", "00007.yaml")
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	broken := strings.Replace(string(text), "    issuerUrl:", "    issuer:", 1)
	if err := os.WriteFile(name, []byte(broken), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := validate(schemas, dir); err == nil || !strings.Contains(err.Error(), "00007.yaml") {
		t.Errorf("a missing issuerUrl in 00007.yaml gives %v", err)
	}
}
