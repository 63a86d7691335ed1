package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// didYouMean suggests the known word that is nearest to the typed one; "" when
// none is near.
func didYouMean(typed string, known []string) string {
	if best := nearest(typed, known); best != "" {
		return fmt.Sprintf("did you mean %s?", best)
	}
	return ""
}

func nearest(typed string, known []string) string {
	best, least := "", max(2, len(typed)/3)+1
	for _, k := range known {
		if d := distance(strings.ToLower(typed), strings.ToLower(k)); d < least {
			best, least = k, d
		}
	}
	return best
}

// distance counts the edits from a to b; two neighbours swapped are one edit.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	rows := make([][]int, len(x)+1)
	for i := range rows {
		rows[i] = make([]int, len(y)+1)
		rows[i][0] = i
	}
	for j := range y {
		rows[0][j+1] = j + 1
	}
	for i := range x {
		for j := range y {
			cost := 1
			if x[i] == y[j] {
				cost = 0
			}
			d := min(rows[i][j+1]+1, rows[i+1][j]+1, rows[i][j]+cost)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				d = min(d, rows[i-1][j-1]+1)
			}
			rows[i+1][j+1] = d
		}
	}
	return rows[len(x)][len(y)]
}

// later are verbs that are part of the contract and not there yet.
var later = []string{"init", "drift", "export", "watch", "serve", "fmt", "show", "graph", "journal", "doctor"}

func unknownVerb(parent *cobra.Command, typed string) error {
	for _, verb := range later {
		if verb == typed && !parent.HasParent() {
			return usage("", "%s is not built yet", verb)
		}
	}
	var known []string
	for _, c := range parent.Commands() {
		if !c.Hidden {
			known = append(known, c.Name())
		}
	}
	hint := didYouMean(typed, known)
	if hint == "" {
		hint = parent.CommandPath() + " --help lists them"
	}
	return usage(hint, "unknown verb %q", typed)
}
