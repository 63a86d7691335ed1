package remote

import "context"

// What a target says under api (spec 2).
const (
	// Auto: V3, and V2 for what V3 cannot do; V2 alone where the V3 token
	// endpoint is absent.
	Auto   = "auto"
	OnlyV2 = "v2"
	OnlyV3 = "v3"
)

// generation is one generation of the API. Trees are in the words of V3, with
// shapes normalised and secrets wrapped; another generation translates. Reads
// may be called in parallel, and return an *Error or the context's error.
type generation interface {
	// providers lists the pool's providers, without their connections.
	providers(ctx context.Context) (listing, error)
	// provider reads one provider; its connections are nil if the answer has none.
	provider(ctx context.Context, id string) (detail, error)
	// connections lists a provider's connections. An error that isNoRoute may
	// also mean that the provider is absent.
	connections(ctx context.Context, providerID string) ([]tree, error)
	// applications reads one page, counted from 1.
	applications(ctx context.Context, page, limit int) (listing, error)
	application(ctx context.Context, id string) (tree, error)
	permissionStrategy(ctx context.Context, appID string) (string, error)
	// write sends one change and returns the object it answered with, if the
	// operation answers with one. An error that is inDoubt must be judged by reading.
	write(ctx context.Context, op operation, body tree) (tree, error)
}

// listing is one answer of a list endpoint.
type listing struct {
	items []tree
	// total is what the server says the whole list has; -1 when it does not say.
	total int
}

// detail is a provider with its connections.
type detail struct {
	provider    tree
	connections []tree
	// shown tells that the answer had a list of connections at all.
	shown bool
}

// operation names a change.
type operation int

const (
	createProvider operation = iota
	updateProvider
	deleteProvider
	createConnection
	updateConnection
	deleteConnection
	createApplication
	updateApplication
	deleteApplication
	setPermissionStrategy
	setMFA
	switchConnection
)
