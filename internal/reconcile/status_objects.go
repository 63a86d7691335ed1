package reconcile

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/idpsync/idpsync/internal/apply"
	"github.com/idpsync/idpsync/internal/ledger"
	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
)

// driftOf is one resource that is not as its document says.
type driftOf = plan.Drifted

// picture is what a pass showed, and an apply after it changed.
type picture struct {
	pass  *Pass
	now   time.Time
	done  map[model.Key]apply.Outcome
	rows  map[model.Key]*ObjectStatus
	drift []driftOf // what is left
	whys  map[model.Key][]string
}

// draw makes the rows of a pass; out is nil before an apply.
func draw(p *Pass, out *Outcome, held map[model.Key]*holding, now time.Time) *picture {
	pic := &picture{pass: p, now: now, done: map[model.Key]apply.Outcome{}, rows: map[model.Key]*ObjectStatus{}, whys: map[model.Key][]string{}}
	if out != nil {
		for _, o := range out.Result.Outcomes {
			if o.Status == apply.Done {
				pic.done[o.Change.Key] = o
			}
		}
	}
	pic.lay()
	for _, d := range p.Drift() {
		if _, done := pic.done[d.Key]; !done {
			pic.drift = append(pic.drift, d)
			pic.differ(d)
		}
	}
	pic.unkept(out)
	pic.unsaid()
	for k, one := range held {
		pic.fail(k, one)
	}
	return pic
}

// compared tells which objects were: those in sight, and those with a change or a
// button that is.
func (pic *picture) compared() func(model.Key) bool {
	p, scope := pic.pass.Plan, pic.pass.scope
	if scope.Empty() {
		return func(model.Key) bool { return true }
	}
	owners := map[model.Key]bool{}
	for _, c := range p.Changes {
		owners[c.Key.Owner()] = true
	}
	for _, state := range []*model.State{p.Desired, p.Actual} {
		for r := range state.Of(model.Enablement) {
			if scope.Has(r.Key) {
				owners[r.Key.Owner()] = true
			}
		}
	}
	return func(k model.Key) bool { return scope.Has(k) || owners[k] }
}

// lay puts down a row for every object that was compared, as if all were in sync.
func (pic *picture) lay() {
	p, compared := pic.pass.Plan, pic.compared()
	for r := range p.Desired.All() {
		gone := r.Lifecycle == model.Absent && (p.Actual.Get(r.Key) == nil || pic.isDone(r.Key))
		if r.Key.Kind != model.Enablement && !gone && compared(r.Key) {
			pic.rows[r.Key] = &ObjectStatus{Key: r.Key, State: ObjectInSync, Source: r.Source, Links: slices.Clone(r.DependsOn)}
		}
	}
	for r := range p.Actual.All() {
		if r.Key.Kind == model.Enablement || !compared(r.Key) {
			continue
		}
		row := pic.rows[r.Key]
		if row == nil {
			if pic.isDone(r.Key) {
				continue // deleted
			}
			row = &ObjectStatus{Key: r.Key, Name: nameOf(r), State: ObjectUnmanaged, Links: slices.Clone(r.DependsOn)}
			pic.rows[r.Key] = row
			pic.why(r.Key, unmanagedWhy(r))
		}
		row.ID = r.ID
		row.LastChange = pic.pass.memory.objects[r.Key].At
	}
	pic.buttons()
	for k, o := range pic.done {
		if row := pic.rows[k.Owner()]; row != nil {
			row.LastChange = pic.now
			if k == row.Key && o.ID != "" {
				row.ID = o.ID
			}
		}
	}
}

func (pic *picture) isDone(k model.Key) bool { _, done := pic.done[k]; return done }

// nameOf is the name by which a server tells an object from others of its kind,
// where its key is an id.
func nameOf(r *model.Resource) string {
	by := r.Key.Kind.Trait().Identity
	if len(by) == 0 {
		return ""
	}
	if name := r.Text(by[len(by)-1]); name != r.Key.Name {
		return name
	}
	return ""
}

func unmanagedWhy(r *model.Resource) string {
	if r.Foreign != "" {
		return "not managed: " + r.Foreign
	}
	return "in no file"
}

