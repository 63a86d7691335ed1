package config

import (
	"net/netip"
	"net/url"
	"strings"

	"github.com/idpsync/idpsync/internal/diagnostic"
)

// coreHost is where V2 lives beside a V3 host (contract 1.1).
func coreHost(host string) string {
	if rest, ok := strings.CutPrefix(host, "https://api."); ok {
		return "https://core." + rest
	}
	if rest, ok := strings.CutPrefix(host, "http://api."); ok {
		return "http://core." + rest
	}
	return host
}

func (d *decoder) url(n *node, at, name string) string {
	c := n.child(name)
	if !c.is(textNode) || c.text == "" {
		return ""
	}
	u, err := url.Parse(c.text)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		d.add(c.complaint("IDP0104", joinPointer(at, name), diagnostic.T("project.url", dotted(joinPointer(at, name)))))
		return ""
	}
	return strings.TrimRight(c.text, "/")
}

// plainHTTP refuses what would carry the credentials in clear to another
// machine; a plan would be refused for it too.
func (d *decoder) plainHTTP(n *node, at, name string) {
	c := n.child(name)
	u, err := url.Parse(textOf(c))
	if err != nil || u.Scheme != "http" || u.Host == "" || loopback(u.Hostname()) {
		return
	}
	at = joinPointer(at, name)
	complaint := c.complaint("IDP0104", at, diagnostic.T("project.http", dotted(at)))
	complaint.Hint = diagnostic.T("project.http.hint")
	d.add(complaint)
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
