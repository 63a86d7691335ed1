package main

import "testing"

func TestJudge(t *testing.T) {
	echo := []string{"sh", "-c", ":"}
	for _, tt := range []struct {
		promise promise
		kept    bool
	}{
		{promise{pairs: 1}, true},
		{promise{pairs: 1, peak: 10_000}, true},
		{promise{pairs: 1, peak: 0.001}, false},
	} {
		if kept, err := tt.promise.judge("row", echo, echo); err != nil || kept != tt.kept {
			t.Errorf("%+v: kept %t, %v", tt.promise, kept, err)
		}
	}
	if _, err := (promise{pairs: 1}).judge("row", echo, []string{"sh", "-c", "exit 3"}); err == nil {
		t.Error("a command that fails was measured")
	}
}

func TestSplit(t *testing.T) {
	label, a, b, err := split([]string{"row", "--", "a", "1", "--", "b", "2"})
	if err != nil || label != "row" || len(a) != 2 || len(b) != 2 || b[0] != "b" {
		t.Errorf("%q %q %q %v", label, a, b, err)
	}
	for _, bad := range [][]string{nil, {"row"}, {"row", "--", "a"}, {"row", "--", "a", "--"}} {
		if _, _, _, err := split(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestMedian(t *testing.T) {
	if median([]float64{3, 1, 2}) != 2 || median([]float64{4, 1, 2, 3}) != 2.5 {
		t.Error(median([]float64{3, 1, 2}), median([]float64{4, 1, 2, 3}))
	}
}
