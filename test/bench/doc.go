// Package bench measures idpsync against the floor: what it costs to do only
// what nobody can leave out. docs/performance.md holds what it measured.
//
//	project/  makes projects of any size, the same each time
//	floor/    the necessary work, as a program
//	bare/     a program that imports what idpsync imports and does nothing
//	table/    runs them in turn and prints the table; exits 1 on a broken bound
//
// It is a module of its own: what it needs, idpsync does not.
package bench