// buttons links applications to their connections: as the files say, or where
// they say nothing, as the server has it.
func (pic *picture) buttons() {
	p := pic.pass.Plan
	link := func(r *model.Resource) {
		app, conn, _ := r.Key.Ends()
		if row := pic.rows[app]; row != nil && !slices.Contains(row.Links, conn) {
			row.Links = append(row.Links, conn)
		}
	}
	for r := range p.Desired.Of(model.Enablement) {
		link(r)
	}
	for r := range p.Actual.Of(model.Enablement) {
		if want := p.Desired.Get(r.Key.Owner()); want == nil || !want.Whole {
			link(r)
		}
	}
}

func (pic *picture) why(k model.Key, sentence string) {
	if !slices.Contains(pic.whys[k], sentence) {
		pic.whys[k] = append(pic.whys[k], sentence)
	}
}

// rank orders states from good to bad, as far as one row can have several.
var rank = map[ObjectState]int{ObjectInSync: 0, ObjectUnmanaged: 1, ObjectPending: 2, ObjectDrifted: 3, ObjectFailing: 4}

func (row *ObjectStatus) worsen(s ObjectState) {
	if rank[s] > rank[row.State] {
		row.State = s
	}
}

// differ puts a difference on its row; one of a button is its application's.
func (pic *picture) differ(d driftOf) {
	if d.Idle {
		return // its row says so
	}
	row := pic.rows[d.Key.Owner()]
	if row == nil {
		return
	}
	for _, f := range d.Fields {
		f.LastApplied, f.Server, f.File = masked(f.LastApplied, f.Sensitive), masked(f.Server, f.Sensitive), masked(f.File, f.Sensitive)
		row.Fields = append(row.Fields, ObjectField{d.Key, f})
	}
	row.worsen(stateOf(d))
	pic.why(row.Key, whyOf(d))
}

// masked copies a value without any secret in it.
func masked(v any, sensitive bool) any {
	switch v := v.(type) {
	case nil, bool:
		if !sensitive || v == nil {
			return v
		}
	case string:
		if !sensitive {
			return v
		}
	case map[string]any:
		if sensitive {
			break
		}
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = masked(e, false)
		}
		return out
	case []any:
		if sensitive {
			break
		}
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = masked(e, false)
		}
		return out
	case json.Number:
		if !sensitive {
			return v
		}
	}
	return model.Shown
}

// stateOf: what only the files changed is pending, as is what the server never
// had as far as anybody knows; everything else drifted.
func stateOf(d driftOf) ObjectState {
	for _, f := range d.Fields {
		switch f.ChangedBy {
		case plan.ByFile:
		case plan.ByUnknown:
			if d.State == plan.Changed && f.Path != "" {
				return ObjectDrifted
			}
		default:
			return ObjectDrifted
		}
	}
	return ObjectPending
}

// whyOf is the sentence of a difference.
func whyOf(d driftOf) string {
	by := map[plan.ChangedBy][]string{}
	for _, f := range d.Fields {
		by[f.ChangedBy] = append(by[f.ChangedBy], f.Path)
	}
	_, conn, button := d.Key.Ends()
	if len(d.Fields) == 1 && d.Fields[0].Path == "" {
		if button {
			return buttonWhy(d.Fields[0], conn.Name)
		}
		return wholeWhy(d.Fields[0])
	}
	var parts []string
	for _, s := range []struct {
		by    plan.ChangedBy
		words string
	}{
		{plan.ByServer, "changed on the server: %s"},
		{plan.ByBoth, "changed on the server and in the files: %s"},
		{plan.ByUnknown, "not as the files say: %s"},
		{plan.ByFile, "changed in the files: %s"},
	} {
		if paths := by[s.by]; len(paths) > 0 {
			parts = append(parts, fmt.Sprintf(s.words, few(paths)))
		}
	}
	return strings.Join(parts, "; ")
}

func wholeWhy(f plan.DriftField) string {
	switch {
	case f.Server == plan.IsPresent && f.ChangedBy == plan.ByFile:
		return "taken out of the files, and still on the server"
	case f.Server == plan.IsPresent:
		return "to be deleted, and still on the server"
	case f.ChangedBy == plan.ByServer:
		return "deleted on the server"
	case f.ChangedBy == plan.ByFile:
		return "new in the files, and not yet on the server"
	}
	return "not on the server"
}

