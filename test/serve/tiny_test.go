package serve

import (
	"strings"
	"testing"
)

func TestTiny(t *testing.T) {
	w := newPools(t, 3, 0)
	d := newDatabase(t)
	l := d.lay(t, "x")
	dir := t.TempDir()
	p := newProject(t, dir, "logins", w.server.URL, w.list, shape{2, 2})
	text := strings.Replace(readFile(t, p.dir+"/idpsync.yaml"), "targets:", "ledger: "+l.url+"\ntargets:", 1)
	write(t, p.dir+"/idpsync.yaml", text)
	for _, pool := range w.list {
		out, errs, code := run(t, p.dir, w.env("me"), "apply", "--yes", "-t", pool.name)
		if code != 0 || p.wrong(t, pool) != "" {
			t.Fatal(code, out, errs, p.wrong(t, pool))
		}
		t.Log(out)
		t.Log(pool.changes()[0], pool.requests.Load(), pool.duplicates(t))
	}
	t.Log(d.rows(t, "select id, epoch, holder from idpsync_pool"))
}
