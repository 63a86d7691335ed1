// Package ledger remembers between runs: the ids of objects, what was last
// applied, what a tenant was seen to do, what each run did step by step, and
// who holds the lock.
//
// It must not know what a plan means. Losing what it holds costs memory and
// never truth, because the server is always read again; so a ledger that is
// damaged is refused and never guessed at, and moving it away is always a cure.
//
// Ledger, Pool, Writer and Journal are the contract, and conformance_test.go is
// the suite that every backend passes. The one there is keeps files:
//
//	<ledger>/<pool>/pool.json         epoch, and how long memory.jsonl was at the last release
//	<ledger>/<pool>/memory.jsonl      objects and used plans: a log, made short now and then
//	<ledger>/<pool>/traits.json       what doctor and runs have learnt
//	<ledger>/<pool>/journal/*.jsonl   one a run; *.open.jsonl until it is settled
//	<ledger>/<pool>/lock              held by the one run that may write
//
// Every line of a log carries the checksum of itself and of all lines before it
// (record.go), so that a line that was changed, lost or moved is found.
package ledger
