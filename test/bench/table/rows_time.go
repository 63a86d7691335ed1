package main

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/idpsync/idpsync/test/bench/project"
)

// standard is the pool of rows 4 to 6, 8 and 10: applied, and in step with its
// project.
func (b *bench) standard(latency time.Duration) (*pool, error) {
	l, err := b.newPool("standard", project.Project{Connections: b.size}, 0)
	if err != nil {
		return nil, err
	}
	if _, err := l.applied("8").run(); err != nil {
		_ = l.stop()
		return nil, err
	}
	return l, l.restart(latency)
}

// validate fills row 4.
func (b *bench) validate() error {
	dir := filepath.Join(b.work, "validate")
	p := project.Project{Connections: b.size}
	if err := p.Write(dir); err != nil {
		return err
	}
	floor := command{env: b.environ(), argv: []string{filepath.Join(b.tools, "floor"), "validate", b.schemas, dir}}
	pair, err := inTurn(b.pairs, floor, command{env: b.environ(), argv: []string{b.bin, "validate", "-C", dir}})
	if err != nil {
		return err
	}
	b.validate10k = pair.b
	ratio, says := pair.says(cpu, "s")
	b.add(row{"4", "`validate` processor time / F (positions kept)", "<= 1.4", says, ratio > 1.4})
	return nil
}

// plan fills row 5.
func (b *bench) plan() error {
	l, err := b.standard(0)
	if err != nil {
		return err
	}
	defer l.stop()
	pair, err := inTurn(b.pairs, l.floor("plan", b.schemas, l.dir, "http://"+l.address, "8"), l.planned())
	if err != nil {
		return err
	}
	b.plan10k = pair.b
	ratio, says := pair.says(cpu, "s")
	b.add(row{"5", "no-change plan, 0 ms latency, processor time / F", "<= 1.6", says, ratio > 1.6})
	return nil
}

// planFarAway fills row 6.
func (b *bench) planFarAway() error {
	l, err := b.standard(20 * time.Millisecond)
	if err != nil {
		return err
	}
	defer l.stop()
	pair, err := inTurn(b.pairs, l.floor("plan", b.schemas, l.dir, "http://"+l.address, "8"), l.planned())
	if err != nil {
		return err
	}
	ratio, says := pair.says(wall, "s")
	b.add(row{"6", "no-change plan, 20 ms, parallelism 8, wall / F", "<= 1.15", says, ratio > 1.15})
	return nil
}

// peaks fills row 8, from the runs of rows 4 and 5.
func (b *bench) peaks() error {
	for _, need := range []struct {
		have []usage
		do   func() error
	}{{b.validate10k, b.validate}, {b.plan10k, b.plan}} {
		if need.have == nil {
			if err := need.do(); err != nil {
				return err
			}
		}
	}
	v, p := highest(b.validate10k, peak), highest(b.plan10k, peak)
	b.add(row{"8", "peak memory: validate, plan", "<= 140, <= 180 MiB", fmt.Sprintf("%.0f, %.0f MiB", v, p), v > 140 || p > 180})
	return nil
}

// startUp fills row 11.
func (b *bench) startUp() error {
	bare := command{env: b.environ(), argv: []string{filepath.Join(b.tools, "bare")}}
	pair, err := inTurn(max(b.pairs, 5)*8, bare, command{env: b.environ(), argv: []string{b.bin, "version"}})
	if err != nil {
		return err
	}
	ratio := median(pair.ratios(wall))
	b.add(row{
		"11", "start-up of `version`, wall / a bare Go program with the same imports", "<= 1.5",
		fmt.Sprintf("%.2f: %.1f ms, the bare program %.1f ms", ratio, 1000*middle(pair.b, wall), 1000*middle(pair.a, wall)), ratio > 1.5,
	})
	return nil
}
