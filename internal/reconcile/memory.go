package reconcile

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/idpsync/idpsync/internal/ledger"
	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
	"github.com/idpsync/idpsync/internal/secret"
)

// memory is what the ledger knows of the pool of a pass. A pass without a
// ledger has an empty one.
type memory struct {
	pool ledger.Pool // nil without a ledger
	// writer is held by a pass that may apply; nil for one that only looks.
	writer  ledger.Writer
	objects map[model.Key]ledger.Object
	// byID finds the key of an object whose document was renamed, among those that
	// were known when the ledger was read. Made when first asked for.
	byID func() map[model.ObjectID]model.Key
	// doubts are what earlier runs left unsettled, the oldest first; touched the
	// keys of which they leave open what the server has.
	doubts  []doubt
	touched map[model.Key]bool
	// unborn are the keys that an earlier run asked to be made, and of which it
	// got no answer. What is there now was made by that request: without its
	// later parts, which no read may show.
	unborn map[model.Key]bool
	// unfinished are the runs to be settled, the oldest first.
	unfinished []string
	seal       *secret.Fingerprinter
	// buttons are the known keys of enablements by either end, once asked for.
	buttons map[model.Key][]model.Key
}

// remember opens what is known of the pool. A pass that may apply takes the
// lock first, so that nobody changes what it is about to read, and waits until
// a step of a killed run that may still be under way has had time to show.
func (p *Pass) remember(ctx context.Context, o Options) error {
	p.memory = &memory{objects: map[model.Key]ledger.Object{}, touched: map[model.Key]bool{}, unborn: map[model.Key]bool{}}
	p.memory.byID = sync.OnceValue(p.memory.index)
	if o.LookupEnv != nil {
		key, _ := o.LookupEnv(secret.LedgerKeyVariable)
		p.memory.seal = secret.NewFingerprinter(key)
	}
	p.runID = runID(o.now())
	if o.Ledger == nil {
		p.Ledger = "empty"
		return nil
	}
	m := p.memory
	m.pool = o.Ledger.Pool(p.UserPoolID)
	if o.Apply {
		var err error
		if m.writer, err = m.lock(ctx, p.runID, o); err != nil {
			return err
		}
	}
	if err := m.load(ctx, o.now()); err != nil {
		return err
	}
	p.Ledger = m.standing()
	if m.writer == nil {
		return nil
	}
	return m.wait(ctx, o)
}

