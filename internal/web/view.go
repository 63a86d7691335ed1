package web

import (
	"strings"
	"sync"
	"time"

	"github.com/idpsync/idpsync/internal/reconcile"
	"github.com/idpsync/idpsync/internal/report"
)

// shown is one target with the newest view of it.
type shown struct {
	name   string
	status func() *reconcile.Status

	mu   sync.Mutex
	view *view
}

// view is a snapshot made ready to be shown, numbered so that a page that has
// an older one can be told what is different.
type view struct {
	n      uint64
	status *reconcile.Status
	rows   []row
	at     map[string]int // key -> index in rows
	gone   []departed     // in the order in which they went
	// floor is the oldest view of which gone still tells.
	floor uint64
	plan  func() *report.Plan
}

// row is one object in the table; n is the view in which it last became other.
type row struct {
	Key, State, Why string
	Changed         time.Time
	n               uint64
}

type departed struct {
	key string
	n   uint64
}

// remembered is how many keys that went a view still names.
const remembered = 10_000

// look gives the view of the newest snapshot.
func (t *shown) look() *view {
	t.mu.Lock()
	defer t.mu.Unlock()
	st := t.status()
	if st == nil {
		st = &reconcile.Status{Target: t.name}
		if t.view != nil && t.view.n == 1 {
			return t.view
		}
	}
	if t.view == nil || t.view.status != st {
		t.view = newView(st, t.view)
	}
	return t.view
}

// newView makes the view of a snapshot that follows another, which may be nil.
func newView(st *reconcile.Status, before *view) *view {
	v := &view{n: 1, status: st, rows: make([]row, 0, len(st.Objects)), at: make(map[string]int, len(st.Objects))}
	if before != nil {
		v.n, v.floor = before.n+1, before.floor
	}
	for i := range st.Objects {
		o := &st.Objects[i]
		r := row{Key: report.Clean(o.Key.String()), State: string(o.State), Why: report.Clean(o.Why), Changed: o.LastChange, n: v.n}
		if was := before.row(r.Key); was != nil && was.same(r) {
			r.n = was.n
		}
		v.at[r.Key] = len(v.rows)
		v.rows = append(v.rows, r)
	}
	v.depart(before)
	v.plan = sync.OnceValue(func() *report.Plan { return planOf(st) })
	return v
}

func (v *view) row(key string) *row {
	if v == nil {
		return nil
	}
	if i, there := v.at[key]; there {
		return &v.rows[i]
	}
	return nil
}

func (r *row) same(o row) bool {
	return r.State == o.State && r.Why == o.Why && r.Changed.Equal(o.Changed)
}

// depart names the keys that were there before and are not any more.
func (v *view) depart(before *view) {
	if before == nil {
		return
	}
	for _, d := range before.gone {
		if v.row(d.key) == nil {
			v.gone = append(v.gone, d)
		}
	}
	for _, r := range before.rows {
		if v.row(r.Key) == nil {
			v.gone = append(v.gone, departed{r.Key, v.n})
		}
	}
	if over := len(v.gone) - remembered; over > 0 {
		v.floor = v.gone[over-1].n
		v.gone = v.gone[over:]
	}
}

// since lists what became other after an older view: the indexes of rows, and
// keys that went. ok is false when that is not known, and all must be shown anew.
func (v *view) since(n uint64) (rows []int, gone []string, ok bool) {
	if n < v.floor || n > v.n {
		return nil, nil, false
	}
	for i := range v.rows {
		if v.rows[i].n > n {
			rows = append(rows, i)
		}
	}
	for _, d := range v.gone {
		if d.n > n {
			gone = append(gone, d.key)
		}
	}
	return rows, gone, true
}

// object finds the object of a row.
func (v *view) object(key string) *reconcile.ObjectStatus {
	if i, there := v.at[key]; there {
		return &v.status.Objects[i]
	}
	return nil
}

// planOf is the document of the pending plan; nil when none was made.
func planOf(st *reconcile.Status) *report.Plan {
	p := st.Pending
	if p == nil || p.Plan == nil {
		return nil
	}
	return report.NewPlan(report.PlanInput{
		CreatedAt: p.PlannedAt, Target: targetOf(st), ReadScope: p.ReadScope, Ledger: p.Ledger,
		ConfigDigest: p.ConfigDigest, StateDigest: p.StateDigest, Plan: p.Plan, Refusals: p.Refusals,
	})
}

func targetOf(st *reconcile.Status) report.Target {
	return report.Target{Name: st.Target, Host: st.Host, UserPoolID: st.UserPoolID}
}

// kindAndName splits a key as it is written.
func kindAndName(key string) (kind, name string) {
	kind, name, _ = strings.Cut(key, "/")
	return kind, name
}
