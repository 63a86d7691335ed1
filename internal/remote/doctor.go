package remote

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Switches are the places where tenants may differ and no document says how,
// under the names and in the order of spec 8. A trait is what one tenant shows
// of a switch.
func Switches() []string {
	return []string{
		"v3", "v2", "v2-token", "token-ttl", "http-status", "absent", "arrays", "stale-reads",
		"app-list", "idp-list", "connections", "conn-list", "conn-fields", "secrets", "enabled-list",
		"fields-update", "config-update", "app-update", "update-app", "null-unsets", "defaults",
		"new-conn", "delete-conn", "delete-idp", "allow-multiple", "template-data", "integrated-id",
	}
}

// Evidence is how a trait came to be known.
type Evidence string

// What a trait rests on. A probe has tried it, so it outranks a read.
const (
	Unknown Evidence = "unknown"
	ByRead  Evidence = "read"
	ByProbe Evidence = "probe"
)

// Trait is what a tenant shows of one switch. Why tells what stood in the way of
// knowing, in our own words; "" is that it was not tried, or nothing shows it.
type Trait struct {
	Value    string // "" when unknown
	Evidence Evidence
	Why      string
}

// Verdict is how a check went.
type Verdict string

// The verdicts. Skipped: there was nothing to try it on.
const (
	Passed  Verdict = "ok"
	Warned  Verdict = "warning"
	Failed  Verdict = "failed"
	Skipped Verdict = "skipped"
)

// The names of the checks that are no endpoint of the API.
const (
	CheckHost          = "host"
	CheckCredentials   = "credentials"
	CheckClock         = "clock"
	CheckV2Credentials = "v2-credentials"
)

// Check is one thing that was looked at: the host, the credentials, the clock,
// or whether the key may call a reading endpoint, which Name names.
type Check struct {
	Name    string
	Verdict Verdict
	// Err is what the server or the network said; nil when it passed.
	Err error
	// Note is a sentence of our own about a check that neither passed nor failed.
	Note string
	// Skew is the server's clock less ours, for the clock alone.
	Skew time.Duration
}

// Diagnosis is what a Doctor found so far.
type Diagnosis struct {
	Checks []Check
	// Traits has an entry for every switch.
	Traits map[string]Trait
	// Leftovers is how many scratch objects of an earlier probe are in the pool.
	Leftovers int
}

// Failed tells whether any check failed.
func (d *Diagnosis) Failed() bool {
	return slices.ContainsFunc(d.Checks, func(c Check) bool { return c.Verdict == Failed })
}

// Known gives the value of every switch that this diagnosis knows, less what is
// a measurement of the moment rather than the tenant's way.
func (d *Diagnosis) Known() map[string]string {
	out := map[string]string{}
	for name, t := range d.Traits {
		if t.Evidence != Unknown && name != "stale-reads" && name != "token-ttl" {
			out[name] = t.Value
		}
	}
	return out
}

// Doctor finds out how one tenant behaves. It speaks to the server below the
// generations, because what they smooth over is what it wants to see. It is for
// one goroutine.
type Doctor struct {
	client *Client
	log    *slog.Logger
	clock  *clockWitness
	found  *Diagnosis
	sight  sight
	// lag is how long a new object took to be seen; 0 until one was made.
	lag time.Duration
	// onlyV2: the target speaks V2 alone, so V2 must work whatever V3 says.
	onlyV2 bool
}

// sight is what the reads of Examine showed and Probe needs.
type sight struct {
	v3, v3token bool
	apps        []tree // one page
	appTotal    int
	providers   []tree
	connections []tree
	left        []leftover
}