// lock takes the lock of the pool. A holder that was cut off is waited for, if
// somebody is there to be told so.
func (m *memory) lock(ctx context.Context, run string, o Options) (ledger.Writer, error) {
	for {
		w, err := m.pool.Lock(ctx, ledger.Here(run, o.now()))
		var held *ledger.HeldError
		if !errors.As(err, &held) || held.Wait <= 0 || o.Waiting == nil {
			return w, err
		}
		o.Waiting(held.Wait)
		if err := pause(ctx, held.Wait); err != nil {
			return nil, err
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// load reads the objects, and on top of them what unfinished runs did.
func (m *memory) load(ctx context.Context, now time.Time) error {
	var err error
	if m.objects, err = m.pool.Objects(ctx); err != nil {
		return err
	}
	runs, err := m.pool.Unfinished(ctx)
	if err != nil {
		return err
	}
	for _, r := range runs {
		m.take(r, now)
	}
	if m.writer != nil {
		m.byID() // of what is known now: the run adds to it
	}
	return nil
}

func (m *memory) index() map[model.ObjectID]model.Key {
	keys := make(map[model.ObjectID]model.Key, len(m.objects))
	for k, o := range m.objects {
		if o.ID != "" {
			keys[model.ObjectID{Kind: k.Kind, ID: o.ID}] = k
		}
	}
	return keys
}

// standing is the word of a plan's document for what is remembered.
func (m *memory) standing() string {
	switch {
	case len(m.objects) == 0:
		return "empty"
	case m.seal == nil:
		return "keyless"
	}
	return "present"
}

// wait lets the youngest step whose fate nobody knows become as old as a read
// needs to show it.
func (m *memory) wait(ctx context.Context, o Options) error {
	left := time.Duration(0)
	for _, d := range m.doubts {
		if d.open() {
			left = max(left, o.Settle-d.silence)
		}
	}
	if left <= 0 {
		return nil
	}
	if o.Waiting != nil {
		o.Waiting(left)
	}
	return pause(ctx, left)
}

// Keyless tells that there is no key to remember secrets by.
func (p *Pass) Keyless() bool { return p.memory == nil || p.memory.seal == nil }

// close gives the lock back.
func (m *memory) close() error {
	if m == nil || m.writer == nil {
		return nil
	}
	w := m.writer
	m.writer = nil
	return w.Release()
}

// owned tells whether an earlier run applied the key, or made it.
func (m *memory) owned(k model.Key) bool {
	_, known := m.objects[k]
	return known
}

// of is what is known of an actual resource: by its key, or by its id where its
// document has another name now. A resource of another id is another resource.
func (m *memory) of(r *model.Resource) (ledger.Object, bool) {
	o, known := m.objects[r.Key]
	if known && o.ID == r.ID {
		return o, true
	}
	k, known := m.byID()[model.ObjectID{Kind: r.Key.Kind, ID: r.ID}]
	if !known || r.ID == "" {
		return ledger.Object{}, false
	}
	return m.objects[k], true
}

// recall tells the plan what is known of an actual resource.
func (m *memory) recall(r *model.Resource) *plan.Memory {
	o, known := m.of(r)
	switch {
	case !known && m.unborn[r.Key]:
		return &plan.Memory{Applied: m.marked(inDoubt)}
	case !known:
		return nil
	}
	out := &plan.Memory{Applied: m.marked(o.Applied.Tree()), AfterNull: map[string]any{}, NotKept: map[string]plan.Lapse{}}
	for path, v := range o.AfterNull {
		out.AfterNull[path] = m.marked(v.Tree())
	}
	for path, n := range o.NotKept {
		out.NotKept[path] = plan.Lapse{Run: n.Run, Declared: m.marked(n.Declared.Tree()), Server: m.marked(n.Server.Tree())}
	}
	return out
}

// marked copies a remembered tree with a plan.Mark for each fingerprint.
func (m *memory) marked(v any) any {
	switch v := v.(type) {
	case ledger.Fingerprint:
		return mark{v, m.seal}
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = m.marked(e)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = m.marked(e)
		}
		return out
	}
	return v
}

// mark compares declared values with a fingerprint.
type mark struct {
	print ledger.Fingerprint
	seal  *secret.Fingerprinter
}

// inDoubt stands where an interrupted run may have written something else than
// what was remembered before: no declared value is the same.
var inDoubt = ledger.Fingerprint{Sum: "?"}

// Fits implements plan.Mark.
func (m mark) Fits(declared any) (same, known bool) {
	if m.print == inDoubt {
		return false, true
	}
	s, ok := declared.(model.Secret)
	if !ok {
		return false, m.print.Known() // a secret no more
	}
	keyID, sum := m.seal.Seal(s)
	if sum == "" || keyID != m.print.KeyID {
		return false, false
	}
	return sum == m.print.Sum, true
}

// known lists the ids that settle who is who (spec 6, rule 1), with those of
// providers that an interrupted run made and could not tell of.
func (m *memory) known(desired *model.State, observed []model.Observed) map[model.Key]string {
	ids := make(map[model.Key]string, len(m.objects))
	for k, o := range m.objects {
		if o.ID != "" {
			ids[k] = o.ID
		}
	}
	for _, d := range m.doubts {
		if id := m.born(d, desired, observed); id != "" {
			ids[d.step.Key] = id
		}
	}
	return ids
}

// forgotten tells whether something was applied that no file names any more.
func (m *memory) forgotten(desired *model.State) bool {
	for k := range m.objects {
		if desired.Get(k) == nil {
			return true
		}
	}
	return false
}
