package rules_test

import (
	"testing"

	"github.com/idpsync/idpsync/internal/rules"
)

// TestRedirectForms: one address, and the code that a real target gets for it.
func TestRedirectForms(t *testing.T) {
	for uri, want := range map[string]string{
		"https://a.example.com/cb":               "",
		"https://a.example.com:8443/cb?x=1#y":    "",
		"https://[2001:db8::1]/cb":               "",
		"com.example.app://cb":                   "",
		"com.example.app:/cb":                    "",
		"https://localhost.example.com/cb":       "",
		"https://127.0.0.1.example.com/cb":       "",
		"https://localhost@a.example.com/cb":     "",
		"https://例子.example/cb":                  "",
		"http://a.example.com/cb":                "IDP0602",
		"HTTP://A.EXAMPLE.COM/cb":                "IDP0602",
		" http://a.example.com/cb":               "IDP0602",
		"http:a.example.com":                     "IDP0602",
		"http://localhost@a.example.com/":        "IDP0602",
		"http://localhost:80@a.example.com/":     "IDP0602",
		`http://a.example.com\@localhost/cb`:     "IDP0602",
		"http://a.example.com:port/cb":           "IDP0602",
		"http://a b.example.com/cb":              "IDP0602",
		"http://a.example.com/%zz":               "IDP0602",
		"http://mylocalhost/cb":                  "IDP0602",
		"http://例子.example/cb":                   "IDP0602",
		"http://[2001:db8::1]:3000/cb":           "IDP0602",
		"https://*.example.com/cb":               "IDP0603",
		"http://localhost:*/cb":                  "IDP0603",
		"https://a.example.com/cb?next=*":        "IDP0603",
		"*":                                      "IDP0603",
		"http://localhost/cb":                    "IDP0604",
		"https://LocalHost:3000/cb":              "IDP0604",
		"http://app.localhost./cb":               "IDP0604",
		"http://127.1.2.3:8080":                  "IDP0604",
		"http://[::1]:3000/cb":                   "IDP0604",
		"http://[::1%25lo]/cb":                   "IDP0604",
		"http://[::ffff:127.0.0.1]/cb":           "IDP0604",
		"http://[::]/cb":                         "IDP0604",
		"http://0.0.0.0:3000/cb":                 "IDP0604",
		"http://user:secret@localhost:3000/cb#a": "IDP0604",
	} {
		for _, list := range []string{"redirectUris", "logoutRedirectUris"} {
			got := lintCodes(obj{list: []any{"https://a.example.com", uri}}, rules.Setting{})
			if got != at(want, list+".1") {
				t.Errorf("%s %q: got %q, want %q", list, uri, got, want)
			}
		}
	}
}

// TestLocalRedirects: the user's own machine is expected of a native
// application and of a sandbox, a wildcard and plain http elsewhere are not.
func TestLocalRedirects(t *testing.T) {
	all := []any{"http://localhost/cb", "http://[::1]/cb", "http://a.example.com", "http://localhost/*"}
	want := "IDP0602 redirectUris.2\nIDP0603 redirectUris.3\n"
	if got := lintCodes(obj{"redirectUris": all}, rules.Setting{Sandbox: true}); got != want {
		t.Errorf("sandbox: %q", got)
	}
	if got := lintCodes(obj{"redirectUris": all, "appType": "native"}, rules.Setting{}); got != want {
		t.Errorf("native: %q", got)
	}
}

func at(code, path string) string {
	if code == "" {
		return ""
	}
	return code + " " + path + "\n"
}
