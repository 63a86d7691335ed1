package web

// FleetStatus is how the replicas of a serve, their queue and their sources stand.
type FleetStatus struct {
	// Read is when it was read from the database, Lost why it could not be since.
	Read     string          `json:"read"`
	Lost     string          `json:"lost"`
	Queue    QueueStatus     `json:"queue"`
	Replicas []ReplicaStatus `json:"replicas"`
	Sources  []SourceStatus  `json:"sources"`
	Troubles []string        `json:"troubles"`
}

// QueueStatus counts passes by what becomes of them.
type QueueStatus struct {
	Waiting  int    `json:"waiting"`
	Running  int    `json:"running"`
	Retrying int    `json:"retrying"`
	Dead     int    `json:"dead"`
	Oldest   string `json:"oldest"`
}

// ReplicaStatus is one process of the fleet.
type ReplicaStatus struct {
	Name    string   `json:"name"`
	Host    string   `json:"host"`
	PID     int      `json:"pid"`
	Version string   `json:"version"`
	Started string   `json:"started"`
	Beat    string   `json:"beat"`
	Leader  bool     `json:"leader"`
	Gone    bool     `json:"gone"`
	Self    bool     `json:"self"`
	Works   []string `json:"works"`
}

// SourceStatus is where files come from.
type SourceStatus struct {
	Name    string   `json:"name"`
	Place   string   `json:"place"`
	Version string   `json:"version"`
	Since   string   `json:"since"`
	Checked string   `json:"checked"`
	Error   string   `json:"error"`
	Hint    string   `json:"hint"`
	Stale   []string `json:"stale"`
}

// JobStatus is how a fleet works on a target.
type JobStatus struct {
	State    string `json:"state"`
	Source   string `json:"source"`
	Replica  string `json:"replica"`
	Failures int    `json:"failures"`
	Reason   string `json:"reason"`
	Since    string `json:"since"`
	Next     string `json:"next"`
}

func fleetDocument(f *Fleet) *FleetStatus {
	if f == nil {
		f = &Fleet{}
	}
	q := f.Queue
	doc := &FleetStatus{
		Read: machine(f.Read), Lost: f.Lost, Queue: QueueStatus{q.Waiting, q.Running, q.Retrying, q.Dead, machine(q.Oldest)},
		Replicas: make([]ReplicaStatus, 0, len(f.Replicas)), Sources: make([]SourceStatus, 0, len(f.Sources)), Troubles: append([]string{}, f.Troubles...),
	}
	for _, r := range f.Replicas {
		doc.Replicas = append(doc.Replicas, ReplicaStatus{
			r.Name, r.Host, r.PID, r.Version, machine(r.Started), machine(r.Beat), r.Leader, r.Gone, r.Self, append([]string{}, r.Works...),
		})
	}
	for _, s := range f.Sources {
		doc.Sources = append(doc.Sources, SourceStatus{
			s.Name, s.Place, s.Version, machine(s.Since), machine(s.Checked), s.Error, s.Hint, append([]string{}, s.Stale...),
		})
	}
	return doc
}

func jobDocument(j Job) *JobStatus {
	return &JobStatus{string(j.State), j.Source, j.Replica, j.Failures, j.Reason, machine(j.Since), machine(j.Next)}
}
