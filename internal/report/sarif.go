package report

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/url"
	"strconv"
	"strings"

	"github.com/idpsync/idpsync/internal/diagnostic"
)

// mostResults is how many results GitHub takes of one run.
const mostResults = 25000

const (
	sarifSchema = "https://json.schemastore.org/sarif-2.1.0.json"
	homepage    = "https://github.com/idpsync/idpsync"
	// sourceRoot stands for the top folder of the repository.
	sourceRoot = "%SRCROOT%"
)

type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool        sarifTool         `json:"tool"`
	Invocations []sarifInvocation `json:"invocations"`
	// ColumnKind: our columns count characters, not UTF-16 halves.
	ColumnKind       string        `json:"columnKind"`
	Language         string        `json:"language"`
	NewlineSequences []string      `json:"newlineSequences"`
	Results          []sarifResult `json:"results"`
}

type sarifTool struct {
	Driver sarifDriver `json:"driver"`
}

type sarifDriver struct {
	Name           string      `json:"name"`
	InformationURI string      `json:"informationUri"`
	Language       string      `json:"language"`
	Rules          []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID               string    `json:"id"`
	ShortDescription sarifText `json:"shortDescription"`
	HelpURI          string    `json:"helpUri"`
}

type sarifText struct {
	Text string `json:"text"`
}

type sarifInvocation struct {
	ExecutionSuccessful bool          `json:"executionSuccessful"`
	Notifications       []sarifNotice `json:"toolExecutionNotifications"`
}

type sarifNotice struct {
	Level   string    `json:"level"`
	Message sarifText `json:"message"`
}

type sarifResult struct {
	RuleID              string            `json:"ruleId"`
	RuleIndex           int               `json:"ruleIndex"`
	Level               string            `json:"level"`
	Message             sarifText         `json:"message"`
	Locations           []sarifLocation   `json:"locations"`
	PartialFingerprints map[string]string `json:"partialFingerprints"`
}

type sarifLocation struct {
	Physical sarifPhysical `json:"physicalLocation"`
}

type sarifPhysical struct {
	Artifact sarifArtifact `json:"artifactLocation"`
	Region   sarifRegion   `json:"region"`
}

type sarifArtifact struct {
	URI       string `json:"uri"`
	URIBaseID string `json:"uriBaseId"`
}

type sarifRegion struct {
	StartLine   int `json:"startLine"`
	StartColumn int `json:"startColumn,omitempty"`
	EndLine     int `json:"endLine,omitempty"`
	EndColumn   int `json:"endColumn,omitempty"`
}

// sarif writes one run. A note sums it up, so that a run without results says
// that it looked.
func (f *findings) sarif(w io.Writer, s Style) error {
	lang := cmp.Or(s.Lang, diagnostic.English)
	run := sarifRun{
		Tool:       sarifTool{sarifDriver{Name: "idpsync", InformationURI: homepage, Language: lang, Rules: []sarifRule{}}},
		ColumnKind: "unicodeCodePoints", Language: lang, NewlineSequences: []string{"\r\n", "\n"}, Results: []sarifResult{},
	}
	notices := []sarifNotice{{"note", sarifText{f.about + ": " + f.note}}}
	shown := f.list
	if more := len(shown) - mostResults; more > 0 {
		shown = shown[:mostResults]
		notices = append(notices, sarifNotice{"warning", sarifText{diagnostic.Say(s.Lang, "%d more findings are not listed here", more)}})
	}
	run.Invocations = []sarifInvocation{{true, notices}}
	rules, prints := map[string]int{}, newFingerprints()
	for _, d := range shown {
		index, known := rules[d.Code]
		if !known {
			index = len(run.Tool.Driver.Rules)
			rules[d.Code] = index
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{d.Code, sarifText{diagnostic.Title(d.Code, s.Lang)}, rulePage(d.Code)})
		}
		run.Results = append(run.Results, sarifResult{
			RuleID: d.Code, RuleIndex: index, Level: d.Severity, Message: sarifText{d.text},
			Locations:           []sarifLocation{{sarifPhysical{sarifArtifact{uriPath(d.path), sourceRoot}, d.region()}}},
			PartialFingerprints: map[string]string{"idpsync/v1": prints.of(d)},
		})
	}
	return JSON(w, sarifLog{sarifSchema, "2.1.0", []sarifRun{run}})
}

func (d found) region() sarifRegion {
	r := sarifRegion{StartLine: d.line()}
	if d.Range.Start.Line == 0 || d.Range.Start.Column < 1 {
		return r
	}
	r.StartColumn = d.Range.Start.Column
	if end := d.Range.End; end.Line > d.Range.Start.Line || end.Line == d.Range.Start.Line && end.Column > d.Range.Start.Column {
		r.EndLine, r.EndColumn = end.Line, end.Column
	}
	return r
}

// uriPath writes a relative path as a reference that nothing reads as a scheme
// or a host.
func uriPath(path string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		parts[i] = strings.ReplaceAll(url.PathEscape(p), ":", "%3A")
	}
	return strings.Join(parts, "/")
}

// rulePage is where a code is explained.
func rulePage(code string) string { return homepage + "/blob/main/docs/rules/" + code + ".md" }

// fingerprints names findings so that one has the same name in the next run,
// wherever its line has moved, and no two have the same.
type fingerprints struct{ seen map[string]int }

func newFingerprints() *fingerprints { return &fingerprints{map[string]int{}} }

func (p *fingerprints) of(d found) string {
	p.seen[d.same]++
	sum := sha256.Sum256([]byte(d.same + "\n" + strconv.Itoa(p.seen[d.same])))
	return hex.EncodeToString(sum[:16])
}
