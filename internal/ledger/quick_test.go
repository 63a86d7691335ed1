package ledger

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/idpsync/idpsync/internal/model"
)

// lineOf writes a put line as Save does.
func lineOf(tb testing.TB, o Object) []byte {
	tb.Helper()
	line, _, err := chain("").record(nil, memoryLine[any]{Put: recordOf(o)})
	if err != nil {
		tb.Fatal(err)
	}
	return line[:len(line)-1]
}

var at = time.Date(2026, 11, 22, 18, 37, 26, 579962589, time.UTC)

func puts() []Object {
	tree := map[string]any{
		"displayName": `使用 "上海" \ {账号} 登录`, "fields": map[string]any{"scopes": []any{"a", "}"}, "n": json.Number("1.50"), "none": nil, "on": true, "": map[string]any{}},
		"$odd": "x",
	}
	key := model.Key{Kind: model.Connection, Name: "conn-1"}
	seal := func(model.Secret) (string, string) { return "k", "s" }
	return []Object{
		{Key: key, ID: "5f", Type: "oidc", Applied: Remember(tree, seal), Refs: map[string]string{"provider": "corp", "a.b": "c"}, Protect: true, Run: "r", At: at},
		{Key: key, Applied: Remember(map[string]any{"secret": model.SecretValue("env:A", "canary")}, seal), Run: "r", At: at},
		{Key: model.EnablementKey("portal", "conn-1"), ID: "1", Applied: Remember(map[string]any{}, nil), Run: "r", At: at},
		{Key: key, Applied: Remember(model.SecretRef("env:A"), nil), Run: "r", At: at},
	}
}

// slowly is what encoding/json reads.
func slowly(line []byte) (Object, error) {
	var l memoryLine[Value]
	if err := json.Unmarshal(line, &l); err != nil {
		return Object{}, err
	}
	return objectOf(l.Put)
}

var sameObjects = cmp.Comparer(func(x, y Value) bool { return cmp.Equal(x.Tree(), y.Tree()) })

// TestQuickObject: what Save writes is read the quick way, as encoding/json would.
func TestQuickObject(t *testing.T) {
	for _, o := range puts() {
		line := lineOf(t, o)
		got, ok := quickObject(line)
		want, err := slowly(line)
		if !ok || err != nil {
			t.Fatalf("%s: %v, %v", line, ok, err)
		}
		if diff := cmp.Diff(want, got, sameObjects); diff != "" {
			t.Errorf("%s: %s", line, diff)
		}
	}
	for name, o := range map[string]Object{
		"null":    {Key: puts()[0].Key, Applied: Remember(nil, nil), Run: "r", At: at},
		"escaped": {Key: puts()[0].Key, ID: `a"b`, Applied: Remember(map[string]any{}, nil), Run: "r", At: at},
		"more": {
			Key: puts()[0].Key, Applied: Remember(map[string]any{}, nil), Run: "r", At: at,
			AfterNull: map[string]Value{"logo": Remember("x", nil)}, NotKept: map[string]NotKept{"logo": {Run: "r", Declared: Remember("x", nil)}},
		},
	} {
		line := lineOf(t, o)
		if _, ok := quickObject(line); ok {
			t.Errorf("%s: %s is read the quick way", name, line)
		}
		got, err := decodeObject(line)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(o, got, sameObjects); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// FuzzQuickObject: whatever is read the quick way, encoding/json reads alike.
func FuzzQuickObject(f *testing.F) {
	for _, o := range puts() {
		line := lineOf(f, o)
		f.Add(line)
		for i := bodyFrom; i < len(line); i++ {
			f.Add(line[:i])
			f.Add(append(append(append([]byte{}, line[:i]...), '"'), line[i:]...))
		}
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		if len(line) <= bodyFrom {
			return
		}
		whole := append([]byte(`{"sum":"0123456789abcdef",`), line[bodyFrom:]...)
		got, ok := quickObject(whole)
		if !ok || !json.Valid(whole) {
			return
		}
		want, err := slowly(whole)
		if err != nil {
			t.Fatalf("%s: %v", whole, err)
		}
		if diff := cmp.Diff(want, got, sameObjects); diff != "" {
			t.Errorf("%s: %s", whole, diff)
		}
	})
}
