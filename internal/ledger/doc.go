// Package ledger remembers between runs: today only who holds a lock. What was
// applied, the ids and the journal come with it later.
//
// It must not know what a plan means. Losing what it holds must cost memory and
// never truth, because the server is always read again.
package ledger
