// Package reconcile is the page on which the pipeline reads from top to bottom:
//
//	files --config--> desired --+
//	                            +--> plan --> guards --> apply --> verify
//	server --remote--> actual --+
//
// It knows no flags, no terminal and no HTTP: what it needs of a server it
// declares as Remote. A command, a pipeline and a watch mode are the same run.
package reconcile
