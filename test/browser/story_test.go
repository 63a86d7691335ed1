package browser

import (
	"net/url"
	"testing"

	"github.com/chromedp/chromedp"
)

const conn = "connection/corp-oidc"

// TestStory: a file is edited, somebody edits the pool, it is repaired, a file
// breaks, the connection is lost and comes back. Each shows by itself.
func TestStory(t *testing.T) {
	w := newWorld(t)
	w.run(w.dir, "apply", "--yes")
	watching, page := w.watch("127.0.0.1:0")
	b := browse(t)
	b.open(page)
	b.until("all is in sync", `document.getElementById("verdict").dataset.verdict === "in sync"`)
	b.until("the row is in sync", row(conn, `row && row.dataset.state === "in sync"`))
	b.picture("story in sync")
	b.until("the numbers tell of passes and requests", `(window.numbers ||= fetch("/metrics").then(r => r.text()).then(s => { window.numbers = null; window.told = s; })) &&
		["idpsync_requests_total{code=\"2xx\",method=\"GET\",target=\"local\"}", "idpsync_pass_duration_seconds_count{outcome=\"ok\",part=\"plan\",target=\"local\"}", "idpsync_ready{target=\"local\"} 1"].every(s => (window.told || "").includes(s))`)

	const order = `[...document.querySelectorAll(".row[data-key]")].map(r => r.dataset.key).join()`
	b.do(chromedp.Evaluate(`window.order = `+order, nil))
	edit(t, w.dir, "providers/corp.yaml", "Staff login", "Crew login")
	b.until("the edit turns the row", row(conn, `row && row.dataset.state === "pending" && row.children[2].textContent !== ""`))
	b.until("the row comes before those that are well", `document.querySelector(".row[data-key]").dataset.key === "`+conn+`"`)
	b.until("the verdict follows", `document.getElementById("verdict").dataset.verdict === "pending"`)
	b.until("the count follows", `document.querySelector('.count[data-state="pending"] b').textContent === "1"`)
	edit(t, w.dir, "providers/corp.yaml", "Crew login", "Staff login")
	b.until("the row turns back", row(conn, `row && row.dataset.state === "in sync"`))
	b.until("the rows are in their order again", order+` === window.order`)

	other := w.another()
	edit(t, other, "providers/corp.yaml", "Staff login", "Somebody else's <b>login</b>")
	w.run(other, "apply", "--yes")
	b.until("somebody's edit of the pool shows as drift, with its reason", row(conn, `row && row.dataset.state === "drifted" && row.children[2].textContent.includes("server")`))
	b.until("the verdict says drift", `document.getElementById("verdict").dataset.verdict === "drifted"`)
	b.picture("story drifted")
	b.open(page + "t/local/object?key=" + url.QueryEscape(conn))
	b.until("the object tells which field, and all its values", `["displayName", "Somebody else's <b>login</b>", "Staff login"].every(s => document.getElementById("main").innerText.includes(s))`)
	b.picture("story object")
	b.open(page + "t/local/plan")
	b.until("the plan tells what would be done", `["displayName", "Somebody else's <b>login</b>", "Staff login"].every(s => document.getElementById("main").innerText.includes(s))`)
	b.picture("story plan")

	w.run(w.dir, "apply", "--yes")
	b.until("the plan empties by itself", `!document.getElementById("main").innerText.includes("Somebody else")`)
	b.open(page + "t/local/runs")
	b.until("both runs of this project are told", `document.querySelectorAll("table.runs tbody tr").length === 2`)
	b.open(page)
	b.until("the repair shows", row(conn, `row && row.dataset.state === "in sync"`))

	edit(t, w.dir, "providers/corp.yaml", "type: oidc\n  displayName", "type: oauth2\n  displayName")
	b.until("the guard that forbids it shows, with the object", `(document.getElementById("guards")?.innerText || "").includes("IDP0307") && document.getElementById("guards").innerText.includes("connection/corp-oidc")`)
	b.picture("story refused")
	edit(t, w.dir, "providers/corp.yaml", "type: oauth2\n  displayName", "type: oidc\n  displayName")
	b.until("it goes again", `!document.getElementById("guards")`)

	edit(t, w.dir, "providers/corp.yaml", "provider: corp", "provider: nowhere")
	b.until("the complaint shows, with its place", `(document.getElementById("complaints")?.innerText || "").includes("providers/corp.yaml:")`)
	b.until("the verdict says so", `document.getElementById("verdict").dataset.verdict === "invalid"`)
	b.until("the objects of before are still there", row(conn, `row && row.dataset.state === "in sync"`))
	b.picture("story invalid")
	edit(t, w.dir, "providers/corp.yaml", "provider: nowhere", "provider: corp")
	b.until("it goes again", `!(document.getElementById("complaints")?.innerText || "").includes("providers/corp.yaml:")`)

	watching.stop()
	b.until("the lost connection shows", `document.getElementById("link").classList.contains("lost") && document.getElementById("link").textContent !== "" && getComputedStyle(document.getElementById("main")).opacity < 1`)
	b.picture("story lost")
	edit(t, w.dir, "providers/corp.yaml", "Staff login", "Crew login")
	at, err := url.Parse(page)
	if err != nil {
		t.Fatal(err)
	}
	w.watch(at.Host)
	b.until("the connection is back", `!document.getElementById("link").classList.contains("lost") && getComputedStyle(document.getElementById("main")).opacity === "1"`)
	b.until("and so is what was missed", row(conn, `row && row.dataset.state === "pending"`))
}