// NewDoctor makes a doctor for the pool of cfg. It sends nothing yet.
func NewDoctor(cfg Config) (*Doctor, error) {
	d := &Doctor{log: cfg.Log, clock: &clockWitness{}, found: &Diagnosis{Traits: map[string]Trait{}}}
	for _, name := range Switches() {
		d.found.Traits[name] = Trait{Evidence: Unknown}
	}
	if d.log == nil {
		d.log = slog.New(slog.DiscardHandler)
	}
	next := cfg.Transport
	if next == nil {
		var err error
		if next, err = newTransport(cfg.CAFile, defaultParallelism); err != nil {
			return nil, err
		}
	}
	d.clock.next, cfg.Transport = next, d.clock
	d.onlyV2 = cfg.API == OnlyV2
	cfg.API = OnlyV3 // a doctor that fell back to V2 would not see what fails
	var err error
	d.client, err = New(cfg)
	return d, err
}

// Examine looks without changing anything: a handful of requests, whatever the
// size of the pool. What the server refuses becomes a failed check, not an error.
func (d *Doctor) Examine(ctx context.Context) (*Diagnosis, error) {
	d.enter(ctx)
	if d.sight.v3token {
		d.refusals(ctx)
		d.lookAtApplications(ctx)
		d.lookAtProviders(ctx)
	}
	if d.sight.v3token || !d.sight.v3 {
		d.lookAtV2(ctx)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return d.found, nil
}

// learn notes the value of a switch; a read does not outrank a probe.
func (d *Doctor) learn(name, value string, by Evidence) {
	if old := d.found.Traits[name]; old.Evidence != ByProbe || by == ByProbe {
		d.found.Traits[name] = Trait{Value: value, Evidence: by}
	}
}

// puzzled notes why a switch is not known, unless it is.
func (d *Doctor) puzzled(name, why string) {
	if d.found.Traits[name].Evidence == Unknown {
		d.found.Traits[name] = Trait{Evidence: Unknown, Why: why}
	}
}

func (d *Doctor) unknown(name string) bool { return d.found.Traits[name].Evidence == Unknown }

func (d *Doctor) check(c Check) { d.found.Checks = append(d.found.Checks, c) }

// checked notes how the call of an endpoint went, once for each endpoint.
func (d *Doctor) checked(name string, err error) {
	if d.tried(name) {
		return
	}
	c := Check{Name: name, Verdict: Passed, Err: err}
	if err != nil {
		c.Verdict = Failed
	}
	d.check(c)
}

func (d *Doctor) tried(name string) bool {
	return slices.ContainsFunc(d.found.Checks, func(c Check) bool { return c.Name == name })
}

// untried notes checks that had nothing to be tried on.
func (d *Doctor) untried(why string, names ...string) {
	for _, name := range names {
		if !d.tried(name) {
			d.check(Check{Name: name, Verdict: Skipped, Note: why})
		}
	}
}

// read asks a reading endpoint of V3 and notes how that went. data is nil when
// it failed.
func (d *Doctor) read(ctx context.Context, path string, query ...string) (data any, ok bool) {
	data, err := d.get(ctx, path, query...)
	d.checked(path, err)
	return data, err == nil
}

// get asks a reading endpoint of V3 for its data, as the server writes it.
func (d *Doctor) get(ctx context.Context, path string, query ...string) (any, error) {
	_, env, err := newV3(d.client.wire, d.client.secret).get(ctx, path, query...)
	return env.data, err
}

// clockWitness notes what time the server says it is.
type clockWitness struct {
	next http.RoundTripper

	mu sync.Mutex
	// skew is the server's clock less ours, from the quickest answer so far.
	skew, took time.Duration
	seen       bool
}

// RoundTrip implements http.RoundTripper.
func (w *clockWitness) RoundTrip(req *http.Request) (*http.Response, error) {
	start := time.Now()
	resp, err := w.next.RoundTrip(req)
	if err != nil {
		return resp, err
	}
	took := time.Since(start)
	date, derr := http.ParseTime(resp.Header.Get("Date"))
	w.mu.Lock()
	defer w.mu.Unlock()
	if derr == nil && (!w.seen || took < w.took) {
		// A Date has whole seconds: on average half of one is cut off.
		w.skew = date.Add(500 * time.Millisecond).Sub(start.Add(took / 2))
		w.took, w.seen = took, true
	}
	return resp, nil
}
