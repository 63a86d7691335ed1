package web

import (
	"context"
	"errors"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/idpsync/idpsync/internal/reconcile"
	"github.com/idpsync/idpsync/internal/report"
)

// view is a snapshot made ready to be shown, numbered so that a page that has
// an older one can be told what is different.
type view struct {
	n      uint64
	status *reconcile.Status
	// told is the snapshot that the view was made for: the status, or the brief one
	// that it is the whole of. lost is why that could not be had, and tried when.
	told  *reconcile.Status
	lost  error
	tried time.Time

	rows []row
	at   map[string]int // key -> index in rows
	gone []departed     // in the order in which they went
	// floor is the oldest view of which gone still tells.
	floor uint64
	plan  func() *report.Plan
}

// row is one object in the table; n is the view in which it last became other.
type row struct {
	Key, Name, State, Why string
	Changed               time.Time
	n                     uint64
	i                     int // in the objects of the status
}

type departed struct {
	key string
	n   uint64
}

// remembered is how many keys that went a view still names.
const remembered = 10_000

// look gives the view of the newest snapshot, and fetches the whole of one that
// is brief.
func (t *shown) look(ctx context.Context) *view {
	t.mu.Lock()
	defer t.mu.Unlock()
	before, st := t.view.Load(), t.status()
	if before != nil && before.told == st && (before.lost == nil || time.Since(before.tried) < pause) {
		return before
	}
	v := &view{told: st, status: st}
	switch fetch := t.from.Load().Whole; {
	case st == nil:
		v.status = &reconcile.Status{Target: t.name}
	case st.Brief != nil && fetch != nil:
		v.status, v.lost = whole(ctx, fetch, st, before)
		v.tried = time.Now()
	}
	if before != nil && before.told == st && v.lost != nil && before.lost.Error() == v.lost.Error() {
		before.tried = v.tried
		return before
	}
	t.n++
	v.n, v.floor = t.n, t.n
	v.lay(before)
	t.view.Store(v)
	return v
}

// whole fetches what belongs to a brief status. Where that fails, the brief one is
// shown with the details that were there before.
func whole(ctx context.Context, fetch func(context.Context) (*reconcile.Status, error), st *reconcile.Status, before *view) (*reconcile.Status, error) {
	// Who asked may go; others wait for the same answer.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	full, err := fetch(ctx)
	if err == nil && full != nil {
		return full, nil
	}
	if err == nil {
		err = errors.New("there is none yet")
	}
	part := *st
	if before != nil {
		part.Objects, part.Runs = before.status.Objects, before.status.Runs
	}
	return &part, err
}

// lay makes the rows of a view that follows another, which may be nil.
func (v *view) lay(before *view) {
	st := v.status
	v.rows, v.at = make([]row, 0, len(st.Objects)), make(map[string]int, len(st.Objects))
	if before != nil {
		v.floor = before.floor
	}
	for i := range st.Objects {
		o := &st.Objects[i]
		r := row{Key: report.Clean(o.Key.String()), Name: report.Clean(o.Name), State: string(o.State), Why: report.Clean(o.Why), Changed: o.LastChange, n: v.n, i: i}
		if was := before.row(r.Key); was != nil && was.same(r) {
			r.n = was.n
		}
		v.rows = append(v.rows, r)
	}
	sort.SliceStable(v.rows, func(i, j int) bool { return urgency(v.rows[i].State) < urgency(v.rows[j].State) })
	for i := range v.rows {
		v.at[v.rows[i].Key] = i
	}
	v.depart(before)
	v.plan = sync.OnceValue(func() *report.Plan { return planOf(st) })
}

// urgency puts problems before what is well.
func urgency(state string) int {
	switch reconcile.ObjectState(state) {
	case reconcile.ObjectFailing:
		return 0
	case reconcile.ObjectDrifted:
		return 1
	case reconcile.ObjectPending:
		return 2
	}
	return 3
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
	return r.State == o.State && r.Why == o.Why && r.Name == o.Name && r.Changed.Equal(o.Changed)
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
		return &v.status.Objects[v.rows[i].i]
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
