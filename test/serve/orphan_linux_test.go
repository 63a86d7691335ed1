package serve

import (
	"os/exec"
	"syscall"
)

// orphan ends a process with the test that began it, also when that test is
// killed. The signal comes when the thread ends that began it; tests have time.
func orphan(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
