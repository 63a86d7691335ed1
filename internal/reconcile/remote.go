package reconcile

import (
	"context"

	"github.com/idpsync/idpsync/internal/apply"
	"github.com/idpsync/idpsync/internal/model"
)

// Remote is the user pool, as far as a pass needs it. Each reading method asks
// the server only for what it has not read yet; State shows all that was read.
type Remote interface {
	apply.Target
	apply.Surveyor
	// Open proves the credentials and that they belong to the pool that was meant.
	Open(ctx context.Context) error
	UserPoolID() string
	// Trait is what is known of this server about a switch of spec 8; "" is nothing.
	Trait(name string) string
	// Learnt is what this run has found out about switches of spec 8; one without
	// a value was learnt by an earlier run, and this one saw otherwise.
	Learnt() map[string]string
	// Disprove tells that what was read contradicts a trait. It returns whether
	// that was believed only because an earlier run learnt it: it is no more.
	Disprove(trait string) bool
	// ShowsSecrets tells that a declared secret of the kind was read back equal, so
	// that an update carries what the server shows of the others.
	ShowsSecrets(kind model.Kind)
	// Unsupported tells, after Open, that this server has no word for the
	// attribute at a path, which it must not keep; for no path, that there is such
	// an attribute.
	Unsupported(kind model.Kind, path model.Path) bool
	// Lasting tells, after Open, that this server leaves an attribute as an object
	// was made with, and that it is no reason to replace the object.
	Lasting(kind model.Kind, attribute string) bool
	Providers(ctx context.Context) ([]model.Observed, error)
	// Applications reads the first page, or all of them.
	Applications(ctx context.Context, all bool) ([]model.Observed, error)
	// Connections reads those of the given providers, and returns all read so far.
	Connections(ctx context.Context, providerIDs []string) ([]model.Observed, error)
	PermissionStrategies(ctx context.Context, appIDs []string) error
	// ProveConnections checks by another read that the lists of connections are
	// whole; one that is not becomes a model.Gap of State.
	ProveConnections(ctx context.Context, providerIDs []string) error
	// ProveButtons reads what tells whether the connections of enablements exist,
	// and returns the ids of the providers it read. The ones whose connections are
	// nowhere are in State.Dead from then on, and no resources.
	ProveButtons(ctx context.Context, buttons []*model.Resource) ([]string, error)
	// State gives everything read so far under the handles that were settled.
	State(h model.Handles) *model.State
	// Reread reads again what was touched, once each, and returns the State.
	Reread(ctx context.Context, touched []*model.Resource) (*model.State, error)
}
