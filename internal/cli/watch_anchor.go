package cli

import (
	"fmt"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/reconcile"
)

// anchor keeps a watch at the pool it began with. Its credentials are in its
// environment, and whoever can write to the files could have them sent to a host
// of his own, only by naming it.
type anchor struct{ place string }

// holds refuses files that lead to another place than the first ones did.
func (a *anchor) holds(files *reconcile.Files) error {
	place := placeOf(files)
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
func placeOf(files *reconcile.Files) string {
	t := files.Project.Targets[files.Target]
	return fmt.Sprintf("%q", []string{
		files.Target, t.Host, t.CoreHost, t.API, t.UserPoolID, t.CAFile, t.AllowHTTP, t.Ledger, fmt.Sprint(t.Sandbox != nil),
		t.AccessKeyID.Name, t.AccessKeySecret.Name, t.UserPoolSecret.Name,
	})
}
