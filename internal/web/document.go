package web

import (
	"net/http"
	"slices"
	"strings"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/reconcile"
	"github.com/idpsync/idpsync/internal/report"
)

// Status is the document of /api/v1/status.
type Status struct {
	report.Header
	Version string         `json:"version"`
	Targets []TargetStatus `json:"targets"`
	// Next is what to ask for by "after" to get more targets; absent at the end.
	Next  string       `json:"next,omitempty"`
	Fleet *FleetStatus `json:"fleet,omitempty"`
}

// TargetStatus is how one target stands. Details come for the only target, or
// for the one that is asked for.
type TargetStatus struct {
	Target      report.Target  `json:"target"`
	Mode        string         `json:"mode"`
	Source      string         `json:"source"`
	Commit      string         `json:"commit"`
	Phase       string         `json:"phase"`
	Verdict     string         `json:"verdict"`
	Ready       bool           `json:"ready"`
	Running     bool           `json:"running"`
	Since       string         `json:"since"`
	LastPass    string         `json:"lastPass"`
	LastSuccess string         `json:"lastSuccess"`
	NextPass    string         `json:"nextPass"`
	Trouble     *Trouble       `json:"trouble"`
	Counts      StatusCounts   `json:"counts"`
	Job         *JobStatus     `json:"job,omitempty"`
	Details     *StatusDetails `json:"details,omitempty"`
}

// StatusCounts are how many objects are in each state.
type StatusCounts struct {
	InSync    int `json:"inSync"`
	Pending   int `json:"pending"`
	Drifted   int `json:"drifted"`
	Failing   int `json:"failing"`
	Unmanaged int `json:"unmanaged"`
}

// Trouble is why the last pass did not succeed.
type Trouble struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint"`
	Retry   string `json:"retry"`
}

// StatusDetails is everything about one target. Plan is null before the first.
type StatusDetails struct {
	Diagnostics []report.Diagnostic `json:"diagnostics"`
	Objects     []ObjectStatus      `json:"objects"`
	Plan        *report.Plan        `json:"plan"`
	Runs        []RunStatus         `json:"runs"`
}

// ObjectStatus is how one object stands.
type ObjectStatus struct {
	Key        string         `json:"key"`
	Name       string         `json:"name,omitempty"` // what the server calls one that no file names
	State      string         `json:"state"`
	Why        string         `json:"why"`
	LastChange string         `json:"lastChange"`
	ID         string         `json:"id"`
	Links      []string       `json:"links"`
	Source     *report.Source `json:"source"` // null when no file is the reason
	Fields     []ObjectField  `json:"fields"`
}

// ObjectField is one difference of an object, or of the button that Key names.
type ObjectField struct {
	Key string `json:"key"`
	report.DriftField
}

// RunStatus is one run of the journal.
type RunStatus struct {
	ID        string `json:"id"`
	Time      string `json:"time"`
	Ended     string `json:"ended"`
	Finished  bool   `json:"finished"`
	Done      int    `json:"done"`
	Failed    int    `json:"failed"`
	Skipped   int    `json:"skipped"`
	Unknown   int    `json:"unknown"`
	NotKept   int    `json:"notKept"`
	Exit      int    `json:"exit"`
	Steps     int    `json:"steps"`
	Open      int    `json:"open"`
	SettledBy string `json:"settledBy"`
	Damaged   bool   `json:"damaged"`
}

// mostTargets is how many targets of a fleet one answer has.
const mostTargets = 1000

// api answers with the state as a document. It speaks English, as every JSON.
func (s *Server) api(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	doc := &Status{Header: report.NewHeader("status"), Version: s.opts.Version, Targets: []TargetStatus{}}
	if s.opts.Fleet != nil {
		doc.Fleet = fleetDocument(s.opts.Fleet())
	}
	if asked := q.Get("target"); asked != "" {
		t := s.find(asked)
		if t == nil {
			http.Error(w, "there is no such target\n", http.StatusNotFound)
			return
		}
		v := s.look(r.Context(), t)
		if v.lost != nil {
			http.Error(w, "the details of this target cannot be read now: "+report.Clean(v.lost.Error())+"\n", http.StatusServiceUnavailable)
			return
		}
		doc.Targets = append(doc.Targets, statusOf(t, v))
	} else if one := s.single(); one != nil {
		doc.Targets = append(doc.Targets, statusOf(one, s.look(r.Context(), one)))
	} else {
		s.list(doc, q.Get("after"), number(q.Get("limit")))
	}
	w.Header().Set("Content-Type", "application/json")
	_ = report.JSON(w, doc) // the reader has gone; there is nobody to tell
}

