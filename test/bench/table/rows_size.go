package main

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strings"

	"github.com/idpsync/idpsync/test/bench/project"
)

// verbs are what must not grow faster than the pool.
var verbs = []string{"validate", "plan", "apply"}

// grown is what a step from one size to the next took, by verb: the processor
// time of each run of the larger size, and the mean of those of the smaller one
// around it.
type grown struct {
	size         int // of the larger one
	small, large map[string][]float64
	peak         float64 // MiB of the larger plan
}

// factor is how much more all runs of the larger size took than those of the
// smaller one, and says gives the range of the pairs with it. A pair alone is off
// by a tenth where a machine is faster in one minute than in the next.
func (g *grown) factor(verb string) (factor float64, says string) {
	var few, many float64
	least, most := math.Inf(1), 0.0
	for i, s := range g.small[verb] {
		l := g.large[verb][i]
		few, many = few+s, many+l
		least, most = min(least, l/s), max(most, l/s)
	}
	return many / few, fmt.Sprintf("%.1fx (%.1f-%.1f)", many/few, least, most)
}

// growth fills row 9.
func (b *bench) growth() error {
	sizes := []int{b.size}
	if b.large > 0 {
		sizes = append(sizes, b.large)
	}
	times := map[string][]string{}
	factors := map[string][]string{}
	broken, peaks, before := false, "", b.size/10
	for i, size := range sizes {
		g, err := b.grow(before, size)
		if err != nil {
			return err
		}
		for _, v := range verbs {
			factor, says := g.factor(v)
			factors[v] = append(factors[v], says)
			broken = broken || factor > 10.5*float64(size)/float64(10*before)
			if i == 0 {
				times[v] = append(times[v], fmt.Sprintf("%.2f", median(g.small[v])))
			}
			times[v] = append(times[v], fmt.Sprintf("%.2f", median(g.large[v])))
		}
		peaks = fmt.Sprintf("; peak of the plan of %s: %.2f GiB", thousands(g.size), g.peak/1024)
		broken = broken || g.peak > 1.6*1024
		before = size
	}
	var parts []string
	for _, v := range verbs {
		parts = append(parts, fmt.Sprintf("%s %s (%s s)", v, strings.Join(factors[v], ", "), strings.Join(times[v], ", ")))
	}
	b.add(row{
		"9", "growth of processor time 1k -> 10k -> 100k (validate, plan, apply)", "<= 10.5x a step; 100k plan peak <= 1.6 GiB",
		strings.Join(parts, "; ") + peaks, broken,
	})
	return nil
}

// grow measures two sizes in turn. A machine is slower for a minute of work than
// for a second, and slower at times, so around each run of the larger one the
// smaller one runs as often as makes the same work: half of them before it, half
// after it. Projects, their ledgers and the sandbox's objects are in memory, if
// the system has a folder there: how many files it keeps in its cache, and what a
// disk does after a minute of fsyncs, is not what grows here.
func (b *bench) grow(small, large int) (g grown, err error) {
	g = grown{size: large, small: map[string][]float64{}, large: map[string][]float64{}}
	pools := map[int]*pool{}
	defer func() {
		for _, l := range pools {
			err = errors.Join(err, l.stop(), l.forget())
		}
	}()
	for _, size := range []int{small, large} {
		l, err := b.prepared(fmt.Sprintf("growth-%d", size), project.Project{Connections: size})
		if err != nil {
			return g, err
		}
		pools[size] = l
		if err := l.inMemory(); err != nil {
			return g, err
		}
		if err := l.project.Write(l.dir); err != nil {
			return g, err
		}
	}
	for _, v := range []string{"apply", "plan", "validate"} { // a plan wants what the apply made
		one := func(size int) func() (usage, error) {
			return func() (usage, error) {
				if v == "apply" {
					if err := pools[size].empty(); err != nil {
						return usage{}, err
					}
				}
				return pools[size].verb(v).run()
			}
		}
		for range b.pairs {
			few, many, err := around(large/small, one(small), one(large))
			if err != nil {
				return g, err
			}
			g.small[v], g.large[v] = append(g.small[v], mean(few, cpu)), append(g.large[v], many.cpu)
			if v == "plan" {
				g.peak = max(g.peak, many.peak)
			}
		}
	}
	return g, nil
}

// verb is a command of row 9.
func (l *pool) verb(name string) command {
	switch name {
	case "apply":
		return l.applied("8")
	case "plan":
		return l.planned()
	}
	return l.idpsync(name)
}

// lean tells how our floor compares with another one, on that one's input.
func (b *bench) lean() error {
	const goal = "this floor / another floor, on the other's input, processor time"
	if b.peer == "" {
		b.add(row{"floor", goal, "-", "not measured: IDPSYNC_BENCH_PEER names no folder", false})
		return nil
	}
	other, dir := filepath.Join(b.work, "other-floor"), filepath.Join(b.work, "other")
	build := command{dir: filepath.Join(b.peer, "floor"), argv: []string{"go", "build", "-o", other, "."}}
	make := command{env: b.environ(), argv: []string{other, "gen", fmt.Sprint(b.size), dir}}
	for _, c := range []command{build, make} {
		if _, err := c.run(); err != nil {
			return err
		}
	}
	ours := command{env: b.environ(), argv: []string{
		filepath.Join(b.tools, "floor"), "specs",
		filepath.Join(b.schemas, "connection", "github.schema.json"), filepath.Join(dir, "files"),
	}}
	p, err := inTurn(b.pairs, command{env: b.environ(), argv: []string{other, "validate", dir, "nodes"}}, ours)
	if err != nil {
		return err
	}
	_, says := p.says(cpu, "s")
	b.add(row{"floor", goal, "-", strings.Replace(says, "the floor", "the other", 1), false})
	return nil
}
