package model

// Observed is one object as a server shows it, before anyone has settled which
// handle it bears. It carries what identity is decided by, and nothing else.
type Observed struct {
	Kind Kind
	ID   string
	// Type is a provider's or a connection's type; empty for an application.
	Type string
	// Name is a provider's name or an application's appName.
	Name string
	// Identifier is a connection's identifier or an application's appIdentifier.
	Identifier string
	// Parent is the id of a connection's provider.
	Parent string
	// Template is set on an integrated application.
	Template string
	// Foreign tells why nobody may manage it (it belongs to a tenant).
	Foreign string
}

// Handles maps the server's ids to the keys that the files, or nobody, gave.
type Handles map[ObjectID]Key

// ObjectID is a server id with the kind it belongs to; ids of different kinds
// are not known to be distinct.
type ObjectID struct {
	Kind Kind
	ID   string
}
