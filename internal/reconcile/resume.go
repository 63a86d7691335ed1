package reconcile

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/idpsync/idpsync/internal/model"
)

// Carried is what a loop knows beside its status, so that another one, maybe in
// another process, goes on where it ended: how often what failed, and since when
// the files say what they say. It holds no secret.
type Carried struct {
	// Failures counts the passes in a row that the server ended.
	Failures int
	// Superseded counts the passes in a row that a newer change ended.
	Superseded int
	// Verdict is that of the last comparison.
	Verdict Verdict
	// Digest names what the good files said, Seen when they came to say so.
	Digest string
	Seen   time.Time
	// Journal is when the runs were listed last.
	Journal time.Time
	Held    []CarriedHold `json:",omitempty"`
	// Status is what was published last; it travels by itself.
	Status *Status `json:"-"`
}

// CarriedHold is an object whose steps keep failing.
type CarriedHold struct {
	Key      string
	Failures int
	Until    time.Time
	Err      string
}

// Carry gives what the next loop of the target goes on from. It is to be called
// after Once.
func (l *Loop) Carry() *Carried {
	c := &Carried{
		Failures: l.failures, Superseded: l.superseded, Verdict: l.compared,
		Digest: l.files.digest, Seen: l.files.seen.Round(0), Journal: l.journal.Round(0), Status: l.Status(),
	}
	for _, k := range slices.SortedFunc(maps.Keys(l.hold.of), model.Key.Compare) {
		one := l.hold.of[k]
		c.Held = append(c.Held, CarriedHold{k.String(), one.failures, one.until, one.err})
	}
	return c
}

// Encode writes it as JSON, without the status.
func (c *Carried) Encode() ([]byte, error) { return json.Marshal(c) }

// DecodeCarried reads what Encode wrote. What another version wrote, and what is
// damaged, costs memory and nothing else.
func DecodeCarried(data []byte, s *Status) *Carried {
	c := &Carried{}
	if json.Unmarshal(data, c) != nil {
		c = &Carried{}
	}
	c.Status = s
	return c
}

// resume goes on where another loop ended. Its counters go on too: they only grow
// from the begin of the first one.
func (l *Loop) resume(c *Carried) {
	if c == nil {
		return
	}
	if s := c.Status; s != nil {
		l.draft = *s
		l.draft.Target, l.draft.Mode = l.o.Target, l.o.Mode
		l.draft.Phase, l.draft.Running = Waiting, false
		l.draft.Counters.Passes, l.draft.Counters.Steps = countsOf(s.Counters.Passes), countsOf(s.Counters.Steps)
		l.changes = seenIn(s.Objects)
		l.ended = s.Trouble
	}
	l.failures, l.superseded, l.compared = c.Failures, c.Superseded, c.Verdict
	l.files.digest, l.files.seen, l.journal = c.Digest, c.Seen, c.Journal
	for _, h := range c.Held {
		if k, err := model.ParseKey(h.Key); err == nil {
			l.hold.of[k] = &holding{h.Failures, h.Until, h.Err}
		}
	}
}

func countsOf[K comparable](m map[K]uint64) map[K]uint64 {
	out := make(map[K]uint64, len(m))
	maps.Copy(out, m)
	return out
}

// seenIn is how the objects stood; nil, as before the first pass, when there is
// none.
func seenIn(objects []ObjectStatus) map[model.Key]seenObject {
	if len(objects) == 0 {
		return nil
	}
	out := make(map[model.Key]seenObject, len(objects))
	for _, o := range objects {
		out[o.Key] = seenObject{o.State, o.Why, o.LastChange}
	}
	return out
}
