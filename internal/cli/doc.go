// Package cli knows flags, the environment, streams, exit codes and who is
// wired to whom. It is the only place that sees everything, and holds no logic
// that would be worth testing alone: a verb reads from top to bottom as "look
// at the flags, call the packages below, print what they say".
//
// Main is a value of its arguments: nothing here reads os.Args, os.Stdout or
// the environment of the process by itself, nor ends the process, so a script
// can run it many times in one process.
//
// stdout carries what was asked for and nothing else; everything said to a
// person (progress, warnings, questions, errors) goes to stderr.
package cli
