package remote

import "testing"

// FuzzSame: every value is the same as itself, and what is the same one way
// round is the same the other way.
func FuzzSame(f *testing.F) {
	for _, pair := range [][2]string{{`null`, `""`}, {`["a","b"]`, `"[\"b\",\"a\"]"`}, {`{"a":1.0}`, `{"a":1,"b":null}`}, {`["[1]",[1]]`, `[[1],"[1 ]"]`}} {
		f.Add([]byte(pair[0]), []byte(pair[1]))
	}
	f.Fuzz(func(t *testing.T, one, two []byte) {
		var a, b any
		if decodeJSON(one, &a) != nil || decodeJSON(two, &b) != nil {
			return
		}
		if !same(a, a) || !same(b, b) {
			t.Errorf("%s or %s is not the same as itself", one, two)
		}
		if same(a, b) != same(b, a) {
			t.Errorf("%s and %s: %v, and %v the other way round", one, two, same(a, b), same(b, a))
		}
	})
}
