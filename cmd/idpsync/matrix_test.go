package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
)

// probes are the ways of a run: with what the server does unknown, and learnt.
var probes = []bool{false, true}

// TestDialects leads a project's life under every value of every switch, and
// under rows that hold every pair of values (spec 8).
func TestDialects(t *testing.T) {
	table := readAllowances(t)
	var runs, ran atomic.Int32
	t.Run("runs", func(t *testing.T) {
		for i, d := range append(singles(), pairwise()...) {
			for _, probe := range probes {
				runs.Add(1)
				t.Run(fmt.Sprintf("%d,%s,probe=%v", i, d, probe), func(t *testing.T) {
					t.Parallel()
					ran.Add(1)
					d = maps.Clone(d)
					delete(d, "v3") // TestSecondRoad leads the life without V3
					(&lived{pool: newMatrixPool(t, d), table: table, files: files{}, open: map[string]bool{}, unseen: map[string]bool{}}).live(t, probe)
				})
			}
		}
	})
	if runs.Load() == ran.Load() {
		table.idle(t)
	}
	t.Logf("%d runs of %d phases", ran.Load(), len(life))
}

// lived is one life.
type lived struct {
	pool   *matrixPool
	table  *allowances
	files  files
	former files
	// open are the paths that the server did not keep, as KEY PATH; unseen those
	// of which the apply said that no read shows them.
	open, unseen map[string]bool
}

func (l *lived) live(t *testing.T, probe bool) {
	for i, name := range []string{"CORP_SECRET", "CORP_SECRET_2", "WX_SECRET", "LARK_SECRET", "HUB_SECRET", "CRM_SECRET", "CRM_SECRET_2", "SAML_KEY", "SAML_KEY_2"} {
		l.pool.env[name] = fmt.Sprintf("s3cret-%d-%s", i, strings.ToLower(name))
	}
	if probe { // what is learnt by a probe is remembered, and so are secrets
		l.pool.env["IDPSYNC_LEDGER_KEY"] = "a key of more than thirty-two characters"
		if code, errs := l.pool.command(nil, "doctor", "--probe", "--yes", "-t", "pool"); code != 0 {
			t.Fatalf("doctor: %d\n%s", code, errs)
		}
	}
	hand := l.pool.byHand()
	for _, p := range life {
		l.former = said(l.former, l.files)
		before := l.declared()
		p.change(l.files)
		l.stillOpen(before)
		l.pool.write("objects.yaml", l.files.documents()...)
		if !l.apply(t, p) {
			return
		}
		l.compare(t, p.name)
		l.planAgain(t, p)
		if now := l.pool.byHand(); p.name != "prune" && now != hand {
			t.Errorf("%s: what no file names was %s\nand is %s", p.name, hand, now)
		}
		if t.Failed() {
			return
		}
	}
}

// declared tells what the files say at the paths that are open, as text.
func (l *lived) declared() map[string]string {
	out := make(map[string]string, len(l.open))
	for at := range l.open {
		key, path, _ := strings.Cut(at, " ")
		var v any
		if l.files[key] != nil {
			v = l.files.spec(key)
		}
		for _, e := range strings.Split(path, ".") {
			m, _ := v.(object)
			v = m[e]
		}
		out[at] = fmt.Sprint(v)
	}
	return out
}

// stillOpen forgets the open paths of which the files say something else now:
// what was not kept is remembered, and not sent again while neither side changes.
func (l *lived) stillOpen(before map[string]string) {
	now := l.declared()
	open := map[string]bool{}
	for at := range l.open {
		open[at] = now[at] == before[at]
	}
	l.open = open
}

// said is the last value of each path that was not null.
func said(before, now files) files {
	out := files{}
	for k, v := range now {
		old, _ := any(before[k]).(object)
		out[k] = overNull(old, plain(v).(object))
	}
	return out
}

func overNull(old, now object) object {
	for k, v := range now {
		o, _ := old[k].(object)
		if inner, ok := v.(object); ok {
			now[k] = overNull(o, inner)
		} else if v == nil {
			now[k] = old[k]
		}
	}
	return now
}

type applied struct {
	Kind    string
	Summary struct{ Done, Failed, Skipped, Unknown int }
	Steps   []struct {
		Key, Action, Status string
		SideEffects         []string
		PartsDone           []string
		Error               *struct{ Code, Message string }
	}
	NotKept, Unverified []place
}

type place struct{ Key, Path string }

