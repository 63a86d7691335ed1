// Package sandbox is an HTTP server that speaks the vendor's API, from
// contract.md and the published OpenAPI alone, for tests, for trying things
// out and for the embedded target.
//
// It knows the wire: routes, request checking, tokens, both answer envelopes,
// how objects live and die, every documented uncertainty as a dialect switch,
// and faults on request. It keeps its objects in memory and every change in a
// log on disk, so that a kill loses nothing it has answered.
//
// It must not know packages remote and model. Two independent readings of the
// same vendor documents meet on the wire: a shared struct would hide the same
// mistake on both sides.
//
// # The way of a request
//
//	ServeHTTP -> control (/_sandbox/*), or
//	          -> fault -> rate limit -> route -> token -> request check
//	          -> handler under the lock -> change log -> dialect -> record -> answer
//
// Handlers read a state of immutable objects and hand back plain JSON trees;
// a write puts new values into a transaction, which is written to the change
// log before it is applied and before it is answered. Nothing in a stored
// object is ever changed in place, so an answer is encoded outside the lock.
//
// # What is not promised
//
// Codes that no document publishes are INFERRED and stand in one table
// (refusal.go). Messages are ours: no client may depend on them. The server
// runs no goroutine of its own and does not keep two processes off one folder.
package sandbox
