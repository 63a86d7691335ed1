// Command floor does what nobody can leave out, and nothing else: the measure
// of idpsync in docs/performance.md.
//
//	floor make N DIR [HOST POOL]
//	        writes a project of N connections
//	floor validate SCHEMAS DIR
//	        reads, parses with positions and validates every document; SCHEMAS is
//	        the folder of the published schemas
//	floor specs SCHEMA DIR
//	        the same for files that hold nothing but what one schema governs
//	floor plan SCHEMAS DIR HOST PARALLELISM
//	        reads, parses and validates, asks the server for everything with the
//	        fewest requests, and counts what differs
//	floor apply DIR HOST PARALLELISM
//	        creates the providers and then the connections of a project
//
// It has no diagnostics, no references between documents, no ledger and no
// journal; it stops at the first fault.
package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/idpsync/idpsync/test/bench/project"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "floor:", err)
		os.Exit(1)
	}
}

var errUsage = errors.New("usage: floor make N DIR [HOST POOL] | validate SCHEMAS DIR | specs SCHEMA DIR | plan SCHEMAS DIR HOST PARALLELISM | apply DIR HOST PARALLELISM")

func run(args []string) error {
	verb := ""
	if len(args) > 0 {
		verb, args = args[0], args[1:]
	}
	switch {
	case verb == "make" && (len(args) == 2 || len(args) == 4):
		return makeProject(args)
	case verb == "validate" && len(args) == 2:
		n, err := validate(args[0], args[1])
		if err == nil {
			fmt.Println(n, "documents are valid")
		}
		return err
	case verb == "specs" && len(args) == 2:
		n, err := specs(args[0], args[1])
		if err == nil {
			fmt.Println(n, "documents are valid")
		}
		return err
	case verb == "plan" && len(args) == 4:
		n, err := strconv.Atoi(args[3])
		if err != nil {
			return errUsage
		}
		return plan(args[0], args[1], args[2], n)
	case verb == "apply" && len(args) == 3:
		n, err := strconv.Atoi(args[2])
		if err != nil {
			return errUsage
		}
		return apply(args[0], args[1], n)
	}
	return errUsage
}

func makeProject(args []string) error {
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return fmt.Errorf("make %s: want a number of connections: %w", args[0], err)
	}
	p := project.Project{Connections: n}
	if len(args) == 4 {
		p.Target = project.Target{Host: args[2], UserPoolID: args[3]}
	}
	return p.Write(args[1])
}
