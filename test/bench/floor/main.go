// Command floor does what nobody can leave out, and nothing else.
//
//	floor make N DIR      writes a project of N connections, ten a provider: one
//	                      file each, the providers in one file
//	floor validate SCHEMAS DIR
//	                      reads, parses with positions and validates every document;
//	                      SCHEMAS is the folder of the published schemas
//
// It has no diagnostics, no references between documents, no secrets and no
// variables; it stops at the first fault.
package main

import (
	"fmt"
	"os"
	"strconv"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "floor:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 3 && args[0] == "make":
		n, err := strconv.Atoi(args[1])
		if err != nil {
			return fmt.Errorf("make %s: want a number of connections: %w", args[1], err)
		}
		return makeProject(n, args[2])
	case len(args) == 3 && args[0] == "validate":
		n, err := validate(args[1], args[2])
		if err == nil {
			fmt.Println(n, "documents are valid")
		}
		return err
	}
	return fmt.Errorf("usage: floor make N DIR, floor validate SCHEMAS DIR")
}
