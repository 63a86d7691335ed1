package sandbox_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/sandbox"
)

// shape is one file of testdata/api.
type shape struct {
	Call, Query string
	Request     json.RawMessage
	Answer      tree
}

// TestAnswersHaveTheDocumentedShape plays the documented calls in an order that
// works, with the ids of this server in place of the documented ones.
func TestAnswersHaveTheDocumentedShape(t *testing.T) {
	p := in(t, sandbox.Options{})
	ids := map[string]string{"0": p.keys.UserPoolID} // by the last digit of the documented id
	played := []string{"README.md"}
	for _, c := range []struct{ file, makes, key string }{
		{"get-management-token", "", ""}, {"create-ext-idp", "1", "id"}, {"create-ext-idp-conn", "2", "id"}, {"create-application", "3", "appId"},
		{"list-ext-idp", "", ""}, {"list-ext-idp-conns", "", ""}, {"get-ext-idp", "", ""}, {"get-application", "", ""}, {"list-applications", "", ""},
		{"get-application-simple-info", "", ""}, {"change-ext-idp-conn-state", "", ""}, {"update-application-permission-strategy", "", ""},
		{"get-application-permission-strategy", "", ""}, {"update-application-mfa-settings", "", ""}, {"get-application-secret", "", ""},
	} {
		t.Run(c.file, func(t *testing.T) {
			doc := readShape(t, c.file)
			method, path, _ := strings.Cut(doc.Call, " ")
			body := strings.ReplaceAll(mine(string(doc.Request), ids), "placeholder", p.keys.AccessKeySecret)
			r := p.send(method, path+"?"+mine(doc.Query, ids), "application/json", []byte(body))
			r.ok(c.file)
			sameShape(t, "answer", r.body, doc.Answer)
			if c.makes != "" {
				ids[c.makes] = r.object(c.file)[c.key].(string)
			}
		})
		played = append(played, c.file+".json")
	}
	files, err := os.ReadDir(apiFiles)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !slices.Contains(played, f.Name()) {
			t.Errorf("%s is not played", f.Name())
		}
	}
}

const apiFiles = "../../testdata/api"

func readShape(t *testing.T, name string) shape {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(apiFiles, name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var s shape
	if err := json.Unmarshal(data, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func mine(text string, ids map[string]string) string {
	for digit, id := range ids {
		text = strings.ReplaceAll(text, nowhere[:23]+digit, id)
	}
	return text
}

// sameShape wants the same keys and JSON kinds all the way down.
func sameShape(t *testing.T, at string, got, want any) {
	t.Helper()
	if g, w := fmt.Sprintf("%T", got), fmt.Sprintf("%T", want); g != w {
		t.Errorf("%s: %s; documented %s", at, g, w)
		return
	}
	switch want := want.(type) {
	case tree:
		got := got.(tree)
		same(t, at+" keys", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
		for key := range want {
			sameShape(t, at+"."+key, got[key], want[key])
		}
	case []any:
		if len(got.([]any)) != len(want) {
			t.Errorf("%s: %d elements; documented %d", at, len(got.([]any)), len(want))
			return
		}
		for i := range want {
			sameShape(t, fmt.Sprintf("%s[%d]", at, i), got.([]any)[i], want[i])
		}
	}
}
