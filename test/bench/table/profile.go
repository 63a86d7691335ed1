package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/idpsync/idpsync/test/bench/project"
)

// profile leads idpsync through an apply, plans and validations, and merges
// where its time went into one file.
func (b *bench) profile(into string) error {
	l, err := b.newPool("profile", project.Project{Connections: b.size}, 0)
	if err != nil {
		return err
	}
	defer l.stop()
	var files []string
	for i, verb := range []string{"apply", "plan", "validate", "plan", "validate", "plan", "validate"} {
		c := l.idpsync(verb)
		switch verb {
		case "apply":
			c = l.applied("8")
		case "plan":
			c = l.planned()
		}
		name := filepath.Join(b.work, fmt.Sprintf("%d.cpu", i))
		c.argv[0], c.env = filepath.Join(b.tools, "profile"), append(c.env, "PROFILE="+name)
		if _, err := c.run(); err != nil {
			return err
		}
		files = append(files, name)
	}
	merge := exec.Command("go", append([]string{"tool", "pprof", "-proto"}, files...)...)
	merge.Stderr = os.Stderr
	merged, err := merge.Output()
	if err != nil {
		return err
	}
	return os.WriteFile(into, merged, 0o644)
}
