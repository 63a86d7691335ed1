package main

import (
	"bytes"
	"fmt"
	"os/exec"
	"slices"
	"syscall"
	"time"
)

// usage is what one run of a command took. Processor time is user and system
// time of the whole process: unlike the clock on the wall it hardly depends on
// what else the machine does.
type usage struct {
	wall, cpu float64 // seconds
	peak      float64 // MiB
}

// command is what is run and measured.
type command struct {
	dir  string
	env  []string
	argv []string
	ok   int // the exit code that is right
}

func (c command) run() (usage, error) {
	cmd := exec.Command(c.argv[0], c.argv[1:]...)
	cmd.Dir, cmd.Env = c.dir, c.env
	var said bytes.Buffer
	cmd.Stderr = &said
	start := time.Now()
	err := cmd.Run()
	wall := time.Since(start)
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != c.ok {
		return usage{}, fmt.Errorf("%v: %w\n%.2000s", c.argv, err, said.Bytes())
	}
	u := usage{wall: wall.Seconds(), cpu: (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()}
	if r, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		u.peak = float64(r.Maxrss) / 1024 // KiB on Linux
	}
	return u, nil
}

// pair is the runs of two commands, in turn: A B A B ...
type pair struct{ a, b []usage }

// inTurn runs two commands in turn, after one run of each that does not count.
func inTurn(pairs int, a, b command) (p pair, err error) {
	for i := range pairs + 1 {
		ua, err := a.run()
		if err != nil {
			return p, err
		}
		ub, err := b.run()
		if err != nil {
			return p, err
		}
		if i > 0 {
			p.a, p.b = append(p.a, ua), append(p.b, ub)
		}
	}
	return p, nil
}

// around runs one command once and another one so many times, half of them before
// it and half after it, so that a machine that is slow for a while is slow for
// both.
func around(times int, many, once func() (usage, error)) (runs []usage, one usage, err error) {
	for i := range times {
		if i == times/2 {
			if one, err = once(); err != nil {
				return nil, one, err
			}
		}
		u, err := many()
		if err != nil {
			return nil, one, err
		}
		runs = append(runs, u)
	}
	return runs, one, nil
}

func cpu(u usage) float64  { return u.cpu }
func wall(u usage) float64 { return u.wall }
func peak(u usage) float64 { return u.peak }

// ratios are B / A of each pair.
func (p pair) ratios(of func(usage) float64) []float64 {
	all := make([]float64, len(p.a))
	for i := range p.a {
		all[i] = of(p.b[i]) / of(p.a[i])
	}
	return all
}

// says writes the median ratio, its range, and the medians of both sides.
func (p pair) says(of func(usage) float64, unit string) (float64, string) {
	r := p.ratios(of)
	m := median(r)
	return m, fmt.Sprintf("%.2f (%.2f-%.2f): %.2f %s, the floor %.2f %s", m, slices.Min(r), slices.Max(r),
		middle(p.b, of), unit, middle(p.a, of), unit)
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

func middle(runs []usage, of func(usage) float64) float64 {
	values := make([]float64, len(runs))
	for i, u := range runs {
		values[i] = of(u)
	}
	return median(values)
}

func mean(runs []usage, of func(usage) float64) float64 {
	sum := 0.0
	for _, u := range runs {
		sum += of(u)
	}
	return sum / float64(len(runs))
}

func highest(runs []usage, of func(usage) float64) float64 {
	most := 0.0
	for _, u := range runs {
		most = max(most, of(u))
	}
	return most
}
