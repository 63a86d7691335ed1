package model

// Kind says what sort of thing a resource is.
type Kind string

// The kinds, in the order in which they depend on each other.
const (
	// IdentityProvider is the API's extIdp: an outside source of users.
	IdentityProvider Kind = "IdentityProvider"
	// Connection is the API's extIdpConn: one way to log in through a provider.
	Connection Kind = "Connection"
	// Application is something users log in to.
	Application Kind = "Application"
	// Enablement says that a connection is a login button of an application.
	// Its key is named "<application>/<connection>".
	Enablement Kind = "Enablement"
)

// Trait tells what is special about a kind; plan asks it so that it need not
// know any kind by name.
type Trait struct {
	Kind Kind
	// Prefix is the first part of a key as it is written: "application".
	Prefix string
	// Rank orders kinds: a kind depends only on kinds of a lower rank.
	Rank int
	// Fixed lists the attributes that no update can change; another value
	// means delete and create (contract 4.1, 5.2).
	Fixed []string
	// Identity lists the attributes by which a server tells two of the kind apart.
	Identity []string
	// Parent is the attribute that names the resource this one lives in and
	// falls with; ParentKind is that resource's kind.
	Parent     string
	ParentKind Kind
	// Ways lists attributes whose members are ways to log in: taking a member
	// away may lock people out.
	Ways []string
	// Spreads tells that a server may switch a new one on, unasked, in what is
	// there already (contract 10, 10).
	Spreads bool
	// Lost says what a replace takes from people for good.
	Lost string
	// Noun is the kind in a sentence.
	Noun string
}

const lostLinks = "links between its users and their outside accounts are lost"

// Kinds lists every kind by rank.
var Kinds = []Trait{
	{Kind: IdentityProvider, Prefix: "identityprovider", Rank: 0, Fixed: []string{"type"}, Identity: []string{"type", "name"}, Lost: lostLinks, Noun: "identity provider"},
	{
		Kind: Connection, Prefix: "connection", Rank: 1, Fixed: []string{"provider", "identifier", "type"}, Identity: []string{"identifier"},
		Parent: "provider", ParentKind: IdentityProvider, Spreads: true, Lost: lostLinks, Noun: "connection",
	},
	{
		Kind: Application, Prefix: "application", Rank: 2, Fixed: []string{"appType", "template"}, Identity: []string{"appIdentifier"}, Ways: []string{"loginConfig.enabledBasicLoginMethods"},
		Lost: "its appId, its secret and its users' grants are lost", Noun: "application",
	},
	{Kind: Enablement, Prefix: "enablement", Rank: 3, Noun: "enablement"},
}

// Trait returns the kind's row of Kinds; the zero Trait for an unknown kind.
func (k Kind) Trait() Trait { return *k.trait() }

// trait is Trait without a copy, which keys are compared by.
func (k Kind) trait() *Trait {
	for i := range Kinds {
		if Kinds[i].Kind == k {
			return &Kinds[i]
		}
	}
	return &Trait{}
}

// Documented lists the kinds that a document of the configuration may declare.
var Documented = []Kind{IdentityProvider, Connection, Application}
