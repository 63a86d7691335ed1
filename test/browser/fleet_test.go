package browser

import (
	"fmt"
	"net/url"
	"regexp"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

const fleetTargets = 50

var replicaName = regexp.MustCompile(`this is replica ([^ ,]+)`)

// counted is a condition about how many targets are in a state.
func counted(state string, n int) string {
	return fmt.Sprintf(`document.querySelector('#counts .count[data-state=%q] b')?.textContent === "%d"`, state, n)
}

// slowly waits for what takes longer than a page: a lease that runs out.
func (b *tab) slowly(what, condition string) {
	b.t.Helper()
	if !b.within(4*time.Minute, func() bool { return b.is(condition) }) {
		b.t.Fatalf("still not: %s (%s)\nthe page: %s", what, condition, b.text())
	}
}

// TestFleet: two replicas bring fifty pools in line; somebody edits one of them;
// a replica is killed, and the other goes on with all targets; the database is out
// of reach for a while. Each shows by itself.
func TestFleet(t *testing.T) {
	w, database := newFleet(t, fleetTargets)
	way, through := lay(t, database)
	one, page := w.replica(through)
	two, _ := w.replica(database)
	b := browse(t)
	b.open(page)
	b.slowly("all of them are in line", counted("in sync", fleetTargets))
	b.until("the one that is not comes first, with the reason", `(() => { const row = document.querySelector(".row[data-key]"); return row.dataset.key === "main/t-away" && row.dataset.state === "failing" && row.querySelector(".why").textContent.includes("127.0.0.1:1"); })()`)
	b.until("both replicas are there, and one leads", `document.querySelectorAll('#fleet [data-replica][data-gone="false"]').length === 2 && document.querySelectorAll("#fleet [data-replica] .badge.pending").length === 1`)
	b.picture("fleet in sync")
	w.fleetFile("detect")
	for _, p := range []*process{one, two} {
		if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}
	b.open(page + "t/main~t07")
	b.slowly("nothing is written any more", `document.getElementById("head").innerText.includes("nothing is written")`)
	drifts(b, w, page)
	searches(b, page)

	b.open(page)
	if err := two.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	b.slowly("the replica is gone", fmt.Sprintf(`document.querySelector('#fleet [data-replica=%q]')?.dataset.gone === "true"`, two.name()))
	b.picture("fleet replica gone")
	b.slowly("the other one has looked after all targets", fmt.Sprintf(`(() => { const rows = [...document.querySelectorAll(".row[data-key]:not([data-key='main/t-away'])")];
		return rows.length === %d && rows.every(r => r.querySelector(".by").textContent.includes(%q)); })()`, fleetTargets, one.name()))

	way.cut()
	b.until("the page says that what it shows is old", `document.getElementById("away") && document.querySelectorAll(".row[data-key]").length > 0`)
	b.picture("fleet without database")
	b.open(page + "t/main~t07")
	b.until("a target's page says so too", `document.getElementById("away")`)
	way.mend()
	b.until("the database is back", `!document.getElementById("away")`)
	b.open(page)
	b.until("the list knows too", `!document.getElementById("away")`)
	looks(b, page)
}

// drifts edits one pool, sees that on the list, and looks closer.
func drifts(b *tab, w *world, page string) {
	b.t.Helper()
	b.open(page)
	w.run(w.elsewhere("Portal of ours", "Somebody else's <b>portal</b>"), "apply", "--yes", "-t", "t07")
	b.slowly("one drifted, and comes after the one that fails", counted("drifted", 1)+` && document.querySelectorAll(".row[data-key]")[1].dataset.key === "main/t07"`)
	b.picture("fleet drifted")
	b.do(chromedp.Click(`.row[data-key="main/t07"] a`, chromedp.ByQuery))
	b.until("its page shows the object", row("application/portal", `row && row.dataset.state === "drifted"`))
	b.open(page + "t/main~t07/object?key=" + url.QueryEscape("application/portal"))
	b.until("and which field", `["appName", "Somebody else's <b>portal</b>", "Portal of ours"].every(s => document.getElementById("main").innerText.includes(s))`)
	b.open(page + "t/main~t07/runs")
	b.until("and what was applied", `document.querySelectorAll("table.runs tbody tr").length > 0`)
}

// searches narrows the list by word and by state, with the keyboard and the mouse.
func searches(b *tab, page string) {
	b.t.Helper()
	b.open(page)
	b.until("all rows are there", fmt.Sprintf(`document.querySelectorAll(".row[data-key]").length === %d`, fleetTargets+1))
	b.do(chromedp.SendKeys("#q", "t0", chromedp.ByQuery))
	b.until("ten of them fit", `document.querySelectorAll(".row[data-key]").length === 10 && location.search.includes("q=t0") && document.activeElement.id === "q"`)
	b.do(chromedp.Click(`.count[data-state="drifted"]`, chromedp.ByQuery))
	b.until("one of them drifted", `document.querySelectorAll(".row[data-key]").length === 1 && document.querySelector('.count[aria-current][data-state="drifted"]')`)
	b.do(chromedp.Reload())
	b.until("the address keeps that", `document.querySelectorAll(".row[data-key]").length === 1 && document.getElementById("q").value === "t0"`)
}

// looks takes pictures of the list from a phone to a wall, in both themes and
// languages, and sees that nothing hangs over the edge.
func looks(b *tab, page string) {
	b.t.Helper()
	for _, width := range []int64{390, 768, 1280, 3840} {
		for _, theme := range []string{"light", "dark"} {
			for _, lang := range []string{"en", "zh-CN"} {
				b.do(chromedp.EmulateViewport(width, max(844, width*9/16)),
					emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}))
				b.open(page + "?lang=" + lang)
				b.until("it is there, and within the edges", `document.querySelectorAll(".row[data-key]").length > 0 && document.documentElement.scrollWidth <= innerWidth`)
				b.picture(fmt.Sprintf("fleet %d %s %s", width, theme, lang))
			}
		}
	}
}
