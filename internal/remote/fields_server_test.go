package remote

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"
)

// fieldsServer keeps the fields of connections c0, c1, ... of provider p1.
type fieldsServer struct {
	*fake
	mu       sync.Mutex
	conns    []tree
	replaces bool
	lag      int // reads that still show what was before the last update
	before   []tree
	flying   int
	most     int
}

func serveFields(t *testing.T, n int, replaces bool) *fieldsServer {
	s := &fieldsServer{fake: onePool(t), replaces: replaces}
	for i := range n {
		c := conn(fmt.Sprint("c", i), fmt.Sprint("conn-", i))
		c["fields"] = tree{"issuerUrl": "u", "clientSecret": "***", "deep": tree{"aSecret": "***", "plain": "x"}}
		s.conns = append(s.conns, c)
	}
	s.routes["GET list-ext-idp-conns"] = s.list
	s.routes["POST update-ext-idp-conn"] = s.update
	return s
}

func (s *fieldsServer) list(r sentRequest) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []any{}
	if providerOfQuery(r) == "p1" {
		from := s.conns
		if s.lag > 0 && s.before != nil {
			s.lag--
			from = s.before
		}
		for _, c := range from {
			list = append(list, c)
		}
	}
	return good(list), nil
}

func (s *fieldsServer) update(r sentRequest) (*http.Response, error) {
	s.mu.Lock()
	s.flying++
	s.most = max(s.most, s.flying)
	s.mu.Unlock()
	<-time.After(time.Second)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flying--
	s.before = slices.Clone(s.conns)
	for i, c := range s.conns {
		if c["id"] != r.body["id"] {
			continue
		}
		fields := maps.Clone(c["fields"].(tree))
		if s.replaces {
			fields = tree{}
		}
		maps.Copy(fields, r.body["fields"].(tree))
		s.conns[i] = overlay(c, tree{"displayName": r.body["displayName"]}).(tree)
		s.conns[i]["fields"] = fields
	}
	return good(tree{"id": r.body["id"]}), nil
}
