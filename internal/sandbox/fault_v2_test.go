package sandbox_test

import (
	"errors"
	"io"
	"testing"

	"github.com/idpsync/idpsync/internal/sandbox"
)

// TestFaultsOfV2: every fault is the same on the other road, set at run time, by a
// path with a segment that stands for any.
func TestFaultsOfV2(t *testing.T) {
	p := in(t, sandbox.Options{})
	idp := p.provider("oidc", "Corp")
	rename := func(fault, name string) (*reply, error) {
		t.Helper()
		p.post("/_sandbox/faults", tree{"faults": []any{"PUT /api/v2/extIdp/{id} #2 " + fault}})
		p.v2("PUT", "extIdp/"+idp, tree{"name": "Corp"}).good("the first meets nothing")
		return p.try("PUT", "/api/v2/extIdp/"+idp, "application/json", []byte(`{"name":"`+name+`"}`))
	}
	name := func() any { return p.v2("GET", "extIdp/"+idp, nil).good("get").(tree)["name"] }
	for _, c := range []struct {
		fault string
		cut   bool
		http  int
		code  any
		kept  bool // the new name is there
	}{
		{"status=502", false, 502, 502, false},
		{"429", false, 429, nil, false},
		{"429:7", false, 429, nil, false},
		{"drop-before", true, 0, nil, false},
		{"drop-after", true, 0, nil, true},
		{"delay=1ms", false, 200, 200, true},
		{"truncate", true, 0, nil, true},
		{"garbage", false, 200, nil, true},
		{"accept-no-store", false, 200, 200, false},
		{"success-false", false, 200, 200, false},
	} {
		r, err := rename(c.fault, c.fault)
		switch {
		case (err != nil) != c.cut:
			t.Errorf("%s: %v", c.fault, err)
		case err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
			t.Errorf("%s: the line ended with %v", c.fault, err)
		case err == nil && r.http != c.http:
			t.Errorf("%s: http %d, %s", c.fault, r.http, r.raw)
		case err == nil:
			same(t, c.fault+" code", r.body["code"], c.code)
		}
		same(t, c.fault+" kept", name() == c.fault, c.kept)
	}
	r, _ := rename("429:7", "x")
	same(t, "Retry-After", r.header.Get("Retry-After"), "7")
	r, _ = rename("success-false", "x")
	same(t, "success", dig(r.body, "data", "success"), false)
}
