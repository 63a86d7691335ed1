package peers

import (
	"os/exec"
	"testing"
	"time"
)

// TestManPages lets mandoc judge the pages of man: not even a matter of style.
func TestManPages(t *testing.T) {
	mandoc := packaged(t, "mandoc", "mandoc")
	pages := files(t, "../../man", ".1")
	if len(pages) < 15 {
		t.Errorf("%d pages only", len(pages))
	}
	out, err := run(time.Minute, exec.Command(mandoc, append([]string{"-T", "lint", "-W", "style"}, pages...)...))
	if err != nil || len(out) > 0 {
		t.Errorf("%v\n%s", err, out)
	}
}
