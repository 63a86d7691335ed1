package web

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/reconcile"
	"github.com/idpsync/idpsync/internal/report"
)

// Clean makes a text of a file or a server safe to be read.
func (w words) Clean(s string) string { return report.Clean(s) }

// Chosen tells that the address names the language.
func (w words) Chosen() bool { return w.chosen }

// Class is the verdict in the style sheet.
func (h *head) Class() string { return class(string(h.Verdict)) }

// VerdictWord is the verdict as the reader says it.
func (h *head) VerdictWord() string { return h.verdict(h.Verdict) }

func (w words) verdict(v reconcile.Verdict) string {
	if v == reconcile.Looking {
		return w.T("looking")
	}
	return w.T(string(v))
}

// ModeWord tells what is done about differences.
func (h *head) ModeWord() string {
	if h.Mode == reconcile.Apply {
		return h.T("apply: what differs is put right")
	}
	return h.T("detect: what differs is shown, nothing is written")
}

// NextLook is when the target is looked at again: in a fleet the queue decides.
func (h *head) NextLook() time.Time {
	if h.Job != nil && !h.Job.Next.IsZero() {
		return h.Job.Next
	}
	return h.NextPass
}

// ShortCommit is enough of the commit to know it again.
func (h *head) ShortCommit() string { return h.Short(h.Commit) }

// Short is enough of a commit, or of a digest, to know it again.
func (w words) Short(version string) string {
	version = strings.TrimPrefix(version, "sha256:")
	return report.Clean(version[:min(len(version), 12)])
}

// Broken tells that the files cannot be used as they are.
func (h *head) Broken() bool {
	return slices.ContainsFunc(h.Complaints, func(d report.Diagnostic) bool { return d.Severity == "error" })
}

// noValue is the complaint about a secret without a value.
const noValue = "IDP0116"

// Valueless tells that the files are right, and only secrets are missing.
func (h *head) Valueless() bool {
	return onlyErrors(h.Diagnostics, func(d diagnostic.Diagnostic) bool { return d.Code == noValue })
}

// Unset tells that all of them come from variables, which a program that runs
// does not see change.
func (h *head) Unset() bool {
	return onlyErrors(h.Diagnostics, func(d diagnostic.Diagnostic) bool {
		switch id, args := d.Message.ID, d.Message.Args; id {
		case "secret.unset", "secret.blank":
			return true
		case "secret.empty", "secret.example":
			return len(args) > 1 && strings.HasPrefix(fmt.Sprint(args[1]), "env:")
		}
		return false
	})
}

// onlyErrors tells that every error is such a one; warnings do not count.
func onlyErrors(ds []diagnostic.Diagnostic, such func(diagnostic.Diagnostic) bool) bool {
	return !slices.ContainsFunc(ds, func(d diagnostic.Diagnostic) bool { return d.Severity == diagnostic.Error && !such(d) })
}

// PlaceOf is where a complaint is about.
func (h *head) PlaceOf(d report.Diagnostic) string {
	if d.Range.Start.Line == 0 {
		return report.Clean(d.File)
	}
	return fmt.Sprintf("%s:%d:%d", report.Clean(d.File), d.Range.Start.Line, d.Range.Start.Column)
}

// runsPage lists what was applied.
func (s *Server) runsPage(w http.ResponseWriter, r *http.Request) {
	if t := s.target(w, r); t != nil {
		v := s.look(r.Context(), t)
		f := s.framed(r, t, v, "runs")
		f.Runs = v.status.Runs
		s.render(w, r, http.StatusOK, "runs", f)
	}
}

// RunWord tells what a run came to.
func (w words) RunWord(r reconcile.RunStatus) string {
	switch {
	case r.Damaged:
		return w.T("its journal is damaged")
	case r.Finished && r.Exit == 0:
		return w.T("done")
	case r.Finished:
		return w.T("ended with exit code %d", r.Exit)
	case r.SettledBy != "":
		return w.T("cut off, settled by %s", report.Clean(r.SettledBy))
	}
	return w.T("not finished")
}

// number reads a small number of an address; anything else is zero.
func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return 0
	}
	return n
}
