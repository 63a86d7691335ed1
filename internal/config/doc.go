// Package config knows YAML, files, positions, references and variables, and
// turns a project folder into a desired model.State or a list of Diagnostics.
//
// It must not know the network: validate runs in a pre-commit hook, offline
// and without credentials (a test forbids net/http among its dependencies). It
// never fetches a secret either; a secret is a reference here.
//
// The way of a document, one file of this package a step:
//
//	files.go      which files belong to the project, read within limits
//	parse.go      bytes -> nodes with positions (scalar.go, syntax.go)
//	document.go   apiVersion, kind, metadata
//	patch.go      merge patches of the target, on nodes
//	variable.go   ${var.x}, on nodes
//	value.go      nodes -> plain trees; secretFrom and fileFrom (source.go)
//	check.go      schema violations -> diagnostics (hint.go: what next)
//	bind.go       plain trees -> resources
//	resolve.go    references between resources (login.go, multiplicity.go: what
//	              they must not say together)
//
// mention.go checks what idpsync.yaml says of single objects, and elsewhere.go
// keeps in mind whom the documents for other targets mean.
//
// Everything up to document.go is done once by Load; the rest once a target,
// by Project.Desired. Nodes know their document, so a value that a patch put in
// is complained about in the patch's file. Numbers are kept as the decimal text
// that JSON would show, since servers compare text.
//
// Desired trees may be shared between targets and must not be changed by those
// who read them.
package config
