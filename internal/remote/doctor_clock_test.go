package remote_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/idpsync/idpsync/internal/remote"
)

// The clock is judged by the Date of an answer, to within a second.
func TestDoctorReadsTheClock(t *testing.T) {
	for _, tt := range []struct {
		skew time.Duration
		want remote.Verdict
	}{
		{0, remote.Passed},
		{-10 * time.Second, remote.Passed},
		{time.Minute, remote.Warned},
		{-time.Minute, remote.Warned},
		{time.Hour, remote.Failed},
		{-time.Hour, remote.Failed},
	} {
		synctest.Test(t, func(t *testing.T) {
			n := newTenant(t, nil)
			n.skew = tt.skew
			found := n.examine(n.doctor())
			for _, c := range found.Checks {
				if c.Name == remote.CheckClock && (c.Verdict != tt.want || (c.Skew-tt.skew).Abs() > time.Second) {
					t.Errorf("a clock that is off by %s: %s, off by %s", tt.skew, c.Verdict, c.Skew)
				}
			}
			if found.Failed() != (tt.want == remote.Failed) {
				t.Errorf("off by %s: failed is %v", tt.skew, found.Failed())
			}
		})
	}
}

// A doctor asks a handful of questions, however much is in the pool, and changes
// nothing.
func TestDoctorAsksLittle(t *testing.T) {
	for _, applications := range []int{1, 120} {
		synctest.Test(t, func(t *testing.T) {
			n := settled(t, nil, applications)
			before := n.names()
			n.seen = nil
			n.examine(n.doctor())
			if len(n.seen) > 13 {
				t.Errorf("%d applications: %d requests: %v", applications, len(n.seen), n.seen)
			}
			if d := difference(n.names(), before); len(d) > 0 {
				t.Errorf("changed: %v", d)
			}
		})
	}
}
