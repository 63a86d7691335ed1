package conformance

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// specification is the vendor's document and what we added to it. Paths are
// without the prefix of the API: "create-ext-idp".
type specification struct {
	doc   *openapi3.T
	added map[string]bool
}

const prefix = "/api/v3/"

// publishedFile is the path of the document; without one the test is skipped,
// and fails in a pipeline.
func publishedFile(t *testing.T) string {
	t.Helper()
	const name = "IDPSYNC_OPENAPI"
	if file := os.Getenv(name); file != "" {
		return file
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s names no file, and %s needs the vendor's OpenAPI document", name, t.Name())
	}
	why := name + " does not name the vendor's OpenAPI document (served at https://api.authing.cn/openapi-json)"
	fmt.Fprintf(os.Stderr, "SKIPPED: %s, because %s\n", t.Name(), why)
	t.Skip("SKIPPED: " + why)
	return ""
}

func loadSpecification(t *testing.T) specification {
	t.Helper()
	whole := readTree(t, publishedFile(t))
	added := merge(t, whole, readTree(t, "testdata/additions.json"))
	tighten(whole)
	data, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(data)
	if err != nil {
		t.Fatalf("the OpenAPI document does not load: %v", err)
	}
	return specification{doc, added}
}

func readTree(t *testing.T, file string) map[string]any {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var tree map[string]any
	if err := json.Unmarshal(data, &tree); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return tree
}

// merge puts our paths and schemas beside the vendor's and names the paths. One
// that the vendor's document has is no longer ours to write.
func merge(t *testing.T, whole, ours map[string]any) map[string]bool {
	t.Helper()
	added := map[string]bool{}
	paths := object(t, whole, "paths")
	for path, item := range object(t, ours, "paths") {
		if paths[path] != nil {
			t.Errorf("the document has %s now: take it out of testdata/additions.json", path)
			continue
		}
		if object(t, ours, "paths", path)["x-source"] == nil {
			t.Errorf("testdata/additions.json: %s has no x-source", path)
		}
		paths[path] = item
		added[path[len(prefix):]] = true
	}
	schemas := object(t, whole, "components", "schemas")
	for name, schema := range object(t, ours, "components", "schemas") {
		if schemas[name] != nil {
			t.Errorf("the document has the schema %s now: take it out of testdata/additions.json", name)
			continue
		}
		schemas[name] = schema
	}
	return added
}

func object(t *testing.T, tree map[string]any, keys ...string) map[string]any {
	t.Helper()
	for _, key := range keys {
		next, ok := tree[key].(map[string]any)
		if !ok {
			t.Fatalf("the OpenAPI document has no object %q of %q", key, keys)
		}
		tree = next
	}
	return tree
}

// tighten closes every object that lists its properties, and puts the schema in
// the place of an allOf that has but one, so that a finding names the keyword
// that was violated and not "allOf".
func tighten(node any) {
	switch node := node.(type) {
	case []any:
		for _, child := range node {
			tighten(child)
		}
	case map[string]any:
		for _, child := range node {
			tighten(child)
		}
		if all, ok := node["allOf"].([]any); ok && len(all) == 1 {
			only, ok := all[0].(map[string]any)
			if !ok {
				return
			}
			clear(node)
			for key, value := range only {
				node[key] = value
			}
			return
		}
		properties, _ := node["properties"].(map[string]any)
		if _, said := node["additionalProperties"]; !said && len(properties) > 0 {
			node["additionalProperties"] = false
		}
	}
}
