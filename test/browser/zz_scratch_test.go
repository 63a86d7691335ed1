package browser

import (
	"os"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

func TestScratch(t *testing.T) {
	if os.Getenv("SCRATCH") == "" {
		t.Skip()
	}
	b := browse(t)
	shot := func(name, url string, w, h int64, dark bool) {
		scheme := "light"
		if dark {
			scheme = "dark"
		}
		b.do(chromedp.EmulateViewport(w, h), emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}))
		b.open(url)
		b.until("there", `document.querySelector("h1, #head")`)
		b.picture(name)
	}
	shot("wide", "http://127.0.0.1:18484/", 1440, 900, false)
	shot("dark-zh", "http://127.0.0.1:18484/?lang=zh-CN", 1280, 900, true)
	shot("phone", "http://127.0.0.1:18484/", 390, 844, false)
	shot("phone-rows", "http://127.0.0.1:18484/?q=customer-000#results", 390, 844, true)
	shot("mid", "http://127.0.0.1:18484/?q=customer-000", 900, 900, false)
	shot("uhd", "http://127.0.0.1:18484/", 3840, 2160, false)
	shot("dead", "http://127.0.0.1:18484/t/main~customer-00007", 1280, 900, true)
	shot("lost", "http://127.0.0.1:18485/", 1440, 900, true)
	for _, word := range []string{"customer-0999", "", "9", "nothing", "cut"} {
		t.Logf("%q: %.0f ms", word, best(b, 100, 3, func() float64 {
			var ms float64
			b.do(chromedp.Evaluate(`new Promise(done => { const q = document.getElementById("q"), begun = performance.now(), old = document.getElementById("results");
			q.value = "`+word+`"; q.dispatchEvent(new InputEvent("input", {bubbles: true}));
			const look = () => document.getElementById("results") !== old ? requestAnimationFrame(() => done(performance.now() - begun)) : setTimeout(look, 1); look(); })`, &ms, awaited))
			return ms
		}))
	}
}
