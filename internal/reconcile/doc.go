// Package reconcile is the page on which the pipeline reads from top to bottom:
//
//	files --config--> desired --+
//	                            +--> plan --> guards --> apply --> verify
//	server --remote--> actual --+
//
// It knows no flags, no terminal and no HTTP: what it needs of a server it
// declares as Remote. A command, a pipeline and a watch mode are the same run.
//
// Loop repeats it: a look at the files whenever somebody calls Wake, a pass when
// they ask for something else or the interval is over, one at a time. What is
// known of the target at any moment is a Status, published as a whole and never
// changed. Loop does not know who wakes it, where files come from, or who looks.
package reconcile
