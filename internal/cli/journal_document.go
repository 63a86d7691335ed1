package cli

import (
	"cmp"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/idpsync/idpsync/internal/ledger"
	"github.com/idpsync/idpsync/internal/report"
)

// The states of a run in a list.
const (
	runDone       = "done"       // everything was done
	runIncomplete = "incomplete" // it ended with another exit code than 0
	runUnfinished = "unfinished" // it goes on, or was cut off and not settled yet
	runSettled    = "settled"    // a later run found out what became of it
	runUnreadable = "unreadable"
)

// journalDocument is what journal list writes.
type journalDocument struct {
	report.Header
	Runs []journalRun `json:"runs"`
}

type journalRun struct {
	RunID  string        `json:"runId"`
	Time   string        `json:"time"`
	Target report.Target `json:"target"`
	Tool   string        `json:"tool,omitempty"`
	// ConfigDigest, StateDigest and Plan say what was carried out.
	ConfigDigest string `json:"configDigest,omitempty"`
	StateDigest  string `json:"stateDigest,omitempty"`
	Plan         string `json:"plan,omitempty"`
	State        string `json:"state"`
	SettledBy    string `json:"settledBy,omitempty"`
	// Steps counts the requests that were announced, Open those whose fate
	// nobody knows.
	Steps   int             `json:"steps"`
	Open    int             `json:"open"`
	Summary *ledger.Summary `json:"summary,omitempty"`
}

func newJournalRun(pool string, r ledger.RunInfo) journalRun {
	j := journalRun{
		RunID: r.ID, Target: report.Target{Name: r.Target, Host: r.Host, UserPoolID: pool}, Tool: r.Tool, ConfigDigest: r.ConfigDigest,
		StateDigest: r.StateDigest, Plan: r.Plan, State: stateOf(r), SettledBy: r.SettledBy, Steps: r.Steps, Open: r.Open, Summary: r.Summary,
	}
	if !r.Time.IsZero() {
		j.Time = stamp(r.Time)
	}
	return j
}

func stateOf(r ledger.RunInfo) string {
	switch {
	case r.Err != nil:
		return runUnreadable
	case r.SettledBy != "":
		return runSettled
	case r.Summary == nil || r.Open > 0:
		return runUnfinished
	case r.Summary.Exit != int(OK):
		return runIncomplete
	}
	return runDone
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Text writes a line a run.
func (d *journalDocument) Text(w io.Writer, s report.Style) error {
	if len(d.Runs) == 0 {
		_, err := fmt.Fprintln(w, s.Say("No runs."))
		return err
	}
	rows := [][]string{{"RUN", "TIME", "TARGET", "POOL", "STATE", "STEPS", "OPEN"}}
	for _, r := range d.Runs {
		rows = append(rows, []string{r.RunID, cmp.Or(r.Time, "-"), cmp.Or(r.Target.Name, "-"), r.Target.UserPoolID, s.Told(r.State), strconv.Itoa(r.Steps), strconv.Itoa(r.Open)})
	}
	return report.Table(w, s, rows)
}

// runDocument is what journal show writes.
type runDocument struct {
	report.Header
	journalRun
	Holder    ledger.Holder     `json:"holder"`
	Overrides []ledger.Override `json:"overrides"`
	// Torn tells that a last line was never finished.
	Torn bool `json:"torn,omitempty"`
	// Steps takes the place of the number in the list.
	Steps []journalStep `json:"steps"`
}

type journalStep struct {
	N      int    `json:"n"`
	Time   string `json:"time"`
	Key    string `json:"key"`
	Action string `json:"action"`
	Part   string `json:"part,omitempty"`
	ID     string `json:"id,omitempty"`
	// Fate is open while nobody knows.
	Fate      string      `json:"fate"`
	Ended     string      `json:"ended,omitempty"`
	SettledBy string      `json:"settledBy,omitempty"`
	Error     *stepFailed `json:"error,omitempty"`
}

type stepFailed struct {
	Code      string `json:"code,omitempty"`
	Message   string `json:"message"`
	RequestID string `json:"requestId,omitempty"`
}

func newRunDocument(pool string, r *ledger.Run) *runDocument {
	d := &runDocument{
		Header: report.NewHeader("run"), journalRun: newJournalRun(pool, r.Info()), Holder: r.Holder,
		Overrides: append([]ledger.Override{}, r.Overrides...), Torn: r.Torn, Steps: []journalStep{},
	}
	for _, s := range r.Steps {
		d.Steps = append(d.Steps, newJournalStep(s))
	}
	return d
}

func newJournalStep(s ledger.Step) journalStep {
	j := journalStep{N: s.N, Time: stamp(s.Time), Key: s.Key.String(), Action: s.Action, Part: s.Part, ID: s.ID, Fate: "open"}
	o := s.Outcome
	if o == nil {
		return j
	}
	j.Fate, j.Ended, j.SettledBy, j.ID = string(o.Fate), stamp(o.Time), o.By, cmp.Or(o.ID, j.ID)
	if o.Message != "" {
		j.Error = &stepFailed{o.Code, o.Message, o.RequestID}
	}
	return j
}

// Text writes what was carried out, then a line a step.
func (d *runDocument) Text(w io.Writer, s report.Style) error {
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintln(w, report.Wrap(report.PadRight(s.Told(name), 10)+report.Clean(value), s.Width, 10))
		}
	}
	line("run", d.RunID)
	line("state", s.Told(d.stateLine()))
	line("time", d.Time)
	line("target", d.Target.Name)
	line("pool", d.Target.UserPoolID)
	line("host", d.Target.Host)
	line("by", s.Told(d.by()))
	line("tool", d.Tool)
	line("plan", d.Plan)
	for _, o := range d.Overrides {
		line("override", o.Guard+": "+o.Reason)
	}
	if d.Torn {
		line("note", s.Say("its last line was never finished"))
	}
	if len(d.Steps) == 0 {
		_, err := fmt.Fprintln(w, "\n"+s.Say("No step was begun."))
		return err
	}
	fmt.Fprintln(w)
	rows := [][]string{{"N", "TIME", "FATE", "ACTION", "KEY", "ID", "NOTE"}}
	for _, a := range d.Steps {
		rows = append(rows, []string{strconv.Itoa(a.N), a.Time, s.Told(a.Fate), a.action(s), a.Key, cmp.Or(a.ID, "-"), s.Told(a.note())})
	}
	return report.Table(w, s, rows)
}

func (d *runDocument) stateLine() string {
	text := d.State
	if s := d.Summary; s != nil {
		text += fmt.Sprintf(": %d done, %d failed, %d skipped, %d unknown, %d not kept, exit %d", s.Done, s.Failed, s.Skipped, s.Unknown, s.NotKept, s.Exit)
	}
	if d.SettledBy != "" {
		text += ", by run " + d.SettledBy
	}
	return text
}

func (d *runDocument) by() string {
	if d.Holder.PID == 0 {
		return ""
	}
	return fmt.Sprintf("process %d on host %s", d.Holder.PID, d.Holder.Host)
}

func (a journalStep) action(s report.Style) string {
	if a.Part == "" {
		return s.Told(a.Action)
	}
	return s.Told(a.Action) + " " + s.Told(a.Part)
}

func (a journalStep) note() string {
	switch {
	case a.Error != nil:
		return a.Error.Message
	case a.SettledBy != "":
		return "found out by run " + a.SettledBy
	}
	return ""
}
