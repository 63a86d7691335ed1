package cli

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/reconcile"
	"github.com/idpsync/idpsync/internal/report"
)

// passDocument is one line of "watch -o json".
type passDocument struct {
	report.Header
	Time        string              `json:"time"`
	Seq         uint64              `json:"seq"`
	Target      report.Target       `json:"target"`
	Mode        string              `json:"mode"`
	Source      string              `json:"source"`
	Commit      string              `json:"commit"`
	Verdict     string              `json:"verdict"`
	Counts      passCounts          `json:"counts"`
	Objects     []passObject        `json:"objects"`
	Guards      []report.Guard      `json:"guards"`
	Note        string              `json:"note"`
	Trouble     *passTrouble        `json:"trouble"`
	Diagnostics []report.Diagnostic `json:"diagnostics"`
	NextPass    string              `json:"nextPass"`
}

// passCounts counts objects by their state.
type passCounts struct {
	InSync    int `json:"inSync"`
	Pending   int `json:"pending"`
	Drifted   int `json:"drifted"`
	Failing   int `json:"failing"`
	Unmanaged int `json:"unmanaged"`
}

// passObject is an object that stands otherwise than at the line before.
type passObject struct {
	Key   string `json:"key"`
	State string `json:"state"`
	Why   string `json:"why"`
}

type passTrouble struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint"`
	Retry   string `json:"retry"`
}

// teller remembers what was told, so that only news are told in full.
type teller struct {
	rows  map[model.Key]passObject
	found string
}

// tellerAfter is one that has told a status; nil is none.
func tellerAfter(s *reconcile.Status) *teller {
	t := &teller{}
	if s != nil {
		t.news(s)
		t.found = foundText(s)
	}
	return t
}

// tellStatus writes the line of a pass, and beside it what is wrong with the
// files when that is new.
func (a *app) tellStatus(s *reconcile.Status, outs outputs, t *teller) error {
	news := t.news(s)
	a.tellFound(s, t)
	if outs[0].format == jsonFormat {
		return json.NewEncoder(a.out).Encode(newPassDocument(s, news, a.env.Now()))
	}
	_, err := fmt.Fprintln(a.out, report.Clean(a.passLine(s, news)))
	return err
}

// news lists the objects that stand otherwise than at the last line; one that has
// gone is none. Of the first line those in sync are none either.
func (t *teller) news(s *reconcile.Status) []passObject {
	next := make(map[model.Key]passObject, len(s.Objects))
	var out []passObject
	for _, o := range s.Objects {
		now := passObject{o.Key.String(), string(o.State), o.Why}
		next[o.Key] = now
		before, was := t.rows[o.Key]
		if was && before != now || !was && o.State != reconcile.ObjectInSync && o.State != reconcile.ObjectUnmanaged {
			out = append(out, now)
		}
	}
	t.rows = next
	return out
}

// tellFound says once what is wrong with the files.
func (a *app) tellFound(s *reconcile.Status, t *teller) {
	text := foundText(s)
	if text == t.found {
		return
	}
	t.found = text
	if !diagnostic.HasErrors(s.Diagnostics) {
		return
	}
	_ = a.tell(report.NewDiagnostics(s.Diagnostics, a.flags.lang))
}

func foundText(s *reconcile.Status) string {
	var b strings.Builder
	for _, d := range s.Diagnostics {
		b.WriteString(d.Line(diagnostic.English) + "\n")
	}
	return b.String()
}

// shownChanges is how many objects a line of text names.
const shownChanges = 3

// passLine is a pass in one line.
func (a *app) passLine(s *reconcile.Status, news []passObject) string {
	lang := a.lang()
	parts := []string{diagnostic.Told(lang, string(verdictOf(s))) + countsText(lang, s.Counts)}
	for i, o := range news {
		if i == shownChanges {
			parts = append(parts, diagnostic.Say(lang, "and %d more", len(news)-i))
			break
		}
		text := o.Key + " " + diagnostic.Told(lang, o.State)
		if o.Why != "" {
			text += " (" + diagnostic.Told(lang, o.Why) + ")"
		}
		parts = append(parts, text)
	}
	if s.Trouble != nil {
		text := diagnostic.Told(lang, strings.ReplaceAll(s.Trouble.Message, "\n", "; "))
		if s.Trouble.Hint != "" {
			text += " (" + diagnostic.Told(lang, s.Trouble.Hint) + ")"
		}
		parts = append(parts, text)
	}
	if s.Note != "" {
		parts = append(parts, diagnostic.Told(lang, s.Note))
	}
	head := a.env.Now().UTC().Format(time.RFC3339) + " "
	if s.Target != "" {
		head += s.Target + " "
	}
	if s.Commit != "" {
		head += s.Commit[:min(len(s.Commit), 12)] + " "
	}
	return head + strings.Join(parts, "; ")
}

// verdictOf is the verdict of a pass that is told. Where the first one could not
// compare, as while another run holds the lock, there is none yet: it failed.
func verdictOf(s *reconcile.Status) reconcile.Verdict {
	return cmp.Or(s.Verdict, reconcile.Failing)
}

// countsText counts the objects that there are of each state.
func countsText(lang string, c reconcile.Counts) string {
	var parts []string
	for _, n := range []struct {
		n      int
		format string
	}{{c.InSync, "%d in sync"}, {c.Pending, "%d pending"}, {c.Drifted, "%d drifted"}, {c.Failing, "%d failing"}, {c.Unmanaged, "%d unmanaged"}} {
		if n.n > 0 {
			parts = append(parts, diagnostic.Told(lang, fmt.Sprintf(n.format, n.n)))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

func newPassDocument(s *reconcile.Status, news []passObject, now time.Time) *passDocument {
	doc := &passDocument{
		Header: report.NewHeader("pass"), Time: moment(now), Seq: s.Seq, Mode: string(s.Mode),
		Target: report.Target{Name: s.Target, Host: s.Host, UserPoolID: s.UserPoolID},
		Source: s.Source, Commit: s.Commit, Verdict: string(verdictOf(s)), Note: s.Note, NextPass: moment(s.NextPass),
		Counts: passCounts(s.Counts), Objects: append([]passObject{}, news...), Guards: []report.Guard{},
		Diagnostics: append([]report.Diagnostic{}, report.NewDiagnostics(s.Diagnostics, diagnostic.English).Diagnostics...),
	}
	if p := s.Pending; p != nil {
		for _, r := range p.Refusals {
			g := report.Guard{Code: r.Code, Name: r.Name, Message: r.Message, Override: r.Override}
			if r.Key.Kind != "" {
				g.Key = r.Key.String()
			}
			doc.Guards = append(doc.Guards, g)
		}
	}
	if e := s.Trouble; e != nil {
		doc.Trouble = &passTrouble{e.Code, e.Message, e.Hint, moment(e.Retry)}
	}
	return doc
}

// moment is a time in UTC; "" for one that has not come.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
