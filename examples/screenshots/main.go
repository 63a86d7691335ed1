// Command screenshots draws the pictures of docs/pictures: what a terminal of 96
// columns shows of real runs on a copy of examples/config, in both languages, as
// SVG that follows the reader's light or dark theme.
//
// "make screenshots" runs it; a test beside it fails when a picture is stale.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	to := flag.String("to", "docs/pictures", "the folder to write into")
	project := flag.String("project", "examples/config", "the project to run on")
	flag.Parse()
	if err := write(*project, *to); err != nil {
		fmt.Fprintln(os.Stderr, "screenshots:", err)
		os.Exit(1)
	}
}

func write(project, to string) error {
	pictures, err := draw(project)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	for name, svg := range pictures {
		if err := os.WriteFile(filepath.Join(to, name), svg, 0o644); err != nil {
			return err
		}
	}
	return nil
}
