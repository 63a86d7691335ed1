package model

import "strings"

// Nearest finds the name that was probably meant by a word that is none of
// them; "" when none is near. Of equally near ones the first wins. Every "did you
// mean" of the program asks here, so that they agree.
func Nearest(word string, names []string) string {
	best, distance := "", max(1, min(3, len(word)/3))+1
	lower := strings.ToLower(word)
	for _, c := range names {
		if c == word {
			continue
		}
		if d := editDistance(lower, strings.ToLower(c), distance); d < distance {
			best, distance = c, d
		}
	}
	return best
}

// editDistance counts insertions, deletions, changes and swaps of neighbours
// that make b of a. It gives up at limit and returns it.
func editDistance(a, b string, limit int) int {
	x, y := []rune(a), []rune(b)
	if len(x) > 100 || len(x)-len(y) >= limit || len(y)-len(x) >= limit {
		return limit
	}
	before, row, next := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(x); i++ {
		next[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			next[j] = min(row[j]+1, next[j-1]+1, row[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				next[j] = min(next[j], before[j-2]+1)
			}
		}
		before, row, next = row, next, before
	}
	return min(row[len(y)], limit)
}
