package config

import (
	"strings"

	"github.com/idpsync/idpsync/internal/diagnostic"
)

// didYouMean is the hint that names the nearest of the candidates; the zero
// Text when none is near.
func didYouMean(word string, candidates []string) diagnostic.Text {
	if best := nearest(word, candidates); best != "" {
		return diagnostic.T("hint.suggest", best)
	}
	return diagnostic.Text{}
}

// nearest finds the candidate that the word was most likely meant to be: at
// most a third of its letters away, and never more than three.
func nearest(word string, candidates []string) string {
	best, limit := "", min(3, 1+len(word)/3)
	for _, c := range candidates {
		if c == word || abs(len(c)-len(word)) > limit {
			continue
		}
		d := editDistance(strings.ToLower(word), strings.ToLower(c))
		if d <= limit && (best == "" || d < limit) {
			best, limit = c, d
		}
	}
	return best
}

// editDistance counts the letters to insert, delete, replace or swap with
// their neighbour.
func editDistance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}
