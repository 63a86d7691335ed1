package browser

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// patience is how long anything may take to show on the page.
const patience = time.Minute

// chromium gives the path of the browser. Where it is missing it is installed if
// that is allowed; else the test is skipped, and fails in a pipeline, where
// nobody reads what was skipped.
func chromium(t *testing.T) string {
	t.Helper()
	if bin, err := exec.LookPath("chromium"); err == nil {
		return bin
	}
	err := installed()
	if bin, found := exec.LookPath("chromium"); found == nil {
		return bin
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("chromium is not installed, and %s needs it: %v", t.Name(), err)
	}
	fmt.Fprintf(os.Stderr, "SKIPPED: %s, because chromium is not installed: %v\n", t.Name(), err)
	t.Skip("SKIPPED: chromium is not installed")
	return ""
}

// installed installs the browser, and letters for Chinese, once in a run.
var installed = sync.OnceValue(func() error {
	if os.Geteuid() != 0 {
		return errors.New("only root may install packages")
	}
	for _, args := range [][]string{{"update", "-qq"}, {"install", "-y", "-qq", "--no-install-recommends", "chromium", "fonts-noto-cjk"}} {
		if out, err := command(10*time.Minute, "apt-get", args...).CombinedOutput(); err != nil {
			return fmt.Errorf("apt-get %s: %w\n%s", args[0], err, out[max(0, len(out)-2000):])
		}
	}
	return nil
})

// command is one that is killed after the limit.
func command(limit time.Duration, name string, args ...string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	c := exec.CommandContext(ctx, name, args...)
	c.Cancel = func() error {
		cancel()
		return c.Process.Kill()
	}
	c.WaitDelay = 10 * time.Second
	return c
}

// program is idpsync as it is in this tree, built once in a run.
var program = sync.OnceValues(func() (string, error) {
	var err error
	if built, err = os.MkdirTemp("", "idpsync-browser-"); err != nil {
		return "", err
	}
	bin := filepath.Join(built, "idpsync")
	c := command(10*time.Minute, "go", "build", "-o", bin, "./cmd/idpsync")
	c.Dir = filepath.Join("..", "..")
	if out, err := c.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return bin, nil
})

// built is the folder of the program; "" before it was needed.
var built string

func TestMain(m *testing.M) {
	code := m.Run()
	if built != "" {
		os.RemoveAll(built)
	}
	os.Exit(code)
}

// tab is one page of a browser.
type tab struct {
	t *testing.T
	context.Context
}

// browse starts a Chromium of its own for the test, which ends with it. Its
// profile is a folder that the library makes and takes away: a last process of the
// browser may write there after the test, which a t.TempDir would call a failure.
func browse(t *testing.T, more ...chromedp.ExecAllocatorOption) *tab {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium(t)), chromedp.NoSandbox,
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-background-networking", true), chromedp.Flag("lang", "en-US"),
		chromedp.WSURLReadTimeout(2*time.Minute))
	ctx, stop := chromedp.NewExecAllocator(context.Background(), append(options, more...)...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, timeout := context.WithTimeout(ctx, 10*time.Minute)
	t.Cleanup(timeout)
	b := &tab{t, ctx}
	if err := chromedp.Run(ctx); err != nil { // the browser lives as long as the context that started it
		t.Fatal(err)
	}
	b.do(chromedp.EmulateViewport(1280, 900))
	return b
}

// do does something that must succeed.
func (b *tab) do(actions ...chromedp.Action) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b, 2*patience)
	defer cancel()
	if err := chromedp.Run(ctx, actions...); err != nil {
		b.t.Fatalf("%v\nthe page: %s", err, b.text())
	}
}

func (b *tab) open(url string) {
	b.t.Helper()
	b.do(chromedp.Navigate(url))
}

// is asks the page; an error, as while it loads, is no.
func (b *tab) is(condition string) bool {
	var yes bool
	return chromedp.Run(b, chromedp.Evaluate("Boolean("+condition+")", &yes)) == nil && yes
}

// until waits for a condition of the page.
func (b *tab) until(what, condition string) {
	b.t.Helper()
	if !b.within(patience, func() bool { return b.is(condition) }) {
		b.t.Fatalf("after %s still not: %s (%s)\nthe page: %s", patience, what, condition, b.text())
	}
}

// within repeats a look until it is so.
func (b *tab) within(limit time.Duration, look func() bool) bool {
	end := time.NewTimer(limit)
	defer end.Stop()
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for !look() {
		select {
		case <-end.C:
			return look()
		case <-b.Done():
			return false
		case <-again.C:
		}
	}
	return true
}

// text is what a reader sees, for a failure's message.
func (b *tab) text() string {
	var s string
	_ = chromedp.Run(b, chromedp.Evaluate("document.body ? document.body.innerText : ''", &s))
	return s[:min(len(s), 3000)]
}

// row is a condition about the row of an object.
func row(key, condition string) string {
	return fmt.Sprintf(`(() => { const row = [...document.querySelectorAll(".row[data-key]")].find(r => r.dataset.key === %q); return %s; })()`, key, condition)
}

// picture takes a picture of what is in sight and keeps it where
// IDPSYNC_SCREENSHOTS says; one that is all of one colour is a failure.
func (b *tab) picture(name string) {
	b.t.Helper()
	var png []byte
	b.do(chromedp.CaptureScreenshot(&png))
	if !bytes.HasPrefix(png, []byte("\x89PNG")) || len(png) < 4000 {
		b.t.Errorf("picture %s is empty: %d bytes", name, len(png))
	}
	if dir := os.Getenv("IDPSYNC_SCREENSHOTS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, strings.ReplaceAll(name, " ", "-")+".png"), png, 0o600); err != nil {
			b.t.Error(err)
		}
	}
}
