package cli

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// checkListen wants HOST:PORT. A host is asked for, so that nobody listens on
// every address without having said so.
func checkListen(address string) error {
	host, port, err := net.SplitHostPort(address)
	n, portErr := strconv.ParseUint(port, 10, 16)
	if err != nil || portErr != nil || strconv.FormatUint(n, 10) != port || !isHost(host) {
		return usage(listenHint(address), "--listen: want HOST:PORT such as 127.0.0.1:4010, PORT from 0 to 65535, got %q", address)
	}
	return nil
}

// listenHint puts the host of this machine in front of what looks like a port.
func listenHint(address string) string {
	port := strings.TrimPrefix(address, ":")
	if _, err := strconv.ParseUint(port, 10, 16); err == nil {
		return "write 127.0.0.1:" + port
	}
	return ""
}

// isHost tells an IP address or a host name; a name that ends in a number is a
// mistyped address.
func isHost(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	return hostName().MatchString(host)
}

var hostName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^([A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?\.)*[A-Za-z]([A-Za-z0-9-]*[A-Za-z0-9])?\.?$`)
})

// listenError knows the usual reason why nobody can listen there.
func listenError(err error) error {
	hint := ""
	if errors.Is(err, syscall.EADDRINUSE) {
		hint = "--listen 127.0.0.1:0 takes a free port"
	}
	return &quit{code: Failure, err: fmt.Errorf("sandbox: %w", err), hint: hint}
}
