package cli

import (
	"io"

	"github.com/idpsync/idpsync/internal/report"
)

// exportDocument is what export writes as JSON: beside the files, or beside the
// documents on stdout.
type exportDocument struct {
	report.Header
	Target report.Target `json:"target"`
	// Folder is where the files lie; "" when the documents went to stdout.
	Folder    string              `json:"folder"`
	Documents []exportedDocument  `json:"documents"`
	Notes     []exportDocumentTip `json:"notes"`

	// stream are the documents themselves, which are the text of an export.
	stream []byte
}

type exportedDocument struct {
	Key  string `json:"key"`
	File string `json:"file"`
	// Text is the document where no file holds it.
	Text string `json:"text,omitempty"`
	// NotShown lists the paths of secrets, Unknown those that no template knows.
	NotShown []string `json:"notShown"`
	Unknown  []string `json:"unknown"`
	// Env lists the variables that the document asks for.
	Env []string `json:"env"`
	// Lenient tells that the server's own values do not fit the schema.
	Lenient bool `json:"lenient"`
}

type exportDocumentTip struct {
	Key     string `json:"key"`
	Message string `json:"message"`
}

// Text writes the documents.
func (d *exportDocument) Text(w io.Writer, _ report.Style) error {
	_, err := w.Write(d.stream)
	return err
}

func (x *export) document() *exportDocument {
	doc := &exportDocument{Header: report.NewHeader("export"), Target: x.target, Folder: x.dir, Documents: []exportedDocument{}, Notes: []exportDocumentTip{}}
	for _, d := range x.found.Documents {
		one := exportedDocument{Key: d.Key.String(), File: d.File, NotShown: strs(d.Kept), Unknown: strs(d.Unknown), Env: strs(d.Env), Lenient: d.Lenient}
		if x.dir == "" {
			one.Text = string(d.Text)
		}
		doc.Documents = append(doc.Documents, one)
	}
	for _, n := range x.found.Notes {
		doc.Notes = append(doc.Notes, exportDocumentTip{n.Key.String(), n.Message})
	}
	if x.dir == "" {
		doc.stream = x.stream()
	}
	return doc
}

// strs is never null in JSON.
func strs(s []string) []string { return append([]string{}, s...) }
