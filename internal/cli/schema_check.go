package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/idpsync/idpsync/internal/config"
	"github.com/idpsync/idpsync/internal/report"
	"github.com/idpsync/idpsync/internal/schema"
)

// schemaDrift is the document of "schema check".
type schemaDrift struct {
	report.Header
	Target report.Target `json:"target"`
	// Checked lists every provider type that was asked for.
	Checked     []checkedType      `json:"checked"`
	Differences []schemaDifference `json:"differences"`
	// Breaks are the errors that the files would have under the live templates
	// and do not have now.
	Breaks []report.Diagnostic `json:"breaks"`

	breaks *report.Diagnostics
}

type checkedType struct {
	ProviderType string `json:"providerType"`
	Status       string `json:"status"` // equal, different, none or unusable
	Message      string `json:"message,omitempty"`
}

type schemaDifference struct {
	ProviderType string `json:"providerType"`
	Type         string `json:"type"`   // "": the provider type itself
	Path         string `json:"path"`   // "": the connection type itself
	Change       string `json:"change"` // new, vanished or changed
	Before       string `json:"before"`
	After        string `json:"after"`
}

// Text writes a line for each difference, then what breaks.
func (d *schemaDrift) Text(w io.Writer, style report.Style) error {
	rows := [][]string{{"TYPE", "WHAT", "CHANGE", "IN USE", "LIVE"}}
	for _, x := range d.Differences {
		name, what := x.Type, x.Path
		if name == "" {
			name = style.Say("%s (provider)", x.ProviderType)
		}
		if what == "" {
			what = style.Told("the whole type")
		}
		rows = append(rows, []string{name, what, style.Told(x.Change), short(style.Told(x.Before)), short(style.Told(x.After))})
	}
	if len(rows) > 1 {
		if err := report.Table(w, style, rows); err != nil {
			return err
		}
	}
	if len(d.Breaks) > 0 {
		fmt.Fprintf(w, "\n%s\n", style.Say("Under the live templates these are errors:"))
		if err := d.breaks.Text(w, style); err != nil {
			return err
		}
	}
	return d.summary(w, style)
}

// short is what fits into a column; the JSON document has all of it.
func short(s string) string {
	const most = 60
	switch runes := []rune(s); {
	case len(runes) == 0:
		return "-"
	case len(runes) > most:
		return string(runes[:most]) + "..."
	}
	return s
}

func (d *schemaDrift) summary(w io.Writer, style report.Style) error {
	equal, none := 0, 0
	for _, t := range d.Checked {
		switch t.Status {
		case "equal":
			equal++
		case pullNone:
			none++
		}
	}
	_, err := fmt.Fprintln(w, style.Say("%s: %d as in use, %d without a template on the server; %s, %s",
		count(len(d.Checked), "provider type"), equal, none, count(len(d.Differences), "difference"), count(len(d.Breaks), "new error")))
	return err
}

func (a *app) schemaCheckCommand() *cobra.Command {
	return &cobra.Command{
		Use: "check", Short: "compare the server's templates with those in use",
		Long: `Compare the connection templates of the target's server, for the provider types
that the project uses, with the templates in use, and tell which lines of the
files would be errors under them. Nothing is written. Labels do not count.
Exit 2 when there is a difference or such a line.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.schemaCheck(cmd.Context()) },
	}
}

func (a *app) schemaCheck(ctx context.Context) (err error) {
	outs, err := a.outputs(textFormat, jsonFormat)
	if err != nil {
		return err
	}
	ctx, _, release := a.interruptible(ctx)
	defer release()
	s, err := a.templateServer(ctx, outs)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.pool.close()) }()
	types, err := s.wanted(nil, false)
	if err != nil {
		return err
	}
	answers, err := s.ask(ctx, types)
	if err != nil {
		return s.refusal(err, outs)
	}
	doc, err := s.compare(answers)
	if err != nil {
		return err
	}
	if err := a.emit(outs, doc); err != nil {
		return err
	}
	return doc.verdict()
}

// verdict is how the verb ends. What cannot be compared is not equal.
func (d *schemaDrift) verdict() error {
	var errs []error
	for _, t := range d.Checked {
		if t.Status == pullUnusable {
			errs = append(errs, &quit{code: Failure, err: errors.New(t.Message)})
		}
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	if len(d.Differences)+len(d.Breaks) > 0 {
		return silent(Changes)
	}
	return nil
}

func (s *templateServer) compare(answers []answered) (*schemaDrift, error) {
	doc := &schemaDrift{Header: report.NewHeader("schemaCheck"), Target: s.target(), Checked: []checkedType{}, Differences: []schemaDifference{}}
	var live [][]byte
	for _, answer := range answers {
		t, differences := s.compareOne(answer)
		doc.Checked = append(doc.Checked, t)
		for _, d := range differences {
			doc.Differences = append(doc.Differences, schemaDifference(d))
		}
		if answer.template != nil && t.Status != pullUnusable {
			live = append(live, answer.template)
		}
	}
	return doc, s.breaks(doc, live)
}

func (s *templateServer) compareOne(answer answered) (checkedType, []schema.Difference) {
	c := checkedType{ProviderType: answer.providerType, Status: pullNone}
	if answer.template == nil {
		return c, s.project.Catalog().Without(answer.providerType)
	}
	differences, err := s.project.Catalog().Compare(answer.template, answer.providerType)
	switch {
	case err != nil:
		c.Status, c.Message = pullUnusable, err.Error()
	case len(differences) > 0:
		c.Status = "different"
	default:
		c.Status = "equal"
	}
	return c, differences
}

// breaks checks the files once more, under the live templates.
func (s *templateServer) breaks(doc *schemaDrift, live [][]byte) error {
	catalog, err := s.project.Catalog().WithPulled(live...)
	if err != nil {
		return err
	}
	project, found, err := config.Load(s.dir, config.Options{Catalog: catalog, Complete: true})
	if err != nil {
		return err
	}
	doc.breaks = report.NewDiagnostics(s.newErrors(project, found), s.app.flags.lang)
	doc.Breaks = doc.breaks.Diagnostics
	return nil
}
