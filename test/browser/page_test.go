package browser

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const settled = `document.getElementById("verdict")?.dataset.verdict === "in sync"`

// TestKeyboard: everything can be reached and read without a mouse.
func TestKeyboard(t *testing.T) {
	w := newWorld(t)
	w.run(w.dir, "apply", "--yes")
	_, at := w.watch("127.0.0.1:0")
	b := browse(t)
	b.open(at)
	b.until("the page is ready", settled)
	b.do(input.DispatchKeyEvent(input.KeyDown).WithKey("/").WithText("/"), input.DispatchKeyEvent(input.KeyUp).WithKey("/")) // as a keyboard does: no letter comes where the key is taken
	b.until("/ leads to the search", `document.activeElement.id === "q"`)
	b.do(chromedp.KeyEvent("LARK"))
	b.until("the search filters", `document.querySelectorAll(".row[data-key]:not([hidden])").length === 3 && document.getElementById("fits").textContent.startsWith("3 ")`)
	b.until("the address keeps it", `location.search === "?q=LARK"`)
	b.do(chromedp.KeyEvent(kb.ArrowDown))
	b.until("down leads to the first row", `document.activeElement.closest(".row")?.dataset.key === "identityprovider/lark"`)
	b.do(chromedp.KeyEvent("j"))
	b.until("and on to the next that shows", `document.activeElement.closest(".row")?.dataset.key === "connection/lark-crew"`)
	b.do(chromedp.KeyEvent(kb.End))
	b.until("End leads to the last", `document.activeElement.closest(".row")?.dataset.key === "connection/lark-partners"`)
	b.do(chromedp.KeyEvent(kb.Enter))
	b.until("Enter opens the object", `document.querySelector("h1")?.innerText.includes("connection/lark-partners")`)
	b.do(chromedp.NavigateBack())
	b.until("what was looked for is still there", `document.getElementById("q")?.value === "LARK" && document.querySelectorAll(".row[data-key]:not([hidden])").length === 3`)
	b.do(chromedp.Focus("#q"), chromedp.KeyEvent(kb.Escape))
	b.until("Escape shows all again", `document.querySelectorAll(".row[data-key]:not([hidden])").length === 13`)
	b.open(at)
	b.until("the page is ready again", settled)
	b.do(chromedp.KeyEvent(kb.Tab))
	b.until("the first Tab offers to skip to the content", `document.activeElement.classList.contains("skip")`)
	b.until("every field and region has a name", `[...document.querySelectorAll("input:not([type=hidden]), nav, section, [role=table], [role=region]")].every(e =>
		e.getAttribute("aria-label") || e.getAttribute("aria-labelledby") || document.querySelector("label[for=" + CSS.escape(e.id || "-") + "]"))`)
	b.until("one row takes the Tab", `document.querySelectorAll('.row a[tabindex="0"]').length === 1`)
}

// TestWithoutScript: all can be read, and searched, without any script.
func TestWithoutScript(t *testing.T) {
	w := newWorld(t)
	w.run(w.dir, "apply", "--yes")
	_, at := w.watch("127.0.0.1:0")
	b := browse(t)
	b.open(at)
	b.until("the page is ready", settled)
	b.do(emulation.SetScriptExecutionDisabled(true))
	b.open(at)
	b.until("the rows are there", `document.querySelectorAll(".row[data-key]").length === 13 && document.getElementById("zone").textContent.includes("UTC")`)
	b.do(chromedp.SendKeys("#q", "lark"), chromedp.Click(".search button"))
	b.until("the search works", `location.search.includes("q=lark") && [...document.querySelectorAll(".row[data-key]")].filter(r => r.offsetHeight > 0).length === 3`)
	for _, one := range []struct{ path, shows string }{
		{"t/local/plan", `document.getElementById("summary").innerText.includes("20 unchanged")`},
		{"t/local/graph", `document.querySelectorAll("svg.picture a").length === 13`},
		{"t/local/runs", `document.querySelectorAll("table.runs tbody tr").length === 1`},
		{"?lang=zh-CN", `document.documentElement.lang === "zh-CN" && document.body.innerText.includes("用户池")`},
	} {
		b.open(at + one.path)
		b.until(one.path, one.shows)
	}
}

