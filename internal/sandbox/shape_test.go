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
	for _, c := range documented {
		t.Run(c.file, func(t *testing.T) {
			doc := readShape(t, c.file)
			method, path, _ := strings.Cut(mine(doc.Call, ids), " ")
			body := strings.ReplaceAll(mine(string(doc.Request), ids), "placeholder", p.keys.AccessKeySecret)
			r := p.send(method, path+"?"+mine(doc.Query, ids), "application/json", []byte(body))
			if r.http != 200 || r.body["data"] == nil {
				t.Fatalf("http %d, %s", r.http, r.raw)
			}
			got := any(r.body)
			if strings.HasSuffix(c.file, "-application") && strings.HasPrefix(c.file, "v2-") {
				got = without(r.body, doc.Answer)
			}
			sameShape(t, "answer", got, doc.Answer)
			if c.makes != "" {
				ids[c.makes] = dig(r.body, "data", c.key).(string)
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

// documented are the calls in an order that works; what one makes stands for the
// documented id that ends in this digit.
var documented = []struct{ file, makes, key string }{
	{"get-management-token", "", ""},
	{"create-ext-idp", "1", "id"},
	{"create-ext-idp-conn", "2", "id"},
	{"create-application", "3", "appId"},
	{"list-ext-idp", "", ""},
	{"list-ext-idp-conns", "", ""},
	{"get-ext-idp", "", ""},
	{"get-application", "", ""},
	{"list-applications", "", ""},
	{"get-application-simple-info", "", ""},
	{"change-ext-idp-conn-state", "", ""},
	{"update-application-permission-strategy", "", ""},
	{"get-application-permission-strategy", "", ""},
	{"update-application-mfa-settings", "", ""},
	{"get-application-secret", "", ""},
	{"list-tenant-ext-idp", "", ""},
	{"update-ext-idp", "", ""},
	{"update-ext-idp-conn", "", ""},
	{"list-application-simple-info", "", ""},
	{"list-tenant-applications", "", ""},
	{"refresh-application-secret", "", ""},
	{"check-domain-available", "", ""},
	{"authorize-application-access", "", ""},
	{"list-applications-auth", "", ""},
	{"list-subject-auth", "", ""},
	{"get-subject-auth-detail", "", ""},
	{"revoke-application-access", "", ""},
	{"v2-access-token", "", ""},
	{"v2-graphql-access-token", "", ""},
	{"v2-get-conn-state", "", ""},
	{"v2-create-ext-idp", "4", "id"},
	{"v2-get-ext-idp", "", ""},
	{"v2-list-ext-idp", "", ""},
	{"v2-create-ext-idp-conn", "7", "id"},
	{"v2-create-application", "6", "id"},
	{"v2-get-application", "", ""},
}

// without leaves out the keys of an answer's data that no document declares.
func without(got, want tree) tree {
	data := maps.Clone(got["data"].(tree))
	declared := want["data"].(tree)
	maps.DeleteFunc(data, func(key string, _ any) bool { _, known := declared[key]; return !known })
	out := maps.Clone(got)
	out["data"] = data
	return out
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
