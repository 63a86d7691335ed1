package rules

import "github.com/idpsync/idpsync/internal/model"

// unusedConnection (IDP0609) warns about a connection that no application
// offers. Nothing can be said where an application leaves its login buttons to
// the server, or where no document declares an application at all.
func unusedConnection(desired *model.State, s Setting) []Finding {
	if s.Off != nil && s.Off("IDP0609") { // there may be as many as connections
		return nil
	}
	used, apps := map[model.Key]bool{}, 0
	for r := range desired.Of(model.Application) {
		switch {
		case r.Lifecycle == model.Absent:
		case !r.Whole:
			return nil
		default:
			apps++
		}
	}
	if apps == 0 {
		return nil
	}
	for r := range desired.Of(model.Enablement) {
		_, conn, _ := r.Key.Ends()
		used[conn] = true
	}
	var fs []Finding
	for r := range declared(desired, model.Connection) {
		if !used[r.Key] {
			fs = append(fs, warn("IDP0609", r, "", "lint.unused"))
		}
	}
	return fs
}
