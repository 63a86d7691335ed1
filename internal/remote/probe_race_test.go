//go:build race

package remote_test

// pairStep: the race detector makes each pair ten times slower and finds nothing
// in the fifth that it did not find in the first.
const pairStep = 5
