package remote

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/idpsync/idpsync/internal/model"
)

// probePatience is how long a change may take to be seen before a probe gives
// that question up.
const probePatience = 10 * time.Second

// probe is one run of Doctor.Probe: the scratch objects and what was learnt on
// the way. Each question is asked once, and one that the server refuses to
// answer leaves its switch unknown; the next goes on.
type probe struct {
	*Doctor
	// head begins the name of every scratch object of this run.
	head string
	tell func(string)

	app, provider, conn string // ids; "" when not there
	step                int
	// secret is the value of the scratch connection's secret.
	secret model.Secret
	// exposed: connections come switched on (new-conn=enabled), so no second one
	// is made.
	exposed bool
	created []leftover
	looks   int // at the application, the last time it was waited for
}

// Scratch says what Probe will make, for the question that comes before it.
type Scratch struct {
	Applications, Providers, Connections int
	// Head begins the name of each.
	Head string
}

// Scratch says what Probe would make now; Examine must have been called.
func (d *Doctor) Scratch() Scratch {
	return Scratch{Applications: 2, Providers: 3 + d.fillers(), Connections: 2, Head: scratchHead}
}

// fillers is how many providers the pool lacks for a list of them to be long
// enough to be cut, beside the scratch providers that are made anyway.
func (d *Doctor) fillers() int {
	if !d.unknown("idp-list") {
		return 0
	}
	return max(0, shortList+1-len(d.sight.providers)-1)
}

// Probe tries on scratch objects what no read shows, and removes them, also when
// stop is closed midway; a context that ends stops the removing too. tell hears
// what is being tried. Examine must have been called. The error is about scratch
// objects that could not be removed, or about a probe that could not begin.
func (d *Doctor) Probe(ctx context.Context, stop <-chan struct{}, tell func(string)) error {
	if !d.sight.v3token {
		return errors.New("only the V3 API can be probed, and it is not to be had here")
	}
	p := &probe{
		Doctor: d, head: scratchHead + scratchToken(), tell: tell,
		secret: model.SecretValue("probe", rand.Text()),
	}
	trying, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-stop:
			cancel(errStopped)
		case <-trying.Done():
		}
	}()
	p.run(trying)
	for _, name := range Switches() {
		if t := p.found.Traits[name]; t.Evidence == Unknown && t.Why == "" {
			p.puzzled(name, "what it takes to see it could not be made")
		}
	}
	stopped := context.Cause(trying)
	return errors.Join(p.tidyUp(ctx), stopped)
}

var errStopped = errors.New("the probe was interrupted")

// run asks the questions in an order in which each finds what it needs. The
// application comes first: a connection that the server switches on by itself
// shows there, and is switched off before anything else.
func (p *probe) run(ctx context.Context) {
	for _, q := range []struct {
		says string
		ask  func(context.Context) error
	}{
		{"making a scratch application", p.makeApplication},
		{"changing it", p.changeApplication},
		{"making a scratch provider", p.makeProvider},
		{"making a scratch connection", p.makeConnection},
		{"changing it", p.changeConnection},
		{"unsetting one of its fields", p.unsetField},
		{"unsetting a field of the application", p.unsetSetting},
		{"deleting the connection while the application uses it", p.deleteUsedConnection},
		{"deleting the provider while it has a connection", p.deleteFullProvider},
		{"making two providers of a type that allows one", p.makeTwins},
		{"listing more than ten providers", p.fillList},
		{"making a scratch integrated application", p.makeIntegrated},
	} {
		if ctx.Err() != nil {
			return
		}
		p.tell(q.says)
		if err := q.ask(ctx); err != nil {
			p.log.Info("probe", "question", q.says, "failed", outcome(err))
		}
	}
}

// name makes the name of a scratch object; it is a valid identifier, too.
func (p *probe) name(suffix string) string { return p.head + "-" + suffix }

// post sends a change of V3 and returns the data of a good answer. An answer of
// success=false is an error that isDoubtful.
func (d *Doctor) post(ctx context.Context, path string, body tree) (tree, error) {
	c := call{method: "POST", path: v3Prefix + path, body: body}
	env, err := d.client.wire.do(ctx, c)
	if err != nil {
		return nil, err
	}
	data, _ := env.data.(tree)
	if done, said := data["success"].(bool); said && !done {
		e := d.client.wire.odd(c, env, "the server answered success=false")
		e.unknown, e.doubtful = false, true
		return data, e
	}
	return data, nil
}

// make creates a scratch object and notes it, so that it is removed even if no
// list shows it yet.
func (p *probe) make(ctx context.Context, kind model.Kind, path, idKey string, body tree) (tree, error) {
	data, err := p.post(ctx, path, body)
	if err != nil {
		return nil, err
	}
	id := text(data[idKey])
	if id == "" {
		return nil, &Error{Message: "the answer holds no id"}
	}
	p.created = append(p.created, leftover{kind: kind, id: id})
	return data, nil
}

// mark gives the next text by which an update is recognised in a read: what
// else was in that update is to be seen there, too.
func (p *probe) mark() string {
	p.step++
	return fmt.Sprintf("scratch object of idpsync doctor, step %d", p.step)
}

// brief is the patience for what may just as well never come.
func (p *probe) brief() time.Duration { return max(2*p.lag, time.Second) }

// until looks again, with growing pauses, until look says yes or patience ends.
func (p *probe) until(ctx context.Context, patience time.Duration, look func(context.Context) (bool, error)) (bool, error) {
	deadline := time.Now().Add(patience)
	for pause := 20 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		ok, err := look(ctx)
		if ok || err != nil {
			return ok, err
		}
		left := time.Until(deadline)
		if left <= 0 {
			return false, nil
		}
		if err := sleep(ctx, min(pause, left)); err != nil {
			return false, err
		}
	}
}

// giveUp notes for several switches why they stay unknown: what was tried did
// not work, or was not to be seen in time.
func (p *probe) giveUp(err error, what string, names ...string) error {
	why := what + " was not to be seen in time"
	if err != nil {
		why = what + " failed: " + outcome(err)
	}
	for _, name := range names {
		p.puzzled(name, why)
	}
	return err
}

// refused tells that the server said no to what was asked for, rather than to
// who asked, or how often.
func refused(err error) bool {
	e, ok := asError(err)
	if !ok || e.absent || e.unavailable || e.unknown {
		return false
	}
	s := e.status()
	return s >= 400 && s < 500 && s != http.StatusUnauthorized && s != http.StatusForbidden || e.doubtful
}

// scratchHead begins the name of every scratch object of every probe.
const scratchHead = "idpsync-probe-"

// scratchToken makes the random part: 8 letters and digits.
func scratchToken() string { return strings.ToLower(rand.Text()[:8]) }
