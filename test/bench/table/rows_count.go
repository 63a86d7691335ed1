package main

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/idpsync/idpsync/internal/config"
	"github.com/idpsync/idpsync/test/bench/project"
)

// isRead tells the requests that change nothing. The token is one of them.
func isRead(method, p string) bool {
	return method == "GET" || path.Base(p) == "get-management-token"
}

// counts fills rows 1 to 3. They are exact, so one small project is enough here;
// the tests of cmd/idpsync count at other sizes.
func (b *bench) counts() error {
	p := project.Project{Connections: 1000}
	l, err := b.newPool("counts", p, time.Millisecond)
	if err != nil {
		return err
	}
	defer l.stop()
	if _, err := l.applied("8").run(); err != nil {
		return err
	}
	first, err := l.asked()
	if err != nil {
		return err
	}
	if err := l.restart(time.Millisecond); err != nil {
		return err
	}
	if _, err := l.planned().run(); err != nil {
		return err
	}
	second, err := l.asked()
	if err != nil {
		return err
	}
	pages := max(1, (p.Applications()+49)/50)
	want := 1 + pages + 1 + p.Providers() + p.Strategies()
	got := len(second.Requests)
	b.add(row{
		"1", "requests of a no-change plan", "exactly 1 + max(1, ceil(A/50)) + 1 + P + S",
		fmt.Sprintf("%d of %d, with %d applications, %d providers, %d strategies", got, want, p.Applications(), p.Providers(), p.Strategies()), got != want,
	})
	b.writes(p, first)
	b.add(row{
		"3", "most in flight at the server", "exactly `--parallelism`",
		fmt.Sprintf("%d of 8 (apply), %d of 8 (plan)", first.InFlightMax, second.InFlightMax), first.InFlightMax != 8 || second.InFlightMax != 8,
	})
	return nil
}

// writes fills row 2: one write for each provider, connection, application,
// strategy and button, and a verification that reads each page and provider
// once. Pages are read a second time on a target whose reads may lag, to see
// what the server has switched on by itself meanwhile (docs/safety.md): that is no
// verification, and one request for 50 applications.
func (b *bench) writes(p project.Project, a asked) {
	writes, after, seen := 0, 0, false
	for _, r := range a.Requests {
		if !isRead(r.Method, r.Path) {
			writes, after, seen = writes+1, 0, true
		} else if seen {
			after++
		}
	}
	want := p.Providers() + p.Connections + p.Applications() + p.Strategies() + p.Applications()
	pages := (p.Applications() + 49) / 50
	most := 1 + 2*pages + p.Providers() + p.Strategies()
	b.add(row{
		"2", "writes of an apply", "one request a part; verified by each touched provider and page once",
		fmt.Sprintf("%d of %d; %d of %d reads after the last", writes, want, after, most), writes != want || after > most,
	})
}

// reparsed fills row 12.
func (b *bench) reparsed() error {
	dir := filepath.Join(b.work, "watched")
	p := project.Project{Connections: b.size}
	if err := p.Write(dir); err != nil {
		return err
	}
	cache := config.NewCache()
	_, _, all, err := cache.Load(dir, config.Options{})
	if err != nil {
		return err
	}
	name := filepath.Join(dir, "team-00000", "team.yaml")
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if err := os.WriteFile(name, []byte(strings.Replace(string(text), "ssoEnabled: true", "ssoEnabled: false", 1)), 0o644); err != nil {
		return err
	}
	_, _, again, err := cache.Load(dir, config.Options{})
	if err != nil {
		return err
	}
	b.add(row{
		"12", "one file changed among 10,000 in `watch`: files parsed again", "1",
		fmt.Sprintf("%d of %s", again.Parsed, thousands(again.Files)), again.Parsed != 1 || all.Parsed != all.Files,
	})
	return nil
}

// binarySize fills row 13.
func (b *bench) binarySize() error {
	info, err := os.Stat(b.bin)
	if err != nil {
		return err
	}
	mb := float64(info.Size()) / 1e6
	b.add(row{"13", "binary size, stripped", "<= 25 MB", fmt.Sprintf("%.1f MB", mb), mb > 25})
	return nil
}
