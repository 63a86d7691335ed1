package remote

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// byStandard is what decodeJSON must do, by encoding/json alone.
func byStandard(body []byte, v any) error {
	trimmed := bytes.TrimSpace(body)
	if len(trimmed) == 0 {
		return errEmpty
	}
	if trimmed[0] == '<' {
		return errHTML
	}
	dec := json.NewDecoder(bytes.NewReader(trimmed))
	dec.UseNumber()
	if err := dec.Decode(v); errors.Is(err, io.ErrUnexpectedEOF) {
		return errCut
	} else if err != nil {
		return errGarbage
	}
	if _, err := dec.Token(); err != io.EOF {
		return errGarbage
	}
	return nil
}

func FuzzDecodeJSON(f *testing.F) {
	for _, s := range []string{
		``, ` `, `null`, `true`, ` false `, `-0.50e+07`, `"a"`, `{}`, `[]`, `[[],{}]`, `<html>`, `{"a":1}{`, `{"a":`, `nul`, `1 2`,
		`{"statusCode":200,"data":{"list":[{"id":"a","n":12,"x":null,"y":[true,false]},{"id":"a","n":1.50}],"totalCount":2}}`,
		`{"a":1,"a":{"a":2}}`, `{"":"","\u0061":"b","a":"c"}`, `"\ud83d\ude00 \ud83d \n\"\\"`, "\"\xff\"", "{\"\xff\":1,\"\xfe\":2}",
		"{\t\"连接\" :\r\n [ 1 , \"名\" ] }", `[",]}", "{:", "]"]`, "\ufeff{}", strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001),
		`{"` + strings.Repeat("k", 100) + `":"` + strings.Repeat("v", 100) + `"}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var anyA, anyB any
		var treeA, treeB tree
		var listA, listB []any
		for _, p := range [][2]any{{&anyA, &anyB}, {&treeA, &treeB}, {&listA, &listB}} {
			got, want := decodeJSON(body, p[0]), byStandard(body, p[1])
			if got != want {
				t.Fatalf("%q into %T: %v, want %v", body, p[0], got, want)
			}
			if want == nil && !reflect.DeepEqual(p[0], p[1]) {
				t.Errorf("%q: %#v, want %#v", body, p[0], p[1])
			}
		}
	})
}

// TestAnswersShareLists: two answers have the same list once, and what becomes of
// it in one of them does not show in the other.
func TestAnswersShareLists(t *testing.T) {
	const app = `{"brandingConfig":{"agreements":["{\"id\":1}"]},"oidcConfig":{"grant_types":["[1]","b"],"scope":["a",{"b":[1,2,3]}]}}`
	r := &jsonReader{keys: map[string]string{}}
	first, second := r.read([]byte(app)).(tree), r.read([]byte(app)).(tree)
	list := func(t tree) []any { return t["brandingConfig"].(tree)["agreements"].([]any) }
	if &list(first)[0] != &list(second)[0] {
		t.Error("each answer has a list of its own")
	}
	newV3(nil, testSecrets).applicationTree(first)
	var want any
	if err := byStandard([]byte(app), &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, any(second)); diff != "" {
		t.Error(diff)
	}
	if _, changed := list(first)[0].(tree); !changed {
		t.Error("nothing became of the list")
	}
	for _, slot := range r.lists {
		if slices.ContainsFunc(slot.list, composed) {
			t.Error("a list of objects lives as long as the reader")
		}
	}
}
