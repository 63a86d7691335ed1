package cli

import (
	"fmt"
	"strings"

	"github.com/idpsync/idpsync/internal/config"
	"github.com/idpsync/idpsync/internal/model"
)

// tell says on stderr what was written, what was not, and why.
func (x *export) tell(where string) {
	a, kept, lenient := x.app, 0, 0
	var unknown []string
	for _, d := range x.found.Documents {
		kept += len(d.Kept)
		unknown = append(unknown, d.Unknown...)
		if d.Lenient {
			lenient++
		}
	}
	x.notes()
	a.say("%s to %s", counted(x.found.Documents), where)
	if kept > 0 {
		a.say("%s not shown", plural(kept, "secret"))
	}
	if len(unknown) > 0 {
		a.say("%s under keys that no template knows, not shown: %s", plural(len(unknown), "text"), some(unknown))
		a.hint("--reveal " + unknown[0] + " shows one of them")
	}
	if lenient > 0 {
		a.say("%s with metadata.schema: warn, because the server's own values do not fit the schema", plural(lenient, "document"))
	}
}

// notes says what could not be told of, once for all objects it is true of.
func (x *export) notes() {
	keys, order := map[string][]string{}, []string{}
	for _, n := range x.found.Notes {
		if keys[n.Message] == nil {
			order = append(order, n.Message)
		}
		keys[n.Message] = append(keys[n.Message], n.Key.String())
	}
	for _, message := range order {
		x.app.warn("%s: %s", some(keys[message]), message)
	}
}

// counted says how many documents of each kind there are.
func counted(ds []config.Written) string {
	n := map[model.Kind]int{}
	for _, d := range ds {
		n[d.Key.Kind]++
	}
	var parts []string
	for _, k := range model.Documented {
		parts = append(parts, plural(n[k], k.Trait().Noun))
	}
	return strings.Join(parts, ", ")
}

func plural(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// some lists the first of many.
func some(all []string) string {
	const most = 10
	if len(all) <= most {
		return strings.Join(all, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(all[:most], ", "), len(all)-most)
}
