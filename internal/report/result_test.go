package report_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/apply"
	"github.com/idpsync/idpsync/internal/plan"
	"github.com/idpsync/idpsync/internal/report"
)

func outcome(k string, a plan.Action, s apply.Status, id string, err error, parts ...string) apply.Outcome {
	return apply.Outcome{Change: &plan.Change{Key: key(k), Action: a}, Status: s, ID: id, Err: err, PartsDone: parts}
}

func sampleResult() *report.Result {
	return report.NewResult(report.ResultInput{
		RunID:  "20261122T100000Z-abcdef",
		Target: report.Target{Name: "prod", Host: "https://api.example.com", UserPoolID: "62eaa95fe0a1b29a5295bf7c"},
		Result: &apply.Result{Outcomes: []apply.Outcome{
			outcome("identityprovider/corp", plan.Create, apply.Done, "idp1", nil),
			outcome("connection/corp", plan.Create, apply.Failed, "", errors.New("identifier in use\n(request id r-1)")),
			outcome("connection/wiki", plan.Create, apply.Unknown, "", errors.New("the answer was cut off")),
			outcome("connection/ad", plan.Replace, apply.Failed, "", errors.New("removed, but not made again: stopped before it began"), "disable portal/ad", "delete"),
			outcome("application/portal", plan.Create, apply.Done, "app1", nil),
			outcome("application/half", plan.Create, apply.Failed, "app2", errors.New("mfa: refused"), "create", "settings"),
			outcome("application/old", plan.Update, apply.Done, "app3", nil),
			outcome("enablement/portal/corp", plan.Create, apply.Skipped, "", errors.New("create connection/corp did not succeed")),
		}},
		NotKept:    []plan.At{{Key: key("application/old"), Path: "brandingConfig.customCSS"}},
		Unverified: []plan.At{{Key: key("application/old"), Path: "mfa"}},
		Explain: func(err error) (string, string) {
			switch {
			case strings.Contains(err.Error(), "in use"):
				return "", "r-1"
			case strings.Contains(err.Error(), "cut off"):
				return "IDP0501", "r-2"
			}
			return "", ""
		},
	})
}

func TestAResultAsJSON(t *testing.T) {
	var b bytes.Buffer
	if err := report.JSON(&b, sampleResult()); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "null") {
		t.Error("null in the document")
	}
	golden(t, "result-mixed.json", b.Bytes())
}

func TestAResultAsText(t *testing.T) {
	asText(t, "result-*.json", report.ReadResult)
}

func TestASkippedStepTellsWhyAndHasNoError(t *testing.T) {
	doc := sampleResult()
	skipped := doc.Steps[len(doc.Steps)-1]
	if skipped.Error != nil {
		t.Errorf("a skipped step has the error %+v", skipped.Error)
	}
	var b bytes.Buffer
	if err := doc.Text(&b, report.Style{}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "skipped create enablement/portal/corp: create connection/corp did not succeed\n") {
		t.Errorf("no reason in\n%s", b.String())
	}
}

func TestEventsAsText(t *testing.T) {
	recorded(t, "events-*.jsonl", func(t *testing.T, data []byte, text string) {
		var b bytes.Buffer
		lines := bufio.NewScanner(bytes.NewReader(data))
		for lines.Scan() {
			var e report.Event
			if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
				t.Fatal(err)
			}
			if err := e.Text(&b, report.Style{}); err != nil {
				t.Fatal(err)
			}
		}
		safe(t, b.Bytes())
		golden(t, text, b.Bytes())
	})
}

func TestAnEventCarriesItsStep(t *testing.T) {
	e := report.NewEvent(apply.Event{Change: &plan.Change{Key: key("connection/ad"), Action: plan.Replace}, Half: plan.Remove, Status: apply.Failed, Err: errors.New("no")})
	want := report.Event{Key: "connection/ad", Action: "replace", Half: "remove", Status: "failed", Error: "no"}
	if e != want {
		t.Errorf("got %+v, want %+v", e, want)
	}
}
