package report_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/report"
)

func at(line, column, endLine, endColumn int) diagnostic.Range {
	return diagnostic.Range{Start: diagnostic.Position{Line: line, Column: column}, End: diagnostic.Position{Line: endLine, Column: endColumn}}
}

func sampleDiagnostics() []diagnostic.Diagnostic {
	words := diagnostic.Words
	return []diagnostic.Diagnostic{
		{Code: "IDP0111", Severity: diagnostic.Error, File: "bad\x1b[2Jname.yaml", Message: words("no such file")},
		{Code: "IDP0106", Severity: diagnostic.Error, File: "frame.yaml", Range: at(2, 3, 2, 8), Pointer: "/spec/nmae", Message: words("nmae: unknown key"), Hint: words("did you mean name?")},
		{Code: "IDP0104", Severity: diagnostic.Warning, File: "frame.yaml", Range: at(3, 10, 3, 13), Message: words("名称: a line\nin a message")},
		{Code: "IDP0101", Severity: diagnostic.Error, File: "frame.yaml", Range: at(4, 1, 4, 2), Message: words("a tab")},
		{Code: "IDP0103", Severity: diagnostic.Error, File: "frame.yaml", Range: at(5, 150, 5, 155), Message: words("far to the right")},
		{Code: "IDP0601", Severity: diagnostic.Error, File: "frame.yaml", Range: at(6, 11, 6, 22), Message: words("a secret in the file"), Sensitive: true},
		{Code: "IDP0106", Severity: diagnostic.Error, File: "frame.yaml", Range: at(6, 3, 6, 9), Message: words("secret: unknown key, on the line of a secret")},
		{Code: "IDP0109", Severity: diagnostic.Error, File: "frame.yaml", Range: at(7, 3, 9, 1), Message: words("over several lines")},
		{Code: "IDP0109", Severity: diagnostic.Error, File: "frame.yaml", Range: at(99, 1, 99, 2), Message: words("beyond the end")},
		{Code: "IDP0116", Severity: diagnostic.Error, Message: words("no file at all")},
	}
}

func frames(t *testing.T) func(string) []byte {
	return func(file string) []byte {
		if file != "frame.yaml" {
			return nil
		}
		data, err := os.ReadFile(filepath.Join(folder, file))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
}

func TestDiagnosticsAsJSON(t *testing.T) {
	var b bytes.Buffer
	if err := report.JSON(&b, report.NewDiagnostics(sampleDiagnostics(), diagnostic.English)); err != nil {
		t.Fatal(err)
	}
	golden(t, "diagnostics-all.json", b.Bytes())
}

func TestNoDiagnosticsAreAnEmptyArray(t *testing.T) {
	var b bytes.Buffer
	if err := report.JSON(&b, report.NewDiagnostics(nil, diagnostic.English)); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), `"diagnostics": []`) {
		t.Errorf("got %s", b.String())
	}
}

func TestDiagnosticsAsText(t *testing.T) {
	asText(t, "diagnostics-*.json", report.ReadDiagnostics)
}

func TestFramesPointAtThePlaceAndHideSecrets(t *testing.T) {
	var b bytes.Buffer
	doc := report.NewDiagnostics(sampleDiagnostics(), diagnostic.English)
	if err := doc.Text(&b, report.Style{Frame: frames(t)}); err != nil {
		t.Fatal(err)
	}
	safe(t, b.Bytes())
	if strings.Contains(b.String(), canary) {
		t.Error("the line of a secret is shown")
	}
	golden(t, "diagnostics-frames.txt", b.Bytes())
}

func TestDiagnosticsSpeakTheLanguageAskedFor(t *testing.T) {
	ds := []diagnostic.Diagnostic{{Code: "IDP0106", Severity: diagnostic.Error, Message: diagnostic.T("key.unknown", "nmae")}}
	en, zh := report.NewDiagnostics(ds, diagnostic.English), report.NewDiagnostics(ds, diagnostic.Chinese)
	if en.Diagnostics[0].Message == zh.Diagnostics[0].Message {
		t.Errorf("both languages say %q", en.Diagnostics[0].Message)
	}
}
