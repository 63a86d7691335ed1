package reconcile

import (
	"fmt"
	"slices"
	"testing"
)

func TestNewsroom(t *testing.T) {
	type seen struct {
		drift string
		news  News
	}
	for name, c := range map[string]struct {
		told []string
		seen []seen
	}{
		"once and cleared":        {nil, []seen{{"", NoNews}, {"a", Drifted}, {"a", NoNews}, {"", Cleared}, {"", NoNews}}},
		"each distinct one":       {nil, []seen{{"a", Drifted}, {"b", Drifted}, {"b", NoNews}, {"", Cleared}}},
		"to and fro":              {nil, []seen{{"a", Drifted}, {"b", Drifted}, {"a", NoNews}, {"b", NoNews}}},
		"again after it cleared":  {nil, []seen{{"a", Drifted}, {"", Cleared}, {"a", Drifted}}},
		"told by another process": {[]string{"a"}, []seen{{"a", NoNews}, {"", Cleared}}},
	} {
		n := NewNewsroom(c.told)
		if news := n.Next(&Status{}); news != NoNews {
			t.Errorf("%s: %q before anything was compared", name, news)
		}
		for i, s := range c.seen {
			if news := n.Next(&Status{Ready: true, Drift: s.drift}); news != s.news {
				t.Errorf("%s: %d: %q, want %q", name, i, news, s.news)
			}
			n = NewNewsroom(n.Told()) // and a restart in between changes nothing
		}
	}
	n := NewNewsroom(nil)
	for i := range 3 * mostTold {
		n.Next(&Status{Ready: true, Drift: fmt.Sprint(i)})
	}
	if told := n.Told(); len(told) != mostTold || !slices.Contains(told, fmt.Sprint(3*mostTold-1)) {
		t.Errorf("%d remembered", len(told))
	}
}
