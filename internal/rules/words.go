package rules

import (
	"slices"

	"github.com/idpsync/idpsync/internal/model"
)

// destinations are the last words of keys that say where a secret is sent, or
// as whom (spec 6). "edpoint" is the server's own spelling; EndPoint is two
// words and ends in point.
var destinations = []string{"url", "uri", "endpoint", "edpoint", "host", "domain", "issuer", "server", "address", "script"}

// holders are what an id belongs to when it says who the secret's owner is.
var holders = []string{"client", "app", "corp"}

// destination tells whether the value under a key says where a secret goes.
func destination(key string) bool {
	w := model.Words(key)
	if len(w) == 0 {
		return false
	}
	last, before := w[len(w)-1], ""
	if len(w) > 1 {
		before = w[len(w)-2]
	}
	switch {
	case slices.Contains(destinations, last):
		return true
	case last == "point":
		return before == "end"
	case last == "id":
		return slices.Contains(holders, before)
	}
	return slices.ContainsFunc(holders, func(h string) bool { return last == h+"id" })
}
