package remote_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/remote"
)

// refuse answers a request as the API does.
func refuse(status, code int) (*http.Response, error) {
	body := fmt.Sprintf(`{"statusCode":%d,"apiCode":%d,"message":"no, said secret-canary","requestId":"r1"}`, status, code)
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}, nil
}

// A probe that is stopped removes what it made before it ends.
func TestProbeStopped(t *testing.T) {
	for at := 1; at < 40; at += 4 {
		synctest.Test(t, func(t *testing.T) {
			n := settled(t, nil, 1)
			before := n.names()
			d := n.doctor()
			n.examine(d)
			stop, count := make(chan struct{}), 0
			n.before = func(*http.Request) (*http.Response, error) {
				if count++; count == at {
					close(stop)
					synctest.Wait() // until the probe has heard of it
				}
				return nil, nil
			}
			if err := d.Probe(t.Context(), stop, quietly); err == nil {
				t.Errorf("stopped at request %d: no error", at)
			}
			if after := n.names(); !slices.Equal(before, after) {
				t.Errorf("stopped at request %d: left %v", at, difference(after, before))
			}
		})
	}
}

// Where the key may not call an endpoint that writes, what it would have told
// stays unknown; nothing wrong is told and nothing is left.
func TestProbeWithoutRights(t *testing.T) {
	for _, path := range []string{
		"create-application", "update-application", "create-ext-idp", "create-ext-idp-conn",
		"update-ext-idp-conn", "change-ext-idp-conn-state",
	} {
		for _, answer := range []int{403, 500} {
			t.Run(fmt.Sprint(path, " ", answer), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					n := settled(t, nil, 1)
					before := n.names()
					d := n.doctor()
					found := n.examine(d)
					n.before = func(req *http.Request) (*http.Response, error) {
						if req.URL.Path == "/api/v3/"+path {
							return refuse(answer, 1)
						}
						return nil, nil
					}
					if err := d.Probe(t.Context(), never(), quietly); err != nil {
						t.Error(err)
					}
					unknown := 0
					for name, got := range found.Traits {
						switch {
						case got.Evidence == remote.Unknown && got.Why == "":
							t.Errorf("%s is unknown, and nobody says why", name)
						case got.Evidence == remote.Unknown:
							unknown++
						case got.Value != switchValues[name][0]:
							t.Errorf("%s is told to be %q, it is %s", name, got.Value, switchValues[name][0])
						}
						if strings.Contains(got.Why, "canary") {
							t.Errorf("%s quotes the server: %s", name, got.Why)
						}
					}
					if unknown == 0 {
						t.Error("everything is told all the same")
					}
					if after := n.names(); !slices.Equal(before, after) {
						t.Errorf("left %v", difference(after, before))
					}
				})
			})
		}
	}
}

// TestProbeBehindAFence: a probe that another run has followed sends nothing more,
// not even to tidy up: the next one does that.
func TestProbeBehindAFence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := settled(t, nil, 1)
		d := n.doctor()
		n.examine(d)
		over, asked, late := errors.New("another run has come"), 0, 0
		n.before = func(r *http.Request) (*http.Response, error) {
			if r.Method != http.MethodGet && asked > 8 {
				late++
			}
			return nil, nil
		}
		ctx := model.WithFence(t.Context(), func(context.Context) error {
			if asked++; asked > 8 {
				return over
			}
			return nil
		})
		if err := d.Probe(ctx, make(chan struct{}), quietly); err == nil || late > 0 || asked <= 8 {
			t.Errorf("asked %d times, sent %d afterwards, %v", asked, late, err)
		}
	})
}
