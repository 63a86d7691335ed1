// Package apply knows how to carry out a plan step by step against a Target it
// declares itself: in parallel, never out of order, skipping the dependents of
// a failure, starting nothing that takes away once anything has failed, and
// telling each step as an Event. It knows no HTTP and prints nothing.
//
// The end is told truthfully: every change is done, failed, skipped or unknown,
// and nothing is counted twice.
package apply
