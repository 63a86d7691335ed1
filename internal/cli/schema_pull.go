package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"

	"github.com/spf13/cobra"

	"github.com/idpsync/idpsync/internal/config"
	"github.com/idpsync/idpsync/internal/report"
	"github.com/idpsync/idpsync/internal/schema"
)

// What became of a template that was asked for.
const (
	pullNew       = "new"
	pullChanged   = "changed"
	pullUnchanged = "unchanged"
	pullNone      = "none"     // the server has none
	pullUnusable  = "unusable" // the server sent something else
)

// pulled is the document of "schema pull".
type pulled struct {
	report.Header
	Target    report.Target    `json:"target"`
	Templates []pulledTemplate `json:"templates"`
	// Bundle is the schema for editors that was made again.
	Bundle string `json:"bundle"`
}

type pulledTemplate struct {
	ProviderType string `json:"providerType"`
	Status       string `json:"status"` // new, changed, unchanged, none or unusable
	File         string `json:"file,omitempty"`
	Message      string `json:"message,omitempty"`
}

// Text writes a table.
func (p *pulled) Text(w io.Writer, style report.Style) error {
	rows := [][]string{{"PROVIDER", "TEMPLATE", "FILE"}}
	for _, t := range p.Templates {
		rows = append(rows, []string{t.ProviderType, style.Told(t.Status), t.File})
	}
	return report.Table(w, style, rows)
}

func (a *app) schemaPullCommand() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use: "pull [PROVIDER-TYPE...]", Short: "fetch the server's own templates into the project",
		Long: `Fetch the connection templates of the provider types that the project uses (or
those named, or all known ones) from the target's server into schemas/templates.
There they take the place of the bundled ones, and what they do not know is an
error from then on. The editor schema schemas/idpsync.schema.json is made again.`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, types []string) error { return a.schemaPull(cmd.Context(), types, all) },
	}
	cmd.Flags().BoolVar(&all, "all", false, "every provider type that is known, not only those in use")
	return cmd
}

func (a *app) schemaPull(ctx context.Context, types []string, all bool) (err error) {
	outs, err := a.outputs(textFormat, jsonFormat)
	if err != nil {
		return err
	}
	if all && len(types) > 0 {
		return usage("", "--all and single provider types exclude each other")
	}
	ctx, _, release := a.interruptible(ctx)
	defer release()
	s, err := a.templateServer(ctx, outs)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.pool.close()) }()
	named := types
	if types, err = s.wanted(types, all); err != nil {
		return err
	}
	answers, err := s.ask(ctx, types)
	if err != nil {
		return s.refusal(err, outs)
	}
	doc, err := s.keep(answers)
	if err != nil {
		return err
	}
	if err := a.emit(outs, doc); err != nil {
		return err
	}
	return errors.Join(s.afterPull(doc), s.strangers(named, doc))
}

// strangers complains about types that were named and that neither the server
// nor idpsync knows: they are misspelt.
func (s *templateServer) strangers(named []string, doc *pulled) error {
	known := s.project.Catalog().ProviderTypes()
	var errs []error
	for _, t := range doc.Templates {
		if t.Status == pullNone && slices.Contains(named, t.ProviderType) && !slices.Contains(known, t.ProviderType) {
			errs = append(errs, &quit{
				code: Failure, err: fmt.Errorf("neither the server nor idpsync knows a provider type %q", t.ProviderType),
				hint: didYouMean(t.ProviderType, known),
			})
		}
	}
	return errors.Join(errs...)
}

// wanted are the provider types to ask for.
func (s *templateServer) wanted(named []string, all bool) ([]string, error) {
	known := s.project.Catalog().ProviderTypes()
	switch {
	case all:
		return known, nil
	case len(named) > 0:
		slices.Sort(named)
		return slices.Compact(named), nil
	}
	used := s.inUse()
	if len(used) == 0 {
		return nil, &quit{code: Failure, err: errors.New("no document names a provider type"), hint: "name some, or give --all"}
	}
	return used, nil
}

// keep writes the templates and the schema for editors that follows from them.
func (s *templateServer) keep(answers []answered) (*pulled, error) {
	root, err := os.OpenRoot(s.dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	doc := &pulled{Header: report.NewHeader("schemaPull"), Target: s.target(), Templates: []pulledTemplate{}}
	for _, answer := range answers {
		t, err := s.keepOne(root, answer)
		if err != nil {
			return nil, err
		}
		doc.Templates = append(doc.Templates, t)
	}
	doc.Bundle = s.here(editorSchema)
	return doc, s.writeBundle(root)
}

func (s *templateServer) keepOne(root *os.Root, answer answered) (pulledTemplate, error) {
	t := pulledTemplate{ProviderType: answer.providerType, Status: pullNone}
	if answer.template == nil {
		return t, nil
	}
	file := "schemas/templates/" + schema.FileName(answer.providerType) + ".json"
	stamped, err := schema.Stamp(answer.template, answer.providerType, s.source(), s.app.env.Now())
	if err != nil {
		return unusable(answer, err), nil //nolint:nilerr // the row of this template tells it
	}
	t.File = s.here(file)
	before, err := root.ReadFile(file)
	switch {
	case errors.Is(err, os.ErrNotExist):
		t.Status = pullNew
	case err != nil:
		return t, fmt.Errorf("read %s: %w", t.File, err)
	case schema.Stamped(before, answer.template, s.source()):
		t.Status = pullUnchanged
		return t, nil
	default:
		t.Status = pullChanged
	}
	return t, s.replace(root, file, stamped)
}

func unusable(answer answered, why error) pulledTemplate {
	return pulledTemplate{ProviderType: answer.providerType, Status: pullUnusable, Message: why.Error()}
}

func (s *templateServer) writeBundle(root *os.Root) error {
	c, err := schema.Bundled().WithTemplates(root.FS())
	if err != nil {
		return fmt.Errorf("the schema for editors was not made: %w", err)
	}
	bundle, err := c.Bundle()
	if err != nil {
		return err
	}
	if before, err := root.ReadFile(editorSchema); err == nil && bytes.Equal(before, bundle) {
		return nil
	}
	return s.replace(root, editorSchema, bundle)
}

// replace writes a file below the project, wholly or not at all. No link leads
// it out of the project.
func (s *templateServer) replace(root *os.Root, file string, data []byte) error {
	if err := replaceIn(root, file, data); err != nil {
		return fmt.Errorf("write %s: %w", s.here(file), err)
	}
	return nil
}

func replaceIn(root *os.Root, file string, data []byte) error {
	half := file + ".idpsync-half"
	err := root.MkdirAll(path.Dir(file), 0o755)
	if err == nil {
		err = root.WriteFile(half, data, 0o644)
	}
	if err == nil {
		err = root.Rename(half, file)
	}
	if err != nil {
		_ = root.Remove(half)
	}
	return err
}

// afterPull says what the table has no room for: answers that are no templates,
// and errors that the files have now.
func (s *templateServer) afterPull(doc *pulled) error {
	if s.pool.target.Sandbox != nil {
		s.app.warn("the embedded sandbox knows the bundled templates only: what was pulled from it is no real server's word")
	}
	live, found, err := config.Load(s.dir, config.Options{})
	if err != nil {
		return err
	}
	if n := len(s.newErrors(live, found)); n > 0 {
		s.app.warn("the files have %s now that they had not before: \"idpsync validate\" lists them", count(n, "error"))
	}
	var errs []error
	for _, t := range doc.Templates {
		if t.Status == pullUnusable {
			errs = append(errs, &quit{code: Failure, err: errors.New(t.Message)})
		}
	}
	return errors.Join(errs...)
}
