package schema

import "slices"

// maxRows is the most rows of one connection type. The largest known form has a
// few dozen; compiling a schema takes time that grows with their square, on
// every run.
const maxRows = 500

// formRows counts the rows of a form and of the forms below them. Choices,
// which have no widget, are not among them.
func formRows(rows []any) int {
	n := 0
	for _, row := range rows {
		n++
		m, _ := row.(object)
		below := slices.DeleteFunc(list(m, "children"), func(c object) bool { return text(c, "type") == "" && c["children"] == nil })
		nested := make([]any, len(below))
		for i, c := range below {
			nested[i] = c
		}
		n += formRows(nested)
	}
	return n
}
