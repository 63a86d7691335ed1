package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/idpsync/idpsync/test/bench/project"
)

// grown is what one size took.
type grown struct {
	size                  int
	validate, plan, apply float64 // seconds of processor time
	peak                  float64 // MiB of the plan
}

// growth fills row 9.
func (b *bench) growth() error {
	sizes := []int{b.size / 10, b.size}
	if b.large > 0 {
		sizes = append(sizes, b.large)
	}
	all := make([]grown, len(sizes))
	for i, size := range sizes {
		runs := map[int]int{0: 2 * b.pairs, 1: b.pairs}[i] // the largest once
		g, err := b.measureSize(size, max(1, runs))
		if err != nil {
			return err
		}
		all[i] = g
	}
	verbs := []struct {
		name string
		of   func(grown) float64
	}{
		{"validate", func(g grown) float64 { return g.validate }},
		{"plan", func(g grown) float64 { return g.plan }},
		{"apply", func(g grown) float64 { return g.apply }},
	}
	var parts []string
	broken := false
	for _, v := range verbs {
		times, steps := make([]string, len(all)), make([]string, 0, len(all))
		for i, g := range all {
			times[i] = fmt.Sprintf("%.2f", v.of(g))
			if i > 0 {
				factor := v.of(g) / v.of(all[i-1])
				steps = append(steps, fmt.Sprintf("%.1fx", factor))
				broken = broken || factor > 10.5*float64(g.size)/float64(10*all[i-1].size)
			}
		}
		parts = append(parts, fmt.Sprintf("%s %s (%s s)", v.name, strings.Join(steps, ", "), strings.Join(times, ", ")))
	}
	last := all[len(all)-1]
	peaks := fmt.Sprintf("; peak of the plan of %s: %.2f GiB", thousands(last.size), last.peak/1024)
	b.add(row{
		"9", "growth of processor time 1k -> 10k -> 100k (validate, plan, apply)", "<= 10.5x a step; 100k plan peak <= 1.6 GiB",
		strings.Join(parts, "; ") + peaks, broken || last.peak > 1.6*1024,
	})
	return nil
}

// measureSize takes medians of so many runs. An apply needs an empty pool each
// time, so it runs less often.
func (b *bench) measureSize(size, runs int) (g grown, err error) {
	g.size = size
	var applies []usage
	var l *pool
	for range (runs + 2) / 3 {
		if l != nil {
			_ = l.stop()
		}
		if l, err = b.newPool("growth", project.Project{Connections: size}, 0); err != nil {
			return g, err
		}
		u, err := l.applied("8").run()
		if err != nil {
			_ = l.stop()
			return g, err
		}
		applies = append(applies, u)
	}
	defer l.stop()
	plans, err := several(runs, l.planned())
	if err != nil {
		return g, err
	}
	validates, err := several(runs, l.idpsync("validate"))
	if err != nil {
		return g, err
	}
	g.validate, g.plan, g.apply = middle(validates, cpu), middle(plans, cpu), middle(applies, cpu)
	g.peak = highest(plans, peak)
	return g, nil
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
