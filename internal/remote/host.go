package remote

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// parseHost checks the base URL. Plain HTTP is for this machine only, unless
// the target says why it is allowed.
func parseHost(host string, allowHTTP bool) (*url.URL, error) {
	u, err := url.Parse(host)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, errors.New("host is no URL: want something like https://api.authing.cn")
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("host must be a plain base URL: no user, no query, no fragment")
	}
	if u.Scheme == "http" && !allowHTTP && !loopback(u.Hostname()) {
		return nil, fmt.Errorf("host %s would send the credentials in clear: use https, or say allowHTTP: REASON in the target", u.Host)
	}
	u.Path = strings.TrimRight(u.Path, "/")
	u.RawPath = ""
	return u, nil
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// newTransport makes a transport that takes proxies from the environment,
// verifies TLS, and trusts the authorities of caFile besides the system's. It
// speaks HTTP/1.1 alone: a few requests at a time gain nothing by HTTP/2, and
// released programs are half a megabyte smaller without it.
func newTransport(caFile string, conns int) (http.RoundTripper, error) {
	only := new(http.Protocols)
	only.SetHTTP1(true)
	t := &http.Transport{
		Protocols:             only,
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		MaxIdleConns:          4 * conns,
		MaxIdleConnsPerHost:   2 * conns,
		IdleConnTimeout:       60 * time.Second,
		TLSHandshakeTimeout:   10 * time.Second,
		ExpectContinueTimeout: time.Second,
	}
	if caFile == "" {
		return t, nil
	}
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return nil, fmt.Errorf("read caFile: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("caFile %s holds no certificate in PEM form", caFile)
	}
	t.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	return t, nil
}
