//go:build !race

package remote_test

// pairStep: every pair is tried.
const pairStep = 1
