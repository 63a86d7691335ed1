package conformance

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestTraffic holds everything that travels during the life of a pool to the
// vendor's document: what idpsync sends and what the sandbox answers, on each
// way that idpsync reads connections by, and what the vendor's own client asks.
func TestTraffic(t *testing.T) {
	spec := loadSpecification(t)
	found := map[finding]int{}
	asked := map[string]bool{}
	collect := func(r *recorder, excused func(exchange, finding) bool) {
		for _, e := range r.all() {
			if !strings.HasPrefix(e.target.Path, prefix) {
				continue // the document is about V3 alone
			}
			asked[strings.TrimPrefix(e.target.Path, prefix)] = true
			for _, f := range spec.judge(e) {
				if !excused(e, f) {
					found[f]++
				}
			}
		}
	}
	for dialect, excused := range map[string]func(exchange, finding) bool{
		"conn-list=on":          nobody,
		"conn-list=off":         nobody,
		"app-list=needs-all":    answers,
		"app-update=full":       answers,
		"arrays=string":         answers,
		"config-update=replace": answers,
		"connections=object":    answers,
		"defaults=bare":         answers,
		"http-status=mirror":    answers,
		"template-data=object":  answers,
	} {
		t.Run("idpsync with "+dialect, func(t *testing.T) {
			s := startSandbox(t, "--dialect", dialect)
			r := record(t, s.Listening)
			defer collect(r, excused)
			live(t, s, r.url)
		})
	}
	t.Run("doctor --probe", func(t *testing.T) {
		s := startSandbox(t)
		r := record(t, s.Listening)
		defer collect(r, refused)
		p := newProject(t, s, r.url)
		if out, errs, code := p.idpsync(t, time.Minute, "doctor", "--probe", "--yes"); code != 0 {
			t.Errorf("doctor ended with %d\n%s%s", code, out, errs)
		}
		if n := s.objects(t); n != 0 {
			t.Errorf("%d scratch objects were left", n)
		}
	})
	walked := false
	t.Run("authing-node-sdk", func(t *testing.T) {
		s := startSandbox(t)
		r := record(t, s.Listening)
		defer collect(r, stranger)
		walk(t, s, r.url)
		walked = true
	})
	sift(t, found, walked)
	for name := range spec.added {
		if !asked[name] && walked {
			t.Errorf("no request needs the path %s of testdata/additions.json", name)
		}
	}
	for _, name := range []string{
		"get-management-token", "list-applications", "list-ext-idp", "get-ext-idp",
		"create-ext-idp", "update-ext-idp", "delete-ext-idp",
		"create-ext-idp-conn", "update-ext-idp-conn", "delete-ext-idp-conn", "change-ext-idp-conn-state",
		"create-application", "delete-application",
		"get-application-permission-strategy", "update-application-permission-strategy", "update-application-mfa-settings",
	} {
		if !asked[name] {
			t.Errorf("nobody asked for %s: the life of a pool is not whole", name)
		}
	}
}

// nobody is excused: idpsync asks for nothing that must be refused.
func nobody(exchange, finding) bool { return false }

// answers are excused where a dialect makes them differ from the document on
// purpose: what idpsync asks then must be right all the same.
func answers(_ exchange, f finding) bool { return f.side == answer }

// refused excuses a wrong request to which the sandbox said no: doctor asks one
// to see how a tenant reports a failure (spec 8, http-status).
func refused(e exchange, f finding) bool { return f.side == request && e.refused() }

// stranger is excused for two things: a wrong request that the sandbox refused,
// since the walk sends some to see that (a wrong one that the sandbox takes is a
// finding), and a signature in the place of a token, which the document no
// longer tells of (contract 2.2).
func stranger(e exchange, f finding) bool {
	if f.side != request {
		return false
	}
	signed := strings.HasPrefix(e.header.Get("Authorization"), "authing ")
	return refused(e, f) || f.keyword == "security" && signed
}

// live applies the stages of testdata/life one after the other. Each ends with
// nothing left to do, the last with an empty pool.
func live(t *testing.T, s sandbox, address string) {
	p := newProject(t, s, address)
	stages, err := filepath.Glob("testdata/life/*.yaml")
	if err != nil || len(stages) < 4 {
		t.Fatalf("%d stages, %v", len(stages), err)
	}
	for _, stage := range stages {
		text, err := os.ReadFile(stage)
		if err != nil {
			t.Fatal(err)
		}
		p.write(t, "pool.yaml", string(text))
		// One secret changes with the others, once. The other one shows that this
		// pool reads secrets back in clear, so that the change is seen.
		if strings.Contains(stage, "2-changed") {
			p.env = append(p.env, "CONFORMANCE_SECRET=second-value")
		}
		out, errs, code := p.idpsync(t, time.Minute, "apply", "--yes", "--allow-replace")
		if code != 0 {
			t.Fatalf("%s: apply ended with %d\n%s%s", filepath.Base(stage), code, out, errs)
		}
		out, errs, code = p.idpsync(t, time.Minute, "plan", "--detailed-exitcode")
		if code != 0 {
			t.Fatalf("%s: the plan after apply ended with %d\n%s%s", filepath.Base(stage), code, out, errs)
		}
	}
	if n := s.objects(t); n != 0 {
		t.Errorf("%d objects outlived the pool", n)
	}
}

// objects counts what a pool holds.
func (s sandbox) objects(t *testing.T) int {
	t.Helper()
	var state struct {
		IdentityProviders []struct{ Connections []any }
		Applications      []any
	}
	s.control(t, "state", &state)
	n := len(state.IdentityProviders) + len(state.Applications)
	for _, p := range state.IdentityProviders {
		n += len(p.Connections)
	}
	return n
}

// walk lets the vendor's client live through the life of a pool. What it finds
// wrong is told by test/peers; here it is asked for its traffic.
func walk(t *testing.T, s sandbox, address string) {
	t.Helper()
	peers := filepath.Join("..", "peers")
	bin, err := exec.LookPath("node")
	if err == nil {
		_, err = os.Stat(filepath.Join(peers, "node_modules", "authing-node-sdk"))
	}
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("no Node, or nothing installed in test/peers: %v", err)
		}
		t.Skipf("SKIPPED: no Node, or nothing installed in test/peers: %v", err)
	}
	s.Listening = address
	in, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bin, "walk-v3.mjs")
	cmd.Dir, cmd.Stdin = peers, bytes.NewReader(in)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}
