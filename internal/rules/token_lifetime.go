package rules

import (
	"encoding/json"
	"time"

	"github.com/idpsync/idpsync/internal/model"
)

// lifetimes are the longest that pass, by the place of the value in seconds.
var lifetimes = []struct {
	at      [2]string
	longest time.Duration
	words   string
}{
	{[2]string{"oidcConfig", "access_token_expire"}, 24 * time.Hour, "24 h"},
	{[2]string{"oauthConfig", "access_token_lifetime"}, 24 * time.Hour, "24 h"},
	{[2]string{"oidcConfig", "refresh_token_expire"}, 90 * 24 * time.Hour, "90 d"},
	{[2]string{"oauthConfig", "refresh_token_lifetime"}, 90 * 24 * time.Hour, "90 d"},
}

// tokenLifetime (IDP0608) warns about tokens that outlive the day of their
// theft: access tokens above 24 hours, refresh tokens above 90 days.
func tokenLifetime(desired *model.State, _ Setting) []Finding {
	var fs []Finding
	for r := range declared(desired, model.Application) {
		for _, l := range lifetimes {
			v, _ := r.At(l.at[0], l.at[1])
			n, _ := v.(json.Number)
			// A number beyond all measure comes as infinite, with an error.
			if seconds, _ := n.Float64(); seconds > l.longest.Seconds() {
				path := model.Path(l.at[:]).String()
				fs = append(fs, warn("IDP0608", r, path, "lint.lifetime", path, l.words))
			}
		}
	}
	return fs
}
