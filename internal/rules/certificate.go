package rules

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/model"
)

// soon is how long before its end a certificate is spoken of.
const soon = 30 * 24 * time.Hour

// certificate reads every certificate in every field: one that has expired is
// an error (IDP0701), one that will within 30 days a warning (IDP0702). A
// server that checks it refuses every login from that moment on.
func certificate(desired *model.State, s Setting) []Finding {
	var fs []Finding
	for _, kind := range model.Documented {
		for r := range declared(desired, kind) {
			if !holds(r.Attributes, smallest) {
				continue
			}
			walkTexts(nil, r.Attributes, func(path model.Path, text string) {
				if end, ok := firstEnd(text); ok {
					fs = append(fs, expiry(r, path.String(), end, s.Now)...)
				}
			})
		}
	}
	return fs
}

func expiry(r *model.Resource, path string, end, now time.Time) []Finding {
	day := end.UTC().Format(time.DateOnly)
	switch {
	case now.After(end):
		f := warn("IDP0701", r, path, "lint.expired", path, day)
		f.Severity = diagnostic.Error
		return []Finding{f}
	case !now.Add(soon).Before(end):
		return []Finding{warn("IDP0702", r, path, "lint.expires", path, day)}
	}
	return nil
}

// holds tells whether a tree has a text of so many bytes.
func holds(v any, bytes int) bool {
	switch v := v.(type) {
	case string:
		return len(v) >= bytes
	case map[string]any:
		for _, e := range v {
			if holds(e, bytes) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, func(e any) bool { return holds(e, bytes) })
	}
	return false
}

// walkTexts calls f with every string of a tree, in the order of the keys.
func walkTexts(at model.Path, v any, f func(model.Path, string)) {
	switch v := v.(type) {
	case string:
		f(at, v)
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			walkTexts(at.Child(k), v[k], f)
		}
	case []any:
		for i, e := range v {
			walkTexts(at.Child(strconv.Itoa(i)), e, f)
		}
	}
}
