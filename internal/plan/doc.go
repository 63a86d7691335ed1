// Package plan knows how two states differ and in what order to close the gap.
//
// It does no I/O and is blind to kinds: what is special about a kind stands in
// model.Kinds, and what a schema says of a path is asked through Semantics. A
// pure function can be tested by its laws, and the plan that is shown is the
// plan that is done.
//
//	observed objects --Match--> handles        who on the server bears which name
//	desired, actual  --New----> Plan           changes, and steps in a partial order
//
// A Plan has Changes, one a key, for people; and Steps, one or two a change,
// for apply: a replace is taken apart into the half that removes and the half
// that makes, because other changes stand between the two.
package plan
