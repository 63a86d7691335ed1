package diagnostic_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idpsync/idpsync/internal/diagnostic"
)

func at(file string, line, column int, code, id string, args ...any) diagnostic.Diagnostic {
	return diagnostic.Diagnostic{
		Code: code, Severity: diagnostic.Error, File: file, Message: diagnostic.T(id, args...),
		Range: diagnostic.Range{Start: diagnostic.Position{Line: line, Column: column}},
	}
}

func TestLine(t *testing.T) {
	d := at("github.yaml", 12, 7, "IDP0102", "value.missingType", "fields.clientID", "github")
	want := `github.yaml:12:7: error[IDP0102]: fields.clientID: missing, required by connection type "github"`
	if got := d.Line(diagnostic.English); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	zh := d.Line(diagnostic.Chinese)
	if !strings.HasPrefix(zh, "github.yaml:12:7: error[IDP0102]: fields.clientID：") || zh == want {
		t.Errorf("%s", zh)
	}
	d.Range = diagnostic.Range{}
	if got := d.Line(diagnostic.English); !strings.HasPrefix(got, "github.yaml: error[IDP0102]: ") {
		t.Errorf("a whole file: %s", got)
	}
}

func TestTextWithoutEntry(t *testing.T) {
	if got := diagnostic.T("no.such.sentence", "x", 3).In(diagnostic.Chinese); got != "no.such.sentence x 3" {
		t.Errorf("%q", got)
	}
	if got := (diagnostic.Diagnostic{}).HintIn(diagnostic.English); got != "" {
		t.Errorf("%q", got)
	}
}

func TestTextInText(t *testing.T) {
	inner := diagnostic.T("type.or", diagnostic.T("type.string"), diagnostic.T("type.null"))
	text := diagnostic.T("value.typeOnly", "a", inner)
	if got := text.In(diagnostic.English); got != "a: want text or null" {
		t.Errorf("%q", got)
	}
	if got := text.In("fr"); got != text.In(diagnostic.English) {
		t.Errorf("an unknown language reads %q", got)
	}
	if got := text.In(diagnostic.Chinese); !strings.Contains(got, "文本或") {
		t.Errorf("%q", got)
	}
}

func TestSortAndCompact(t *testing.T) {
	b2, b10 := at("b.yaml", 2, 1, "IDP0102", "value.missing", "x"), at("b.yaml", 10, 1, "IDP0101", "value.missing", "x")
	b2b, other := at("b.yaml", 2, 1, "IDP0106", "value.missing", "x"), at("b.yaml", 2, 1, "IDP0102", "value.missing", "y")
	a, warning := at("a.yaml", 99, 9, "IDP0106", "value.missing", "x"), b2
	warning.Severity = diagnostic.Warning
	ds := []diagnostic.Diagnostic{b10, b2b, b2, other, a, b2}
	diagnostic.Sort(ds)
	want := []diagnostic.Diagnostic{a, b2, b2, other, b2b, b10}
	if diff := cmp.Diff(want, ds); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]diagnostic.Diagnostic{a, b2, other, b2b, b10}, diagnostic.Compact(ds)); diff != "" {
		t.Error(diff)
	}
	if diagnostic.HasErrors([]diagnostic.Diagnostic{warning}) || !diagnostic.HasErrors([]diagnostic.Diagnostic{warning, b2}) {
		t.Error("HasErrors")
	}
}
