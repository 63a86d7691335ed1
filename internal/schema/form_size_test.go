package schema_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/idpsync/idpsync/internal/schema"
)

// TestFormsThatAreTooLarge: a server's form that would make every run slow is
// refused by the name of its file; long lists of choices are not.
func TestFormsThatAreTooLarge(t *testing.T) {
	rows := func(n int, row string) string {
		out := make([]string, n)
		for i := range out {
			out[i] = fmt.Sprintf(row, i)
		}
		return strings.Join(out, ",")
	}
	input := `{"key": "k%d", "type": "input"}`
	tests := []struct{ name, fields, complaint string }{
		{"as many as are read", rows(500, input), ""},
		{"one more", rows(501, input), "schemas/templates/x.json: connection template of acme: connectionTmpls[0].fields: a form of 501 rows"},
		{"below a row", `{"key": "a", "type": "custom", "children": [` + rows(500, input) + `]}`, "a form of 501 rows"},
		{"choices", `{"key": "a", "type": "select", "children": [` + rows(4000, `{"key": "c%d"}`) + `]}`, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			template := `{"type": "acme", "connectionTmpls": [{"type": "acme:web", "fields": [` + test.fields + `]}]}`
			_, err := schema.Bundled().WithTemplates(fstest.MapFS{"schemas/templates/x.json": {Data: []byte(template)}})
			if said := fmt.Sprint(err); test.complaint == "" && err != nil || !strings.Contains(said, test.complaint) && test.complaint != "" {
				t.Errorf("%v, want %q", err, test.complaint)
			}
		})
	}
}
