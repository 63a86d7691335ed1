// Command compare runs two commands in turn, A B A B ..., and tells how much
// processor time B takes for each second of A, and how much memory B takes.
//
//	compare [-pairs 5] [-most 2.0] [-peak 200] LABEL -- A ... -- B ...
//
// It exits 1 when the median of the ratios is above -most or the highest peak of
// B above -peak (MiB), and 2 when a command fails. Processor time is user and
// system time of the whole process: unlike the clock on the wall it hardly
// depends on what else the machine does, and what remains of that strikes both
// commands of a pair.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"time"
)

// promise is what B must keep.
type promise struct {
	pairs int
	most  float64 // seconds of B for each of A
	peak  float64 // MiB
}

// usage is what one run of a command took.
type usage struct {
	wall, cpu time.Duration
	peak      float64 // MiB
}

func main() {
	var p promise
	flag.IntVar(&p.pairs, "pairs", 5, "how often each command runs, after one run that does not count")
	flag.Float64Var(&p.most, "most", 0, "highest ratio of processor time; 0 for any")
	flag.Float64Var(&p.peak, "peak", 0, "highest peak memory of B in MiB; 0 for any")
	flag.Parse()
	label, a, b, err := split(flag.Args())
	if err == nil && p.pairs < 1 {
		err = errors.New("-pairs must be 1 or more")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(2)
	}
	kept, err := p.judge(label, a, b)
	if err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(2)
	}
	if !kept {
		os.Exit(1)
	}
}

// split takes apart LABEL -- A ... -- B ...
func split(args []string) (label string, a, b []string, err error) {
	if len(args) > 2 && args[1] == "--" {
		label, a = args[0], args[2:]
		if i := slices.Index(a, "--"); i > 0 && i < len(a)-1 {
			return label, a[:i], a[i+1:], nil
		}
	}
	return "", nil, nil, errors.New("usage: compare [FLAGS] LABEL -- COMMAND A -- COMMAND B")
}

// judge runs the pairs, prints a line, and tells whether B kept the promise.
func (p promise) judge(label string, a, b []string) (bool, error) {
	var ratios []float64
	var as, bs []usage
	for i := range p.pairs + 1 {
		ua, err := measure(a)
		if err != nil {
			return false, err
		}
		ub, err := measure(b)
		if err != nil {
			return false, err
		}
		if i == 0 {
			continue // warms the file cache
		}
		as, bs = append(as, ua), append(bs, ub)
		ratios = append(ratios, ub.cpu.Seconds()/ua.cpu.Seconds())
	}
	ratio, peak := median(ratios), highest(bs)
	fmt.Printf("%s: ratio %.2f (%.2f-%.2f), floor %s, idpsync %s, peak %.0f MiB\n",
		label, ratio, slices.Min(ratios), slices.Max(ratios), middle(as), middle(bs), peak)
	kept := true
	if p.most > 0 && ratio > p.most {
		fmt.Printf("%s: FAILED, more than %.2f times the processor time of the floor\n", label, p.most)
		kept = false
	}
	if p.peak > 0 && peak > p.peak {
		fmt.Printf("%s: FAILED, more than %.0f MiB\n", label, p.peak)
		kept = false
	}
	return kept, nil
}

func measure(command []string) (usage, error) {
	cmd := exec.Command(command[0], command[1:]...)
	var said bytes.Buffer
	cmd.Stderr = &said
	start := time.Now()
	if err := cmd.Run(); err != nil {
		return usage{}, fmt.Errorf("%v: %w\n%s", command, err, said.Bytes())
	}
	u := usage{wall: time.Since(start), cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}
	if r, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		u.peak = float64(r.Maxrss) / 1024 // KiB on Linux
	}
	return u, nil
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

func highest(runs []usage) float64 {
	most := 0.0
	for _, u := range runs {
		most = max(most, u.peak)
	}
	return most
}

// middle writes the medians of some runs.
func middle(runs []usage) string {
	var cpu, wall []float64
	for _, u := range runs {
		cpu, wall = append(cpu, u.cpu.Seconds()), append(wall, u.wall.Seconds())
	}
	return fmt.Sprintf("%.2f s (%.2f s on the wall)", median(cpu), median(wall))
}
