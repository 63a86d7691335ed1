package rules

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"github.com/idpsync/idpsync/internal/model"
)

// redirectLists are the lists of addresses to which a browser is sent back with
// a code or a token, or after a logout (contract 5.1).
var redirectLists = []string{"redirectUris", "logoutRedirectUris"}

// redirectURI lints the addresses an application may send its users to: plain
// http (IDP0602), a wildcard (IDP0603), the machine of the user (IDP0604).
func redirectURI(desired *model.State, s Setting) []Finding {
	var fs []Finding
	for r := range declared(desired, model.Application) {
		for _, list := range redirectLists {
			for i, uri := range texts(r, list) {
				path := fmt.Sprintf("%s.%d", list, i)
				switch fault(uri, s.Sandbox || r.Text("appType") == "native") {
				case plain:
					fs = append(fs, warn("IDP0602", r, path, "lint.redirectHTTP", path))
				case wildcard:
					fs = append(fs, warn("IDP0603", r, path, "lint.redirectWildcard", path))
				case localhost:
					fs = append(fs, warn("IDP0604", r, path, "lint.redirectLocalhost", path))
				}
			}
		}
	}
	return fs
}

type redirectFault int

const (
	harmless redirectFault = iota
	plain
	wildcard
	localhost
)

// fault names the worst that is wrong with an address. A loopback address needs
// no TLS; local tells that it is expected there.
func fault(uri string, local bool) redirectFault {
	if strings.Contains(uri, "*") {
		return wildcard
	}
	u, err := url.Parse(strings.TrimSpace(uri))
	if err != nil {
		u = &url.URL{Scheme: scheme(uri)} // whatever it means to a browser, its scheme can be told
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return harmless
	case loopback(u.Hostname()) && local:
		return harmless
	case loopback(u.Hostname()):
		return localhost
	case u.Scheme == "http":
		return plain
	}
	return harmless
}

func scheme(uri string) string {
	s, _, _ := strings.Cut(strings.TrimSpace(uri), ":")
	return strings.ToLower(s)
}

func loopback(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	ip, _ := netip.ParseAddr(host)
	ip = ip.Unmap()
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || ip.IsLoopback() || ip.IsUnspecified()
}
