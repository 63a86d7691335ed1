package main

import (
	"fmt"
	"path"
	"strconv"
	"time"

	"github.com/idpsync/idpsync/test/bench/project"
)

// far is how far away the server of row 7 is.
const far = 20 * time.Millisecond

// creates are the 1,000 objects of row 7, on two levels.
var creates = project.Project{Connections: 909, Bare: true}

// apply fills row 7: the time between the arrival of the first write and the
// answer to the last, for each second that the server alone would take.
func (b *bench) apply() error {
	for _, bound := range []struct {
		parallelism int
		most        float64
	}{{8, 1.15}, {32, 1.30}} {
		var ours, floors []float64
		for range max(1, (b.pairs+1)/2) {
			f, err := b.writePhase(bound.parallelism, func(l *pool) command {
				return l.floor("apply", l.dir, "http://"+l.address, strconv.Itoa(bound.parallelism))
			})
			if err != nil {
				return err
			}
			o, err := b.writePhase(bound.parallelism, func(l *pool) command { return l.applied(strconv.Itoa(bound.parallelism)) })
			if err != nil {
				return err
			}
			ours, floors = append(ours, o), append(floors, f)
		}
		m := median(ours)
		b.add(row{
			"7", fmt.Sprintf("apply of 1,000 creates, 20 ms, wall of the write phase / ideal, parallelism %d", bound.parallelism),
			fmt.Sprintf("<= %.2f", bound.most), fmt.Sprintf("%.2f, the floor %.2f", m, median(floors)), m > bound.most,
		})
	}
	return nil
}

// writePhase applies the creates to an empty pool and compares the time that the
// writes took with the ideal: every level in as few rounds as there must be.
func (b *bench) writePhase(parallelism int, by func(*pool) command) (float64, error) {
	l, err := b.newPool("creates", creates, far)
	if err != nil {
		return 0, err
	}
	defer l.stop()
	if _, err := by(l).run(); err != nil {
		return 0, err
	}
	a, err := l.asked()
	if err != nil {
		return 0, err
	}
	var first, last time.Time
	levels := map[string]int{}
	for _, r := range a.Requests {
		if isRead(r.Method, r.Path) {
			continue
		}
		levels[path.Base(r.Path)]++
		if first.IsZero() {
			first = r.Time
		}
		last = r.Time
	}
	ideal := 0.0
	for _, n := range levels {
		ideal += float64((n + parallelism - 1) / parallelism)
	}
	if want := creates.Connections + creates.Providers(); levels["create-ext-idp"]+levels["create-ext-idp-conn"] != want || len(levels) != 2 {
		return 0, fmt.Errorf("%v writes, want %d creates on two levels", levels, want)
	}
	return last.Add(far).Sub(first).Seconds() / (ideal * far.Seconds()), nil
}
