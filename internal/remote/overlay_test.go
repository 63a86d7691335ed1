package remote

import (
	"encoding/json"
	"reflect"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
)

// TestOverlay: what is declared stands, what only the base has joins it, and
// neither of the two is written to.
func TestOverlay(t *testing.T) {
	for _, c := range []struct {
		name                 string
		base, declared, want tree
		itself               bool
	}{
		{"the answer says it all", tree{"a": "1", "f": tree{"x": "1"}}, tree{"a": "2", "f": tree{"x": "2", "y": "3"}, "id": "i"}, tree{"a": "2", "f": tree{"x": "2", "y": "3"}, "id": "i"}, true},
		{"null and nothing stand", tree{"a": "1", "f": tree{"x": "1"}}, tree{"a": nil, "f": tree{}}, tree{"a": nil, "f": tree{}}, true},
		{"a key joins", tree{"a": "1"}, tree{"b": "2"}, tree{"a": "1", "b": "2"}, false},
		{"a key joins below", tree{"f": tree{"x": "1"}, "g": tree{"x": "1"}}, tree{"f": tree{"y": "2"}, "g": tree{"x": "2"}}, tree{"f": tree{"x": "1", "y": "2"}, "g": tree{"x": "2"}}, false},
		{"an object in the place of a text", tree{"f": "1"}, tree{"f": tree{"x": "1"}}, tree{"f": tree{"x": "1"}}, true},
		{"a text in the place of an object", tree{"f": tree{"x": "1"}}, tree{"f": "1"}, tree{"f": "1"}, true},
		{"an empty object declares just that", tree{"a": "1"}, tree{}, tree{}, true},
	} {
		base, declared := copied(c.base).(tree), copied(c.declared).(tree)
		got := overlay(base, declared)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
		if diff := cmp.Diff(c.base, base) + cmp.Diff(c.declared, declared); diff != "" {
			t.Errorf("%s: an argument was written to: %s", c.name, diff)
		}
		if itself := reflect.ValueOf(got).Pointer() == reflect.ValueOf(declared).Pointer(); itself != c.itself {
			t.Errorf("%s: declared itself: %v", c.name, itself)
		}
	}
}

func copied(v any) any {
	t, ok := v.(tree)
	if !ok {
		return v
	}
	out := tree{}
	for k, e := range t {
		out[k] = copied(e)
	}
	return out
}

// TestShare: what an answer repeats is the very text that was sent, and nothing
// else of it changes.
func TestShare(t *testing.T) {
	sent := tree{"a": string([]byte("one")), "b": "two", "c": tree{}, "d": nil}
	answer := tree{"a": string([]byte("one")), "b": "other", "c": "text", "d": "x", "id": "i", "n": json.Number("1")}
	want := copied(answer)
	share(answer, sent)
	if diff := cmp.Diff(want, any(answer)); diff != "" {
		t.Error(diff)
	}
	if unsafe.StringData(answer["a"].(string)) != unsafe.StringData(sent["a"].(string)) {
		t.Error("the text is there twice")
	}
}
