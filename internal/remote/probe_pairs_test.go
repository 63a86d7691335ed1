package remote_test

import (
	"testing"
	"testing/synctest"

	"github.com/idpsync/idpsync/internal/remote"
)

// hiddenByTwo lists what is seen under either of two values and not under both.
var hiddenByTwo = map[[2]string]string{
	{"conn-fields=off", "app-update=full"}:       "null-unsets",
	{"fields-update=replace", "app-update=full"}: "null-unsets",
}

// Under any two unusual values together a doctor says nothing that is wrong, and
// is silent only where it must be.
func TestProbeTellsEveryPair(t *testing.T) {
	names := remote.Switches()
	for i, one := range names {
		t.Run(one, func(t *testing.T) {
			t.Parallel()
			n := i
			for _, other := range names[i+1:] {
				for _, a := range switchValues[one][1:] {
					for _, b := range switchValues[other][1:] {
						n++
						if one != "v3" && n%pairStep == 0 { // without V3 nothing is probed
							probePair(t, one, a, other, b)
						}
					}
				}
			}
		})
	}
}

func probePair(t *testing.T, one, a, other, b string) {
	first, second := one+"="+a, other+"="+b
	synctest.Test(t, func(t *testing.T) {
		set := map[string]string{one: a, other: b}
		n := newTenant(t, set)
		d := n.doctor()
		found := n.examine(d)
		if err := d.Probe(t.Context(), never(), quietly); err != nil {
			t.Errorf("%s, %s: %v", first, second, err)
		}
		for _, s := range remote.Switches() {
			want, got := switchValues[s][0], found.Traits[s]
			if v, ok := set[s]; ok {
				want = v
			}
			_, hidden := blind[first][s]
			_, hiddenToo := blind[second][s]
			silent := hidden || hiddenToo || hiddenByTwo[[2]string{first, second}] == s
			unknown := got.Evidence == remote.Unknown
			switch {
			case unknown && (!silent || got.Why == ""):
				t.Errorf("%s, %s: %s is not told (%q)", first, second, s, got.Why)
			case !unknown && got.Value != want && (s != "stale-reads" || want == "0ms"):
				t.Errorf("%s, %s: %s is told to be %q, it is %s", first, second, s, got.Value, want)
			}
		}
		if left := n.names(); len(left) > 0 {
			t.Errorf("%s, %s: left behind %v", first, second, left)
		}
	})
}
