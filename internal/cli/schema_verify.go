package cli

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/idpsync/idpsync/internal/report"
	"github.com/idpsync/idpsync/internal/schema"
)

// verdict is the document of "schema verify".
type verdict struct {
	report.Header
	Document   string             `json:"document"`
	File       string             `json:"file"`
	Valid      bool               `json:"valid"`
	Violations []verdictViolation `json:"violations"`
}

type verdictViolation struct {
	Pointer string `json:"pointer"`
	Keyword string `json:"keyword"`
	Message string `json:"message"`
}

// Text writes a line for each violation and the verdict last.
func (v *verdict) Text(w io.Writer, s report.Style) error {
	for _, x := range v.Violations {
		at := x.Pointer
		if at == "" {
			at = s.Say("the whole document")
		}
		if _, err := fmt.Fprintf(w, "%s: %s\n", report.Clean(at), report.Clean(x.Message)); err != nil {
			return err
		}
	}
	line := s.Say("%s is a document of kind %s as published", v.File, v.Document)
	if !v.Valid {
		line = s.Say("%s is no document of kind %s as published: %s", v.File, v.Document, s.Told(count(len(v.Violations), "violation")))
	}
	_, err := fmt.Fprintln(w, report.Clean(line))
	return err
}

func (a *app) schemaVerifyCommand() *cobra.Command {
	return &cobra.Command{
		Use: "verify KIND FILE", Short: "check a document that idpsync printed against its published schema",
		Long: `Check a JSON document that idpsync printed, such as "plan" or "result", against
its published schema (schemas/output in the sources); - reads stdin. No project
and no network is needed. Exit 1 when it does not fit.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 2 {
				return nil
			}
			return usage("KIND is one of "+strings.Join(schema.Outputs(), ", "), "%s takes a kind and a file, got %s", cmd.CommandPath(), count(len(args), "argument"))
		},
		RunE: func(_ *cobra.Command, args []string) error { return a.schemaVerify(args[0], args[1]) },
	}
}

func (a *app) schemaVerify(kind, file string) error {
	outs, err := a.outputs(textFormat, jsonFormat)
	if err != nil {
		return err
	}
	kind = strings.TrimPrefix(kind, "idpsync.")
	if known := schema.Outputs(); !slices.Contains(known, kind) {
		return usage(didYouMean(kind, known), "no schema is published for documents of kind %s; there is %s", strconv.Quote(kind), strings.Join(known, ", "))
	}
	if err := a.keepInput(outs, file); err != nil {
		return err
	}
	text, err := a.read(file)
	if err != nil {
		return err
	}
	found, err := schema.VerifyOutput(kind, text)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	doc := &verdict{Header: report.NewHeader("verify"), Document: kind, File: file, Valid: len(found) == 0, Violations: []verdictViolation{}}
	for _, v := range found {
		doc.Violations = append(doc.Violations, verdictViolation(v))
	}
	writing := a.emit(outs, doc)
	if !doc.Valid {
		return ended(Failure, writing)
	}
	return writing
}