func (l *lived) apply(t *testing.T, p phase) bool {
	var r applied
	code, errs := l.pool.command(&r, append([]string{"apply", "--yes", "-t", "pool"}, p.flags...)...)
	for _, at := range r.NotKept {
		l.open[at.Key+" "+at.Path] = true
		l.permit(t, p.name, "notKept", at)
	}
	for _, at := range r.Unverified {
		l.unseen[at.Key+" "+at.Path] = true
		l.permit(t, p.name, "unverified", at)
	}
	want := 0
	if len(r.NotKept) > 0 {
		want = 5
	}
	if code != want || r.Kind != "idpsync.result" || r.Summary.Done != len(r.Steps) {
		t.Errorf("%s: exit %d, want %d, %+v\n%s", p.name, code, want, r.Summary, trouble(errs))
		return false
	}
	seen := map[string]bool{}
	for _, w := range l.pool.writes() {
		line := w.Method + " " + w.Path + " " + string(w.Body)
		if seen[line] && w.StatusCode == 200 {
			t.Errorf("%s: written twice: %s", p.name, w)
		}
		seen[line] = true
	}
	return true
}

// trouble is what stderr says went wrong.
func trouble(errs string) string {
	var out []string
	for line := range strings.Lines(errs) {
		for _, word := range []string{"error", "refused", "failed", "unknown", "skipped", "hint", "IDP0"} {
			if strings.HasPrefix(strings.TrimSpace(line), word) {
				out = append(out, line)
				break
			}
		}
	}
	return strings.Join(out, "")
}

func (l *lived) permit(t *testing.T, phase, category string, at place) {
	if !l.table.allows(l.pool.dialect, category, at.Key, at.Path) {
		t.Errorf("%s: %s: %s %s", phase, category, at.Key, at.Path)
	}
}

// compare holds the state against the files; only what the apply said to be not
// kept may differ.
func (l *lived) compare(t *testing.T, phase string) {
	for _, u := range l.files.unlike(l.pool.state(), l.pool.env, l.former) {
		at, _, _ := strings.Cut(u, ":")
		key, path, _ := strings.Cut(at, " ")
		if !l.open[at] && !(l.unseen[at] && l.table.allows(l.pool.dialect, "unlike", key, path)) {
			t.Errorf("%s: %s", phase, u)
		}
	}
}

type planned struct {
	Summary struct{ Uncompared int }
	Changes []struct {
		Key, Action string
		Fields      []struct{ Path, Note string }
	}
}

// planAgain plans once more: nothing is left but what was not kept.
func (l *lived) planAgain(t *testing.T, p phase) {
	flags := slices.DeleteFunc(slices.Clone(p.flags), func(f string) bool { return f == "--push" || f == "all" && slices.Contains(p.flags, "--push") })
	var d planned
	code, errs := l.pool.command(&d, append([]string{"plan", "--detailed-exitcode", "-t", "pool"}, flags...)...)
	for _, c := range d.Changes {
		for _, f := range c.Fields {
			if f.Note != "will be sent" && !l.open[c.Key+" "+f.Path] {
				t.Errorf("%s: planned again: %s %s %s", p.name, c.Action, c.Key, f.Path)
			}
		}
		if len(c.Fields) == 0 {
			t.Errorf("%s: planned again: %s %s", p.name, c.Action, c.Key)
		}
	}
	if want := map[bool]int{true: 0, false: 2}[len(d.Changes) == 0]; code != want {
		t.Errorf("%s: the second plan ends with %d\n%s", p.name, code, trouble(errs))
	}
	if ws := l.pool.writes(); len(ws) > 0 {
		t.Errorf("%s: a plan wrote: %s", p.name, ws)
	}
	if d.Summary.Uncompared > 0 {
		l.uncompared(t, p, flags)
	}
}

// uncompared lists what could not be compared, by planning to push it.
func (l *lived) uncompared(t *testing.T, p phase, flags []string) {
	var d planned
	l.pool.command(&d, append([]string{"plan", "--push", "all", "-t", "pool"}, flags...)...)
	for _, c := range d.Changes {
		for _, f := range c.Fields {
			if f.Note == "cannot be compared" {
				l.permit(t, p.name, "uncompared", place{c.Key, f.Path})
			}
		}
	}
}

// byHandSeed are objects that somebody made at the console.
const byHandSeed = `{"identityProviders":[{"id":"aaaaaaaaaaaaaaaaaaaaaa01","name":"By hand","type":"saml","connections":[
  {"id":"aaaaaaaaaaaaaaaaaaaaaa02","type":"saml","identifier":"by-hand","displayName":"By hand","loginOnly":false,
   "fields":{"samlIdpCert":"x","samlSpKey":"by-hand-key","signInEndPoint":"https://hand.example.com"}}]}],
 "applications":[{"appId":"aaaaaaaaaaaaaaaaaaaaaa03","appName":"By hand","appIdentifier":"by-hand-app","appType":"web"}]}`

// byHand is how the objects made by hand look, as JSON.
func (p *matrixPool) byHand() string {
	s := p.state()
	pick := func(list []object, key, id string) any {
		for _, o := range list {
			if o[key] == id {
				return o
			}
		}
		return nil
	}
	text, err := json.Marshal([]any{pick(s.IdentityProviders, "id", "aaaaaaaaaaaaaaaaaaaaaa01"), pick(s.Applications, "appId", "aaaaaaaaaaaaaaaaaaaaaa03")})
	if err != nil {
		p.t.Fatal(err)
	}
	return string(text)
}
