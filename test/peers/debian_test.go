package peers

import (
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"
)

var installing sync.Mutex

// packaged gives the path of a program of a Debian package. A pipeline installs
// what it lacks; elsewhere the test is skipped.
func packaged(t *testing.T, name, pkg string) string {
	t.Helper()
	installing.Lock()
	defer installing.Unlock()
	if _, err := exec.LookPath(name); err != nil && os.Getenv("CI") == "true" && os.Geteuid() == 0 {
		for range 3 {
			_, _ = run(5*time.Minute, exec.Command("apt-get", "update", "-qq"))
			if _, err = run(10*time.Minute, exec.Command("apt-get", "install", "-y", "-qq", "--no-install-recommends", pkg)); err == nil {
				break
			}
		}
	}
	return program(t, name) // which says so if it is still missing
}

// goCommand is the go tool in a folder.
func goCommand(dir string, args ...string) *exec.Cmd {
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	return cmd
}
