package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/idpsync/idpsync/internal/config"
	"github.com/idpsync/idpsync/internal/report"
	"github.com/idpsync/idpsync/internal/schema"
)

func (a *app) schemaCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "schema", Short: "the schemas of connection types",
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			return unknownVerb(cmd, args[0])
		},
	}
	cmd.AddCommand(
		&cobra.Command{
			Use: "list", Short: "list the connection types that have a template", Args: noArguments,
			RunE: func(*cobra.Command, []string) error { return a.schemaList() },
		},
		&cobra.Command{
			Use: "show TYPE", Short: "print the schema of a connection type", Args: oneArgument("a connection type"),
			RunE: func(_ *cobra.Command, args []string) error { return a.schemaShow(args[0]) },
		},
		&cobra.Command{
			Use: "derive FILE", Short: "derive the schemas of a template; - reads stdin", Args: oneArgument("a file with a template"),
			RunE: func(_ *cobra.Command, args []string) error { return a.schemaDerive(args[0]) },
		},
		a.schemaPullCommand(), a.schemaCheckCommand(), a.schemaVerifyCommand(),
	)
	return cmd
}

// catalog is the project's where there is one, else the bundled one.
func (a *app) catalog() (*schema.Catalog, error) {
	if a.flags.dir != "" {
		return catalogOf(a.path(a.flags.dir))
	}
	dir, err := config.Find(a.env.Dir)
	if err == nil {
		return catalogOf(dir)
	}
	return schema.Bundled(), nil // outside of a project
}

// schemaTypes is the document of "schema list".
type schemaTypes struct {
	report.Header
	Types []schemaType `json:"types"`
}

type schemaType struct {
	Type              string `json:"type"`
	ProviderType      string `json:"providerType"`
	Provenance        string `json:"provenance"`
	Source            string `json:"source"`
	PulledAt          string `json:"pulledAt,omitempty"`
	Fields            int    `json:"fields"`
	AllowMultiple     *bool  `json:"allowMultiple"` // null: not known
	AllowMultipleConn *bool  `json:"allowMultipleConn"`
}

// Text writes a table.
func (s *schemaTypes) Text(w io.Writer, style report.Style) error {
	rows := [][]string{{"TYPE", "PROVIDER", "FIELDS", "TEMPLATE"}}
	for _, t := range s.Types {
		rows = append(rows, []string{t.Type, t.ProviderType, strconv.Itoa(t.Fields), style.Told(t.Provenance)})
	}
	return report.Table(w, style, rows)
}

func (a *app) schemaList() error {
	outs, err := a.outputs(textFormat, jsonFormat)
	if err != nil {
		return err
	}
	c, err := a.catalog()
	if err != nil {
		return err
	}
	doc := &schemaTypes{Header: report.NewHeader("schemas"), Types: []schemaType{}}
	for _, t := range c.Types() {
		doc.Types = append(doc.Types, schemaType(t))
	}
	return a.emit(outs, doc)
}

func (a *app) schemaShow(typ string) error {
	outs, err := a.outputs(textFormat, jsonFormat)
	if err != nil {
		return err
	}
	c, err := a.catalog()
	if err != nil {
		return err
	}
	text, ok := c.Schema(typ)
	if ok {
		return a.emit(outs, schemaText(text))
	}
	var known []string
	for _, t := range c.Types() {
		known = append(known, t.Type)
	}
	if slices.Contains(c.ConnectionTypes(), typ) {
		return &quit{code: Failure, err: fmt.Errorf("there is no template for connection type %q, so its fields are open", typ)}
	}
	return &quit{code: Failure, err: fmt.Errorf("no connection type is named %q", typ), hint: didYouMean(typ, known)}
}

// schemaDerive prints the one schema of a template, or an object of them by
// connection type.
func (a *app) schemaDerive(file string) error {
	outs, err := a.outputs(textFormat, jsonFormat)
	if err != nil {
		return err
	}
	template, err := a.read(file)
	if err != nil {
		return err
	}
	derived, err := schema.Derive(template)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if len(derived) == 1 {
		return a.emit(outs, schemaText(derived[0].Schema))
	}
	byType := make(map[string]json.RawMessage, len(derived))
	for _, d := range derived {
		byType[d.Type] = d.Schema
	}
	var b bytes.Buffer
	b.WriteString("{")
	for i, typ := range slices.Sorted(maps.Keys(byType)) {
		if i > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, "%s:%s", strconv.Quote(typ), byType[typ])
	}
	b.WriteString("}")
	return a.emit(outs, schemaText(b.Bytes()))
}

func (a *app) read(file string) ([]byte, error) {
	if file == "-" {
		return io.ReadAll(a.in)
	}
	return os.ReadFile(a.path(file))
}

// schemaText is a schema as it is, with its keys in their order.
type schemaText json.RawMessage

// MarshalJSON gives the text itself.
func (s schemaText) MarshalJSON() ([]byte, error) { return s, nil }

// Text writes it indented: a schema has no other form.
func (s schemaText) Text(w io.Writer, _ report.Style) error { return report.JSON(w, s) }
