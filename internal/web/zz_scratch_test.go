package web

import (
	"net"
	"net/http"
	"os"
	"testing"
	"time"
)

func TestScratch(t *testing.T) {
	if os.Getenv("SCRATCH") == "" {
		t.Skip()
	}
	for i, n := range []int{50, 10000} {
		f := fleetOf(n)
		if n == 50 {
			f.fleet.Troubles = []string{"fleet.yaml:12: source main has no target \"custmer-1\""}
		} else {
			f.fleet.Lost = "dial tcp 10.0.0.5:5432: connect: connection refused"
		}
		o := Options{Subscribe: f.subscribe, Version: "1.2.3", List: func() []Target { return f.list }, Fleet: func() *Fleet { return &f.fleet }}
		s, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		l, err := net.Listen("tcp", []string{"127.0.0.1:18484", "127.0.0.1:18485"}[i])
		if err != nil {
			t.Fatal(err)
		}
		go http.Serve(l, s)
	}
	time.Sleep(20 * time.Minute)
}
