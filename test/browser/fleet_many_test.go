package browser

import (
	"context"
	"fmt"
	"math"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/idpsync/idpsync/internal/reconcile"
	"github.com/idpsync/idpsync/internal/web"
)

// TestManyTargets: the list of ten thousand targets, as a replica has them in
// memory, is searched and paged. How quick that is, is told; what a machine with
// other work makes of it is nothing to fail for.
func TestManyTargets(t *testing.T) {
	const many = 10_000
	list := make([]web.Target, many)
	for i := range list {
		name := fmt.Sprintf("main/customer-%05d", i)
		st := &reconcile.Status{
			Target: name, Verdict: reconcile.InSync, Commit: "0123456789abcdef", LastPass: time.Now(), Since: time.Now(),
			Counts: reconcile.Counts{InSync: 20}, Brief: &reconcile.Brief{},
		}
		job := web.Job{Source: "main", Replica: "host-17-abcdef", Next: time.Now()}
		if i%100 == 0 {
			st.Verdict, st.Trouble = reconcile.Failing, &reconcile.Trouble{Message: "the server does not answer any more"}
		}
		if i == 4321 {
			job.State, job.Reason = web.JobDead, "the server does not answer any more"
		}
		list[i] = web.Target{
			Name: name, Status: func() *reconcile.Status { return st }, Job: func() web.Job { return job },
			Whole: func(context.Context) (*reconcile.Status, error) { return st, nil },
		}
	}
	s, err := web.New(web.Options{List: func() []web.Target { return list }, Fleet: func() *web.Fleet { return &web.Fleet{Read: time.Now()} }})
	if err != nil {
		t.Fatal(err)
	}
	at := httptest.NewServer(s)
	t.Cleanup(func() { at.CloseClientConnections(); at.Close() })
	b := browse(t)
	b.open(at.URL)
	b.until("the worst is the first of all", `document.querySelector(".row[data-key]").dataset.key === "main/customer-04321" && document.querySelectorAll(".row[data-key]").length === 200`)
	var paint float64
	b.do(chromedp.Evaluate(`new Promise(done => {
		const look = () => { const p = performance.getEntriesByName("first-contentful-paint")[0]; if (p) done(p.startTime); else requestAnimationFrame(look); };
		look(); })`, &paint, awaited))
	slowest := 0.0
	for word, rows := range map[string]int{"customer-0999": 10, "": 200, "09999": 1, "no such thing": 0, "does not answer": 101} {
		least := math.Inf(1)
		for range 5 {
			var ms float64
			b.do(chromedp.Evaluate(fmt.Sprintf(`new Promise(done => { const q = document.getElementById("q"), begun = performance.now(), old = document.getElementById("results");
				q.value = %q; q.dispatchEvent(new InputEvent("input", {bubbles: true}));
				const look = () => document.getElementById("results") !== old ? requestAnimationFrame(() => done(performance.now() - begun)) : setTimeout(look, 1); look(); })`, word), &ms, awaited))
			least = min(least, ms)
		}
		b.until("the search is done", fmt.Sprintf(`document.querySelectorAll(".row[data-key]").length === %d && document.getElementById("nothing").hidden === %t`, rows, rows > 0))
		slowest = max(slowest, least)
	}
	t.Logf("%d targets: first paint %.0f ms, search %.0f ms (the best of the slowest word)", many, paint, slowest)
	b.open(at.URL)
	b.do(chromedp.Click(`.pager a[rel="next"]`, chromedp.ByQuery))
	b.until("the next page is there", `document.querySelector(".pager").innerText.includes("201") && location.search.includes("from=200")`)
	b.do(chromedp.Click(`.count[data-state="failing"]`, chromedp.ByQuery))
	b.until("one state begins with its first page", `document.querySelectorAll('.row[data-state="failing"]').length === 100 && document.querySelectorAll(".row[data-key]").length === 100`)
	b.picture("fleet many")
}
