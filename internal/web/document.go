package web

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/reconcile"
	"github.com/idpsync/idpsync/internal/report"
)

// Status is the document of /api/v1/status.
type Status struct {
	report.Header
	Version string         `json:"version"`
	Targets []TargetStatus `json:"targets"`
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

// api answers with the state as a document. It speaks English, as every JSON.
func (s *Server) api(w http.ResponseWriter, r *http.Request) {
	asked := r.URL.Query().Get("target")
	if asked != "" && s.targets[asked] == nil {
		http.Error(w, "there is no such target\n", http.StatusNotFound)
		return
	}
	doc := &Status{Header: report.NewHeader("status"), Version: s.opts.Version, Targets: []TargetStatus{}}
	for _, t := range s.order {
		if asked != "" && t.name != asked {
			continue
		}
		doc.Targets = append(doc.Targets, statusOf(t, asked != "" || len(s.order) == 1))
	}
	w.Header().Set("Content-Type", "application/json")
	_ = report.JSON(w, doc) // the reader has gone; there is nobody to tell
}

func statusOf(t *shown, details bool) TargetStatus {
	st := t.status()
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
	if details {
		one.Details = &StatusDetails{
			Diagnostics: report.NewDiagnostics(st.Diagnostics, diagnostic.English).Diagnostics,
			Objects:     make([]ObjectStatus, 0, len(st.Objects)), Plan: t.look().plan(), Runs: make([]RunStatus, 0, len(st.Runs)),
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
		Key: o.Key.String(), State: string(o.State), Why: o.Why, LastChange: machine(o.LastChange), ID: o.ID,
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

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}
