package web

import (
	"maps"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/idpsync/idpsync/internal/reconcile"
)

// labelled is how many targets have series of their own; idpsync_targets counts
// all of them.
const labelled = 1000

// otherTargets is what the others are called together.
const otherTargets = "other"

// verdicts and objectStates are every one there is, so that a series is there
// before its first time.
var verdicts = []reconcile.Verdict{reconcile.InSync, reconcile.Pending, reconcile.Differs, reconcile.Held, reconcile.Failing, reconcile.Invalid}

// snapshots tells what the newest snapshots say, at the moment of asking.
type snapshots struct{ targets func() []*shown }

func described(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("idpsync_"+name, help, labels, nil)
}

var (
	targetsDesc     = described("targets", "Targets by what their last pass came to; \"looking\" before the first.", "verdict")
	readyDesc       = described("ready", "Whether files and server of the target were read whole at least once.", "target")
	verdictDesc     = described("verdict", "1 for what the last pass of the target came to, 0 for the others.", "target", "verdict")
	objectsDesc     = described("objects", "Objects by state.", "target", "state")
	driftDesc       = described("drift_objects", "Objects that are not on the server as they were applied.", "target")
	changesDesc     = described("pending_changes", "Changes of the pending plan.", "target", "action")
	guardsDesc      = described("pending_refusals", "Guards that refuse the pending plan.", "target")
	complaintsDesc  = described("diagnostics", "What is wrong with the files as they are now.", "target", "severity")
	lastPassDesc    = described("last_pass_timestamp_seconds", "When the last pass ended.", "target")
	lastSuccessDesc = described("last_success_timestamp_seconds", "When a pass last ended without trouble.", "target")
	passesDesc      = described("passes_total", "Passes by what they came to.", "target", "verdict")
	appliesDesc     = described("applies_total", "Passes that wrote.", "target")
	stepsDesc       = described("steps_total", "Steps of applies by what became of them.", "target", "status")
	filesDesc       = described("files_read_total", "Files that passes looked at.", "target")
	parsedDesc      = described("files_parsed_total", "Files that were new or changed, and so were parsed.", "target")
	wakesDesc       = described("wakes_total", "Changes that a watch was told of.", "target")
)

// Describe implements prometheus.Collector.
func (*snapshots) Describe(c chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		targetsDesc, readyDesc, verdictDesc, objectsDesc, driftDesc, changesDesc, guardsDesc, complaintsDesc,
		lastPassDesc, lastSuccessDesc, passesDesc, appliesDesc, stepsDesc, filesDesc, parsedDesc, wakesDesc,
	} {
		c <- d
	}
}

// Collect implements prometheus.Collector.
func (s *snapshots) Collect(c chan<- prometheus.Metric) {
	byVerdict := map[string]float64{"looking": 0}
	for _, v := range verdicts {
		byVerdict[string(v)] = 0
	}
	for i, t := range s.targets() {
		st := t.status()
		if st == nil || st.Verdict == reconcile.Looking {
			byVerdict["looking"]++
		} else {
			byVerdict[string(st.Verdict)]++
		}
		if st != nil && i < labelled {
			(&telling{c, t.name}).all(st)
		}
	}
	for _, v := range slices.Sorted(maps.Keys(byVerdict)) {
		c <- prometheus.MustNewConstMetric(targetsDesc, prometheus.GaugeValue, byVerdict[v], v)
	}
}

// telling tells of one target.
type telling struct {
	c      chan<- prometheus.Metric
	target string
}

func (t *telling) gauge(d *prometheus.Desc, v float64, labels ...string) {
	t.c <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, append([]string{t.target}, labels...)...)
}

func (t *telling) counter(d *prometheus.Desc, v uint64, labels ...string) {
	t.c <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), append([]string{t.target}, labels...)...)
}

func (t *telling) all(st *reconcile.Status) {
	t.gauge(readyDesc, one(st.Ready))
	for _, v := range verdicts {
		t.gauge(verdictDesc, one(v == st.Verdict), string(v))
		t.counter(passesDesc, st.Counters.Passes[v], string(v))
	}
	if !st.LastPass.IsZero() {
		t.gauge(lastPassDesc, float64(st.LastPass.UnixMilli())/1000)
	}
	if !st.LastSuccess.IsZero() {
		t.gauge(lastSuccessDesc, float64(st.LastSuccess.UnixMilli())/1000)
	}
	t.objects(st)
	t.plan(st)
	n := st.Counters
	t.counter(appliesDesc, n.Applies)
	for _, status := range []string{"done", "failed", "skipped", "unknown"} {
		t.counter(stepsDesc, n.Steps[status], status)
	}
	t.counter(filesDesc, n.Files)
	t.counter(parsedDesc, n.Parsed)
	t.counter(wakesDesc, n.Wakes)
}

func (t *telling) objects(st *reconcile.Status) {
	c := st.Counts
	t.gauge(driftDesc, float64(c.Drifted))
	for state, n := range map[reconcile.ObjectState]int{
		reconcile.ObjectInSync: c.InSync, reconcile.ObjectPending: c.Pending,
		reconcile.ObjectDrifted: c.Drifted, reconcile.ObjectFailing: c.Failing, reconcile.ObjectUnmanaged: c.Unmanaged,
	} {
		t.gauge(objectsDesc, float64(n), string(state))
	}
	n := st.Tally()
	t.gauge(complaintsDesc, float64(n.Errors), "error")
	t.gauge(complaintsDesc, float64(n.Warnings), "warning")
}

func (t *telling) plan(st *reconcile.Status) {
	p := st.Pending
	if p == nil || p.Plan == nil {
		return
	}
	m := p.Plan.Summary
	for action, n := range map[string]int{"create": m.Create, "update": m.Update, "replace": m.Replace, "delete": m.Delete} {
		t.gauge(changesDesc, float64(n), action)
	}
	t.gauge(guardsDesc, float64(st.Tally().Refusals))
}

func one(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