// list adds the targets that follow a name, without details, in the order of
// their names where there is a fleet.
func (s *Server) list(doc *Status, after string, limit int) {
	all := s.targets.call().order
	if s.opts.List == nil {
		for _, t := range all {
			doc.Targets = append(doc.Targets, statusOf(t, nil))
		}
		return
	}
	if limit <= 0 || limit > mostTargets {
		limit = mostTargets
	}
	all = slices.SortedFunc(slices.Values(all), func(a, b *shown) int { return strings.Compare(a.name, b.name) })
	i, _ := slices.BinarySearchFunc(all, after, func(t *shown, name string) int { return strings.Compare(t.name, name) })
	for _, t := range all[i:] {
		if t.name == after {
			continue
		}
		if len(doc.Targets) == limit {
			doc.Next = doc.Targets[limit-1].Target.Name
			return
		}
		doc.Targets = append(doc.Targets, statusOf(t, nil))
	}
}

// statusOf is how a target stands; with a view, everything about it.
func statusOf(t *shown, v *view) TargetStatus {
	st := t.status()
	if v != nil {
		st = v.status
	}
	if st == nil {
		st = &reconcile.Status{}
	}
	one := TargetStatus{
		Target: targetOf(st), Mode: string(st.Mode), Source: st.Source, Commit: st.Commit, Phase: string(st.Phase), Verdict: string(st.Verdict),
		Ready: st.Ready, Running: st.Running, Since: machine(st.Since), LastPass: machine(st.LastPass),
		LastSuccess: machine(st.LastSuccess), NextPass: machine(st.NextPass), Counts: StatusCounts(st.Counts),
	}
	one.Target.Name = t.name
	if x := st.Trouble; x != nil {
		one.Trouble = &Trouble{x.Code, x.Message, x.Hint, machine(x.Retry)}
	}
	if t.from.Load().Job != nil {
		one.Job = jobDocument(t.job())
	}
	if v != nil {
		one.Details = &StatusDetails{
			Diagnostics: report.NewDiagnostics(st.Diagnostics, diagnostic.English).Diagnostics,
			Objects:     make([]ObjectStatus, 0, len(st.Objects)), Plan: v.plan(), Runs: make([]RunStatus, 0, len(st.Runs)),
		}
		for i := range st.Objects {
			one.Details.Objects = append(one.Details.Objects, objectDocument(&st.Objects[i]))
		}
		for _, r := range st.Runs {
			one.Details.Runs = append(one.Details.Runs, RunStatus{
				r.ID, machine(r.Time), machine(r.Ended), r.Finished, r.Done, r.Failed, r.Skipped,
				r.Unknown, r.NotKept, r.Exit, r.Steps, r.Open, r.SettledBy, r.Damaged,
			})
		}
	}
	return one
}

func objectDocument(o *reconcile.ObjectStatus) ObjectStatus {
	doc := ObjectStatus{
		Key: o.Key.String(), Name: o.Name, State: string(o.State), Why: o.Why, LastChange: machine(o.LastChange), ID: o.ID,
		Links: make([]string, 0, len(o.Links)), Fields: make([]ObjectField, 0, len(o.Fields)),
	}
	for _, k := range o.Links {
		doc.Links = append(doc.Links, k.String())
	}
	if o.Source.File != "" {
		doc.Source = &report.Source{File: o.Source.File, Line: o.Source.Line}
	}
	for _, f := range o.Fields {
		doc.Fields = append(doc.Fields, ObjectField{f.Key.String(), report.NewDriftField(f.DriftField)})
	}
	return doc
}