func buttonWhy(f plan.DriftField, connection string) string {
	switch {
	case f.Server == plan.IsPresent && f.ChangedBy == plan.ByServer:
		return fmt.Sprintf("login button %s was switched on outside of idpsync", connection)
	case f.Server == plan.IsPresent:
		return fmt.Sprintf("login button %s is on, and the files do not ask for it", connection)
	case f.ChangedBy == plan.ByServer:
		return fmt.Sprintf("login button %s was switched off outside of idpsync", connection)
	}
	return fmt.Sprintf("login button %s is not on yet", connection)
}

// few names the first of many paths.
func few(paths []string) string {
	const most = 3
	if len(paths) <= most {
		return strings.Join(paths, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(paths[:most], ", "), len(paths)-most)
}

// unkept marks what the server accepted and did not store.
func (pic *picture) unkept(out *Outcome) {
	mark := func(k model.Key, path, run string) {
		if row := pic.rows[k.Owner()]; row != nil {
			row.worsen(ObjectDrifted)
			pic.why(row.Key, fmt.Sprintf("not kept by the server at run %s: %s", run, path))
		}
	}
	for _, n := range pic.pass.Plan.NotKept {
		mark(n.Key, n.Path, n.Run)
	}
	if out != nil {
		for _, at := range out.NotKept {
			mark(at.Key, at.Path, out.RunID)
		}
	}
}

// unsaid marks what changes although nothing is known to differ: what follows from
// another change, and values that cannot be compared and are sent by request.
func (pic *picture) unsaid() {
	for _, c := range pic.pass.Plan.Changes {
		row := pic.rows[c.Key.Owner()]
		if row != nil && row.State == ObjectInSync && len(pic.whys[row.Key]) == 0 && !pic.isDone(c.Key) {
			row.worsen(ObjectPending)
			pic.why(row.Key, unsaidWhy(c))
		}
	}
}

func unsaidWhy(c *plan.Change) string {
	_, conn, button := c.Key.Ends()
	switch {
	case c.Action == plan.Update && !c.Restores:
		return "sent again, because it cannot be compared"
	case button:
		return fmt.Sprintf("login button %s: %s", conn.Name, c.Reason)
	}
	return c.Reason
}

func (pic *picture) fail(k model.Key, one *holding) {
	row := pic.rows[k.Owner()]
	if row == nil || pic.pass.Plan.Change(k) == nil {
		return
	}
	row.State, row.Retry, row.Failures = ObjectFailing, one.until, max(row.Failures, one.failures)
	pic.whys[row.Key] = append([]string{"failed: " + one.err}, pic.whys[row.Key]...)
}

// objects are the rows by key, with when each came to be as it is.
func (pic *picture) objects(seen map[model.Key]seenObject) ([]ObjectStatus, map[model.Key]seenObject) {
	out := make([]ObjectStatus, 0, len(pic.rows))
	next := make(map[model.Key]seenObject, len(pic.rows))
	for k, row := range pic.rows {
		row.Why = strings.Join(pic.whys[k], "; ")
		slices.SortFunc(row.Links, model.Key.Compare)
		one, was := seen[k]
		if was && (one.state != row.State || one.why != row.Why) || !was && seen != nil {
			one.at = pic.now
		}
		one.state, one.why = row.State, row.Why
		next[k] = one
		if one.at.After(row.LastChange) {
			row.LastChange = one.at
		}
		out = append(out, *row)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Key.Compare(out[j].Key) < 0 })
	return out, next
}

// seenObject is how an object stood at the last pass, and since when.
type seenObject struct {
	state ObjectState
	why   string
	at    time.Time
}

// digest names the drift that is left: what only the files changed is none. What
// was seen enters it, secrets by their fingerprints, so that another value is
// another drift.
func (pic *picture) digest() string {
	type field struct {
		Path         string
		Server, File ledger.Value
	}
	h := sha256.New()
	e := json.NewEncoder(h)
	some := false
	seal := pic.pass.memory.seal.Seal
	for _, d := range pic.drift {
		if d.Idle || stateOf(d) != ObjectDrifted {
			continue
		}
		some = true
		_ = e.Encode(d.Key)
		for _, f := range d.Fields {
			_ = e.Encode(field{f.Path, ledger.Remember(f.Server, seal), ledger.Remember(f.File, seal)})
		}
	}
	for _, n := range pic.pass.Plan.NotKept {
		some = true
		_ = e.Encode(plan.At{Key: n.Key, Path: n.Path})
	}
	if !some {
		return ""
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}
