package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/idpsync/idpsync/internal/config"
	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/fleet"
	"github.com/idpsync/idpsync/internal/reconcile"
)

// anchor keeps a watch at the pool it began with. Its credentials are in its
// environment, and whoever can write to the files could have them sent to a host
// of his own, only by naming it.
type anchor struct{ place string }

// holds refuses files that lead to another place than the first ones did.
func (a *anchor) holds(files *reconcile.Files) error {
	place := placeOf(files.Project.Targets[files.Target])
	if a.place == "" && !diagnostic.HasErrors(files.Found) {
		a.place = place // nobody is asked with files that are wrong
	}
	if a.place == "" || a.place == place {
		return nil
	}
	return &quit{
		code: Failure, hint: "if that is meant, start the watch again",
		err: fmt.Errorf("the files lead elsewhere now: target %s names another host, pool, ledger or other credentials than when the watch began", files.Target),
	}
}

// placeOf names where files lead: to which server, pool and ledger, and with the
// credentials of which variables.
func placeOf(t *config.Target) string {
	return fmt.Sprintf("%q", []string{
		t.Name, t.Host, t.CoreHost, t.API, t.UserPoolID, t.CAFile, t.AllowHTTP, t.Ledger, fmt.Sprint(t.Sandbox != nil),
		t.AccessKeyID.Name, t.AccessKeySecret.Name, t.UserPoolSecret.Name,
	})
}

// digestOf names a text without telling it: the location of a ledger may hold a
// login, although it should not.
func digestOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// placeOfTarget is the same for a fleet, which keeps it for all of its replicas.
func placeOfTarget(t *config.Target) fleet.Place {
	p := fleet.Place{
		Server: fmt.Sprintf("%q", []string{t.Host, t.CoreHost, t.CAFile, t.AllowHTTP, fmt.Sprint(t.Sandbox != nil)}), Host: t.Host, Whole: digestOf(placeOf(t)),
		Pool: strings.ToLower(strings.TrimRight(t.Host, "/")) + " " + t.UserPoolID,
	}
	for _, name := range []string{t.AccessKeyID.Name, t.AccessKeySecret.Name, t.UserPoolSecret.Name} {
		if name != "" && !slices.Contains(p.Keys, name) {
			p.Keys = append(p.Keys, name)
		}
	}
	return p
}
