package cli

import (
	"errors"
	"strings"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/ledger"
	"github.com/idpsync/idpsync/internal/report"
)

// ledgerTrouble is what is wrong with a ledger, in both languages.
func (a *app) ledgerTrouble(e *ledger.Error) diagnostic.Diagnostic {
	id := "ledger." + string(e.Problem)
	var place any = a.relative(e.Path)
	if e.Problem == ledger.Foreign || strings.Contains(e.Path, "://") {
		place = e.Path // a location, and no file
	}
	if e.Line > 0 {
		place = diagnostic.T("ledger.line", place, e.Line)
	}
	var reason any = e.Reason
	switch e.Cause {
	case "":
	case ledger.Elsewhere:
		reason = diagnostic.T("ledger.elsewhere", e.Reason)
	default:
		reason = diagnostic.T("ledger." + string(e.Cause))
	}
	d := diagnostic.Diagnostic{Code: e.Code(), Severity: diagnostic.Error, Message: diagnostic.T(id, place, reason), Hint: diagnostic.T(id + ".hint")}
	if e.Problem == ledger.Torn {
		d.Severity, d.Message, d.Hint = diagnostic.Warning, diagnostic.T(id, place), diagnostic.Text{}
	}
	return d
}

// tellOfLedger warns of what is no reason to stop.
func (a *app) tellOfLedger(e *ledger.Error) {
	if a.ledgers.first(e.Error()) {
		_ = a.tell(report.NewDiagnostics([]diagnostic.Diagnostic{a.ledgerTrouble(e)}, a.flags.lang))
	}
}

// refuseLedger tells what is wrong with the ledger, on stderr and as the
// document where JSON was asked for, and ends with exit 1, or with 7 where trying
// again may help. An error about something else stays as it is.
func (a *app) refuseLedger(err error, outs outputs) error {
	parts := joined(err)
	if parts == nil {
		parts = []error{err}
	}
	var found []diagnostic.Diagnostic
	code := Unavailable
	for _, part := range parts {
		var e *ledger.Error
		if !errors.As(part, &e) {
			return err
		}
		found = append(found, a.ledgerTrouble(e))
		if !e.Unavailable() {
			code = Failure
		}
	}
	doc := report.NewDiagnostics(found, a.flags.lang)
	return errors.Join(a.tell(doc), a.report(outs, doc), silent(code))
}
