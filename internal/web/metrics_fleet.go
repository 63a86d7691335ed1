package web

import "github.com/prometheus/client_golang/prometheus"

// fleetNumbers tells how the fleet stands, at the moment of asking. Every replica
// tells the same but for what is said of itself: ask for the max.
type fleetNumbers struct{ fleet func() *Fleet }

var (
	queueDesc    = described("fleet_jobs", "Passes in the queue by what becomes of them; \"dead\" are those that were given up.", "state")
	oldestDesc   = described("fleet_oldest_waiting_seconds", "For how long the pass that waits longest could have run; 0 when none waits.")
	replicasDesc = described("fleet_replicas", "Replicas by whether their beat is heard.", "state")
	leaderDesc   = described("fleet_leader", "Whether this replica plans the work.")
	databaseDesc = described("fleet_database_up", "Whether the database answers this replica.")
	readDesc     = described("fleet_read_timestamp_seconds", "When this replica last read the fleet from the database.")
	sourceDesc   = described("fleet_source_up", "Whether the source could be looked at the last time.", "source")
	staleDesc    = described("fleet_source_stale_replicas", "Replicas that have another version of the source and so do not work on it.", "source")
	troublesDesc = described("fleet_troubles", "What is wrong with the fleet file and what it names.")
)

// Describe implements prometheus.Collector.
func (*fleetNumbers) Describe(c chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{queueDesc, oldestDesc, replicasDesc, leaderDesc, databaseDesc, readDesc, sourceDesc, staleDesc, troublesDesc} {
		c <- d
	}
}

// Collect implements prometheus.Collector.
func (n *fleetNumbers) Collect(c chan<- prometheus.Metric) {
	f := n.fleet()
	if f == nil {
		f = &Fleet{}
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		c <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	for state, n := range map[JobState]int{JobWaiting: f.Queue.Waiting, JobRunning: f.Queue.Running, JobRetrying: f.Queue.Retrying, JobDead: f.Queue.Dead} {
		gauge(queueDesc, float64(n), string(state))
	}
	waits := 0.0
	if !f.Queue.Oldest.IsZero() && f.Read.After(f.Queue.Oldest) {
		waits = f.Read.Sub(f.Queue.Oldest).Seconds()
	}
	gauge(oldestDesc, waits)
	leader, gone := false, 0
	for _, r := range f.Replicas {
		leader = leader || r.Self && r.Leader
		if r.Gone {
			gone++
		}
	}
	gauge(replicasDesc, float64(len(f.Replicas)-gone), "alive")
	gauge(replicasDesc, float64(gone), "gone")
	gauge(leaderDesc, one(leader))
	gauge(databaseDesc, one(f.Lost == "" && !f.Read.IsZero()))
	if !f.Read.IsZero() {
		gauge(readDesc, float64(f.Read.UnixMilli())/1000)
	}
	for _, s := range f.Sources[:min(len(f.Sources), labelled)] {
		gauge(sourceDesc, one(s.Error == ""), s.Name)
		gauge(staleDesc, float64(len(s.Stale)), s.Name)
	}
	gauge(troublesDesc, float64(len(f.Troubles)))
}
