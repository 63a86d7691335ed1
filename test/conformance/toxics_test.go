package conformance

import (
	"encoding/json"
	"slices"
	"testing"
	"time"
)

// outcome is the result document of one apply, as far as it is judged here.
type outcome struct {
	Kind    string
	Summary struct{ Done, Failed, Skipped, Unknown int }
	Steps   []struct {
		Key, Action, Status string
		PartsDone           []string
	}
}

// TestBadLine applies a pool over a line that is slow, narrow, rude or silent,
// from the start or from the middle of the run. Whatever became of the run, what
// it says about it is true; and when the line is good again, a second run ends
// with the pool as declared, and nothing in it twice.
func TestBadLine(t *testing.T) {
	const (
		slow      = `{"type":"latency","attributes":{"latency":40,"jitter":30}}`
		narrow    = `{"type":"bandwidth","attributes":{"rate":40}}`
		crumbs    = `{"type":"slicer","attributes":{"average_size":30,"size_variation":10,"delay":50}}`
		reset     = `{"type":"reset_peer","attributes":{"timeout":0}}`
		resetLate = `{"type":"reset_peer","stream":"upstream","attributes":{"timeout":30}}`
		cut       = `{"type":"limit_data","attributes":{"bytes":1500}}`
		mute      = `{"type":"timeout","attributes":{"timeout":0}}`
		deaf      = `{"type":"timeout","stream":"upstream","attributes":{"timeout":200}}`
		hangUp    = `{"type":"timeout","attributes":{"timeout":200}}`
	)
	tests := []struct {
		name    string
		weather weather
		codes   []int
	}{
		{"latency", weather{toxic: slow}, []int{0}},
		{"bandwidth", weather{toxic: narrow}, []int{0}},
		{"crumbs", weather{toxic: crumbs}, []int{0}},
		{"reset at once", weather{toxic: reset}, []int{7}},
		{"reset at the first write", weather{toxic: reset, after: 1}, []int{5, 7}},
		{"reset in the middle", weather{toxic: reset, after: 12}, []int{5}},
		{"reset on the way there", weather{toxic: resetLate, after: 12}, []int{5}},
		{"answers cut off", weather{toxic: cut, after: 12}, []int{5}},
		{"answers swallowed, then closed", weather{toxic: hangUp, after: 12}, []int{5}},
		{"requests swallowed, then closed", weather{toxic: deaf, after: 12}, []int{5}},
		{"half open, until somebody asks again", weather{toxic: mute, after: 12, untilRead: true}, []int{0}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := startSandbox(t)
			l := layLine(t, s, tt.weather)
			p := newProject(t, s, l.url)
			p.write(t, "pool.yaml", poolFiles())
			out, errs, code := p.idpsync(t, 4*time.Minute, "apply", "--yes", "-o", "json")
			if !slices.Contains(tt.codes, code) {
				t.Errorf("apply ended with %d, want one of %d\n%s", code, tt.codes, errs)
			}
			s.tellsTheTruth(t, out, code)
			l.mend(t)
			s.converges(t, p)
		})
	}
}

// tellsTheTruth compares a result with what the server has.
func (s sandbox) tellsTheTruth(t *testing.T, out string, code int) {
	t.Helper()
	has := s.poolKeys(t)
	var o outcome
	if err := json.Unmarshal([]byte(out), &o); err != nil {
		t.Fatalf("no result on stdout: %v\n%s", err, out)
	}
	count := map[string]int{}
	for _, step := range o.Steps {
		count[step.Status]++
		there := slices.Contains(has, step.Key)
		switch {
		case step.Status == "done" && !there:
			t.Errorf("%s is said to be done, and the server has none", step.Key)
		case step.Status == "skipped" && there:
			t.Errorf("%s is said to be skipped, and the server has it", step.Key)
		case step.Status == "failed" && there != slices.Contains(step.PartsDone, "create"):
			t.Errorf("%s is said to have failed with %q done; on the server: %t", step.Key, step.PartsDone, there)
		}
	}
	got := [4]int{o.Summary.Done, o.Summary.Failed, o.Summary.Skipped, o.Summary.Unknown}
	if want := [4]int{count["done"], count["failed"], count["skipped"], count["unknown"]}; got != want {
		t.Errorf("the summary is %d, the steps are %d (done, failed, skipped, unknown)", got, want)
	}
	if len(o.Steps) == 0 && len(has) > 0 {
		t.Errorf("nothing is said to have been done, and the server has %q", has)
	}
	if whole := len(o.Steps) > 0 && count["done"] == len(o.Steps); whole != (code == 0) {
		t.Errorf("apply ended with %d, and %d of %d steps are done", code, count["done"], len(o.Steps))
	}
}

// converges applies again over a good line.
func (s sandbox) converges(t *testing.T, p project) {
	t.Helper()
	if _, errs, code := p.idpsync(t, 2*time.Minute, "apply", "--yes"); code != 0 {
		t.Fatalf("the second apply ended with %d\n%s", code, errs)
	}
	if out, errs, code := p.idpsync(t, time.Minute, "plan", "--detailed-exitcode"); code != 0 {
		t.Errorf("the plan after it ended with %d\n%s%s", code, out, errs)
	}
	keys := s.poolKeys(t)
	if len(keys) != 27 || len(slices.Compact(slices.Clone(keys))) != len(keys) {
		t.Errorf("the server has %d objects, want each of 27 once: %q", len(keys), keys)
	}
}
