package plan

import (
	"encoding/json"
	"io"
	"strings"
)

// listIn reads the JSON text of an array: some servers write arrays so, and a
// file may hold one as a text of its own, so which of the two is shown says
// nothing (contract 3.7).
func listIn(v any) ([]any, bool) {
	s, ok := v.(string)
	if !ok || !strings.HasPrefix(strings.TrimSpace(s), "[") {
		return nil, false
	}
	d := json.NewDecoder(strings.NewReader(s))
	d.UseNumber()
	var list []any
	if d.Decode(&list) != nil || list == nil {
		return nil, false
	}
	_, err := d.Token()
	return list, err == io.EOF
}
