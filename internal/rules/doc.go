// Package rules knows when a desired state is wrong and when a plan is
// dangerous: one rule, one file, one code. Here, and not in plan, the kinds are
// known by name. It knows no YAML, no files and no HTTP: a Finding names a key
// and a path, and whoever holds the files gives it a place.
package rules
