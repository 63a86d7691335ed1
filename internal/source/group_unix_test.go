//go:build unix

package source_test

import (
	"os/exec"
	"syscall"
)

// group puts a command into a group of its own and gives what ends it.
func group(cmd *exec.Cmd) func() {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