// TestToken: nothing shows before the token does, and the page lives after.
func TestToken(t *testing.T) {
	w := newWorld(t)
	w.run(w.dir, "apply", "--yes")
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("correct-horse-battery\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	watching, at := w.watch("127.0.0.1:0", "--auth-token-file", file)
	b := browse(t)
	b.open(at + "t/local/plan")
	b.until("the token is asked for", `location.pathname === "/login" && document.getElementById("token") && !document.body.innerText.includes("corp")`)
	b.picture("login")
	b.do(chromedp.SendKeys("#token", "wrong"+kb.Enter))
	b.until("a wrong one is refused", `document.getElementById("wrong") && location.pathname === "/login"`)
	b.do(chromedp.SendKeys("#token", "correct-horse-battery"+kb.Enter))
	b.until("the right one leads where one wanted to go", `location.pathname === "/t/local/plan" && document.getElementById("summary")`)
	b.until("no script can read the cookie", `document.cookie === ""`)
	b.open(at)
	b.until("the page is ready", settled)
	edit(t, w.dir, "providers/corp.yaml", "Staff login", "Crew login")
	b.until("news arrive", row(conn, `row && row.dataset.state === "pending"`))
	b.do(network.ClearBrowserCookies())
	watching.stop()
	where, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	w.watch(where.Host, "--auth-token-file", file)
	b.until("a login that has ended asks again", `location.pathname === "/login" && document.getElementById("token")`)
}

// TestHostile: what strangers wrote is text, wherever it stands: nothing of it
// runs, and nothing is asked of anybody else.
func TestHostile(t *testing.T) {
	const evil = `<img src=//evil.example/x onerror=alert(1)>"'</script><script>alert(2)</script>`
	w := newWorld(t)
	w.run(w.dir, "apply", "--yes")
	other := w.another()
	edit(t, other, "providers/corp.yaml", "displayName: Staff login", "displayName: '"+strings.ReplaceAll(evil, "'", "''")+"\u202e'")
	w.run(other, "apply", "--yes")
	name := "providers/<img src=x onerror=alert(3)>.yaml"
	w.write(name, "apiVersion: idpsync/v1\nkind: IdentityProvider\nmetadata: {name: '<script>alert(4)</script>'}\nspec: {name: x, type: oidc, odd: 1}\n")
	_, at := w.watch("127.0.0.1:0")
	b := browse(t)
	var mu sync.Mutex
	var wrong []string
	chromedp.ListenTarget(b, func(e any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := e.(type) {
		case *page.EventJavascriptDialogOpening:
			wrong = append(wrong, "a script of a stranger ran: "+e.Message)
		case *network.EventRequestWillBeSent:
			if !strings.HasPrefix(e.Request.URL, at) && !strings.HasPrefix(e.Request.URL, "data:") && !strings.HasPrefix(e.Request.URL, "about:") {
				wrong = append(wrong, "asked for "+e.Request.URL)
			}
		}
	})
	b.do(network.Enable(), page.Enable())
	b.open(at)
	b.until("the bad file is named", fmt.Sprintf(`(document.getElementById("complaints")?.innerText || "").includes(%q)`, name))
	b.picture("hostile file")
	if err := os.Remove(filepath.Join(w.dir, name)); err != nil {
		t.Fatal(err)
	}
	b.until("the drift shows", row(conn, `row && row.dataset.state === "drifted"`))
	for _, path := range []string{"t/local/object?key=" + url.QueryEscape(conn), "t/local/plan"} {
		b.open(at + path)
		b.until("the name is shown as it is written", fmt.Sprintf(`document.getElementById("main").innerText.includes(%q)`, `<img src=//evil.example/x onerror=alert(1)>`))
		b.until("and turns no text around", `!document.documentElement.innerText.includes("\u202e")`)
	}
	b.picture("hostile plan")
	b.open(at + "t/local/graph")
	b.until("the graph", `document.querySelector("svg.picture")`)
	b.until("no element came of it", `!document.querySelector("[onerror], script:not([src='/assets/page.js'])")`)
	mu.Lock()
	defer mu.Unlock()
	if len(wrong) > 0 {
		t.Error(strings.Join(wrong, "\n"))
	}
}

// TestLooks takes pictures from a phone to a wall, in both themes and languages,
// and sees that nothing hangs over the edge.
func TestLooks(t *testing.T) {
	w := newWorld(t)
	w.run(w.dir, "apply", "--yes")
	other := w.another()
	edit(t, other, "providers/corp.yaml", "Staff login", "员工登录（有人在控制台改过的一个很长很长很长很长很长很长的名字）")
	w.run(other, "apply", "--yes")
	edit(t, w.dir, "providers/wechat.yaml", "displayName: ", "displayName: 新的")
	_, at := w.watch("127.0.0.1:0")
	b := browse(t)
	b.open(at)
	b.until("drift and an edit show", row(conn, `row && row.dataset.state === "drifted"`)+` && document.querySelector('.row[data-state="pending"]')`)
	for _, width := range []int64{390, 768, 1280, 1920, 3840} {
		for _, theme := range []string{"light", "dark"} {
			for _, lang := range []string{"en", "zh-CN"} {
				b.do(chromedp.EmulateViewport(width, max(844, width*9/16)),
					emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}))
				for name, path := range map[string]string{"objects": "", "plan": "t/local/plan", "graph": "t/local/graph", "runs": "t/local/runs", "object": "t/local/object?key=" + url.QueryEscape(conn)} {
					if name != "objects" && (theme == "light") != (lang == "en") {
						continue
					}
					at, err := url.Parse(at + path)
					if err != nil {
						t.Fatal(err)
					}
					q := at.Query()
					q.Set("lang", lang)
					at.RawQuery = q.Encode()
					b.open(at.String())
					b.until("the page", fmt.Sprintf(`document.documentElement.lang === %q && document.querySelector("#main .tabs")`, lang))
					b.until("nothing hangs over the edge", `document.documentElement.scrollWidth <= window.innerWidth`)
					b.until("the theme is taken", fmt.Sprintf(`(getComputedStyle(document.documentElement).backgroundColor === "rgb(246, 247, 249)") === (%q === "light")`, theme))
					b.picture(fmt.Sprintf("look %s %d %s %s", name, width, theme, lang))
				}
			}
		}
	}
}
