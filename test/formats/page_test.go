package formats

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/idpsync/idpsync/internal/report"
)

// until polls a script until it says true; a page takes its time on a busy
// machine.
func until(t *testing.T, ctx context.Context, script string) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		var is bool
		err := chromedp.Run(ctx, chromedp.Evaluate("Boolean("+script+")", &is))
		if err == nil && is {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("never true: %s (%v)", script, err)
		}
		if err := chromedp.Run(ctx, chromedp.Sleep(50*time.Millisecond)); err != nil {
			t.Fatal(err)
		}
	}
}

func number(t *testing.T, ctx context.Context, script string) (n float64) {
	t.Helper()
	if err := chromedp.Run(ctx, chromedp.Evaluate(script, &n)); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestPageRunsNothingOfANames shows a page full of hostile names. Nothing in it
// is executed or asked for, its own script runs, and all of them can be read.
func TestPageRunsNothingOfANames(t *testing.T) {
	for name, doc := range map[string]report.Document{"plan": hostilePlan(), "findings": hostileFindings()} {
		text := render(t, "html", doc, "en")
		s := serve(t, text)
		ctx := browse(t)
		var complaints []string
		chromedp.ListenTarget(ctx, func(e any) {
			switch e := e.(type) {
			case *page.EventJavascriptDialogOpening:
				complaints = append(complaints, "a dialog: "+e.Message)
			case *runtime.EventExceptionThrown:
				complaints = append(complaints, "an exception: "+e.ExceptionDetails.Error())
			}
		})
		if err := chromedp.Run(ctx, chromedp.Navigate(s.URL+"/page")); err != nil {
			t.Fatal(err)
		}
		until(t, ctx, `!document.getElementById("tools").hidden`)
		if n := number(t, ctx, `document.querySelectorAll("script, img, iframe, object, embed, link, base, a:not(.skip)").length`); n != 1 {
			t.Errorf("%s: %v elements that load or lead somewhere, want our script alone", name, n)
		}
		if n := number(t, ctx, `[...document.querySelectorAll("*")].filter((e) => [...e.attributes].some((a) => a.name.startsWith("on") || a.name === "style")).length`); n != 0 {
			t.Errorf("%s: %v elements with a handler or a style of their own", name, n)
		}
		var title, all string
		if err := chromedp.Run(ctx, chromedp.Title(&title), chromedp.Evaluate(`document.getElementById("items").textContent`, &all)); err != nil {
			t.Fatal(err)
		}
		if title == "executed" {
			t.Errorf("%s: a name was executed", name)
		}
		for _, n := range hostile {
			if want := report.Clean(n); len(want) < 200 && !strings.Contains(all, want) {
				t.Errorf("%s: the page does not show %q", name, want)
			}
		}
		if len(complaints) > 0 || len(s.others()) > 0 {
			t.Errorf("%s: %q, asked for %q", name, complaints, s.others())
		}
	}
}

// TestPageReadsWithoutScript turns scripts off: everything can be read and folded.
func TestPageReadsWithoutScript(t *testing.T) {
	s := serve(t, render(t, "html", recordedPlan(t), "en"))
	ctx := browse(t)
	if err := chromedp.Run(ctx, emulation.SetScriptExecutionDisabled(true), chromedp.Navigate(s.URL+"/page")); err != nil {
		t.Fatal(err)
	}
	var nodes string
	if err := chromedp.Run(ctx, chromedp.OuterHTML("html", &nodes, chromedp.ByQuery)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`id="tools" role="search" hidden`, "connection/corp-oidc", "IDP0307 replace", "门户网站", `<svg class="picture" role="img"`} {
		if !strings.Contains(nodes, want) {
			t.Errorf("without script the page lacks %q", want)
		}
	}
}

// TestPageFilters types into the filter of a page with 5,000 changes.
func TestPageFilters(t *testing.T) {
	s := serve(t, render(t, "html", manyChanges(5000), "en"))
	ctx := browse(t)
	if err := chromedp.Run(ctx, chromedp.Navigate(s.URL+"/page")); err != nil {
		t.Fatal(err)
	}
	shown := `[...document.querySelectorAll("#items > .item")].filter((e) => !e.hidden).length`
	until(t, ctx, `!document.getElementById("tools").hidden && `+shown+` === 5000`)
	type step struct{ typed, want string }
	for _, st := range []step{{"corp-00012", "1"}, {"企业单点登录 corp-0049", "10"}, {"ISSUERURL corp-0001", "10"}, {"nothing has this", "0"}, {"", "5000"}} {
		if err := chromedp.Run(ctx, chromedp.Evaluate(fmt.Sprintf(`(() => { const f = document.getElementById("filter"); f.value = %q; f.dispatchEvent(new Event("input")); return true; })()`, st.typed), nil)); err != nil {
			t.Fatal(err)
		}
		until(t, ctx, shown+" === "+st.want)
		until(t, ctx, fmt.Sprintf(`document.getElementById("count").textContent.startsWith("%s of 5000")`, st.want))
	}
	// The best of ten, so that a busy machine is not what is measured.
	best := number(t, ctx, `(() => { const f = document.getElementById("filter"); let best = 1e9;
		for (let i = 0; i < 10; i++) { const from = performance.now(); f.value = "corp-0" + i; f.dispatchEvent(new Event("input")); document.body.offsetHeight; best = Math.min(best, performance.now() - from); }
		return best; })()`)
	t.Logf("filtering 5,000 changes takes %.0f ms at best", best)
	if best > 1000 {
		t.Errorf("filtering takes %.0f ms at best of ten", best)
	}
}

// TestPageByKeyboard opens the second change without a mouse.
func TestPageByKeyboard(t *testing.T) {
	s := serve(t, render(t, "html", recordedPlan(t), "en"))
	ctx := browse(t)
	if err := chromedp.Run(ctx, chromedp.Navigate(s.URL+"/page")); err != nil {
		t.Fatal(err)
	}
	until(t, ctx, `!document.getElementById("tools").hidden`)
	if err := chromedp.Run(ctx, chromedp.KeyEvent("j"), chromedp.KeyEvent("j"), chromedp.KeyEvent("\r")); err != nil {
		t.Fatal(err)
	}
	until(t, ctx, `document.querySelectorAll("#items > .item")[1].open`)
	if err := chromedp.Run(ctx, chromedp.KeyEvent("/")); err != nil {
		t.Fatal(err)
	}
	until(t, ctx, `document.activeElement.id === "filter"`)
	// The driver sends the sign of a key even if its event was taken.
	if err := chromedp.Run(ctx, chromedp.Evaluate(`document.getElementById("filter").value = ""`, nil), chromedp.KeyEvent("wiki")); err != nil {
		t.Fatal(err)
	}
	until(t, ctx, `document.getElementById("filter").value === "wiki"`)
	until(t, ctx, `document.getElementById("count").textContent.startsWith("2 of 6")`)
	if n := number(t, ctx, `[...document.querySelectorAll("input, button, [role], section, svg")].filter((e) => !(e.ariaLabel || e.labels?.length || e.textContent.trim() || e.getAttribute("aria-labelledby"))).length`); n != 0 {
		t.Errorf("%v controls or regions without a name for a screen reader", n)
	}
}

// TestPageFits shows the page from a phone to a desk, in both themes and
// languages: nothing is wider than the screen. With IDPSYNC_PICTURES the pictures
// are kept in that folder, to be looked at.
func TestPageFits(t *testing.T) {
	for _, lang := range []string{"en", "zh-CN"} {
		for name, doc := range map[string]report.Document{"plan": recordedPlan(t), "hostile": hostilePlan()} {
			s := serve(t, render(t, "html", doc, lang))
			ctx := browse(t)
			for _, width := range []int64{360, 768, 1280} {
				for _, theme := range []string{"light", "dark"} {
					media := emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}})
					if err := chromedp.Run(ctx, media, chromedp.EmulateViewport(width, 900), chromedp.Navigate(s.URL+"/page")); err != nil {
						t.Fatal(err)
					}
					until(t, ctx, `!document.getElementById("tools").hidden`)
					if err := chromedp.Run(ctx, chromedp.Evaluate(`document.getElementById("open").click()`, nil)); err != nil {
						t.Fatal(err)
					}
					if wide := number(t, ctx, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); wide > 0 {
						t.Errorf("%s in %s is %v pixels wider than a screen of %d", name, lang, wide, width)
					}
					keepPicture(t, ctx, fmt.Sprintf("%s-%s-%s-%d.png", name, lang, theme, width))
				}
			}
			var got string
			if err := chromedp.Run(ctx, chromedp.Evaluate(`document.documentElement.lang`, &got)); err != nil || got != lang {
				t.Errorf("the page says that it is in %q: %v", got, err)
			}
		}
	}
}

func keepPicture(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	dir := os.Getenv("IDPSYNC_PICTURES")
	if dir == "" {
		return
	}
	var png []byte
	if err := chromedp.Run(ctx, chromedp.FullScreenshot(&png, 100)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), png, 0o600); err != nil {
		t.Fatal(err)
	}
}
