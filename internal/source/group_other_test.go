//go:build !unix

package source_test

import "os/exec"

func group(cmd *exec.Cmd) func() { return func() { _ = cmd.Process.Kill() } }
