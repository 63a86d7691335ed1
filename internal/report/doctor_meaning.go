package report

// follows tells what a switch's value means for whoever keeps a pool with
// idpsync; for "", what is assumed while nobody knows.
func follows(name, value string) string {
	m, ok := meanings[name]
	if !ok {
		return ""
	}
	if s, ok := m[value]; ok {
		return s
	}
	return m["*"]
}

// meanings holds a sentence for each value of each switch of spec 8: under ""
// for a value that is not known, under * for any other.
var meanings = map[string]map[string]string{
	"v3": {
		"on":  "the V3 API is used, unless the target says api: v2",
		"off": "an older deployment: everything goes through the V2 API, which has fewer fields",
		"":    "the V3 API is tried first",
	},
	"v2": {
		"on":  "templates can be pulled, and V2 helps where V3 falls short",
		"off": "schema pull does not work here, and what V3 cannot do stays undone",
		"":    "V2 is tried when it is needed",
	},
	"v2-token": {
		"any": "the access key alone opens V2 as well",
		"own": "V2 wants a token of its own: name userPoolSecret under credentials of this target",
		"":    "the V3 token is tried on V2 when it is needed",
	},
	"token-ttl": {
		"":  "two hours are assumed",
		"*": "a run renews its token before that",
	},
	"http-status": {
		"ok":     "refusals come with HTTP 200; the status in the body counts",
		"mirror": "refusals show in the HTTP status too",
		"":       "both statuses are looked at",
	},
	"absent": {
		"":  "every documented way to say that an object is absent is understood",
		"*": "this way to say that an object is absent is understood",
	},
	"arrays": {
		"array":  "lists are read as lists",
		"string": "lists come as text and are read as lists; a text that looks like a list may be taken for one",
		"":       "lists are understood either way",
	},
	"stale-reads": {
		"0ms": "what was written is seen at once",
		"":    "what was written is read back for as long as settle allows",
		"*":   "reads lag behind writes: settle of the target must be longer than this",
	},
	"app-list": {
		"any":       "the list shows every application",
		"needs-all": "the list hides applications unless all of them are asked for, which idpsync does",
		"":          "all applications are asked for",
	},
	"idp-list": {
		"full":    "the list shows every provider",
		"first10": "the list stops after ten providers: in a larger pool nothing is created or deleted from it",
		"":        "a list that is not proven whole stops creates and deletes",
	},
	"connections": {
		"":  "connections are understood in every shape",
		"*": "connections in this shape are understood",
	},
	"conn-list": {
		"on":  "the connections of a provider are read from their own list",
		"off": "the connections of a provider are read with the provider",
		"":    "the list of connections is tried first",
	},
	"conn-fields": {
		"on":  "the fields of connections can be compared",
		"off": "no V3 read shows the fields of connections: they are compared with what was last applied, or not at all",
		"":    "fields that no read shows cannot be compared",
	},
	"secrets": {
		"clear":  "secrets are compared with what the server shows; whoever may read the pool can read them",
		"masked": "secrets are compared with what was last applied: set IDPSYNC_LEDGER_KEY",
		"absent": "secrets are compared with what was last applied: set IDPSYNC_LEDGER_KEY",
		"":       "whatever the server shows of a secret is taken for a mask",
	},
	"enabled-list": {
		"only":    "applications list the connections that are on",
		"flagged": "applications list the connections that are off, too; the flag counts",
		"":        "a listed connection counts as on unless its flag says otherwise",
	},
	"fields-update": {
		"merge":   "an update of a connection keeps the secrets it leaves out",
		"replace": "an update of a connection drops what it leaves out: declare every secret, or the update is refused",
		"":        "the documents say that an update keeps what it leaves out; the first one that leaves out a secret is checked before others start",
	},
	"config-update": {
		"merge":   "a protocol object keeps the keys that an update leaves out",
		"replace": "a protocol object loses the keys that an update leaves out, so idpsync sends them all",
		"":        "protocol objects are sent with all that the server showed",
	},
	"app-update": {
		"partial": "an update keeps the application's other fields",
		"full":    "an update drops the application's other fields, so idpsync sends them all; what no read shows has to be declared",
		"":        "applications are sent with all that the server showed",
	},
	"update-app": {
		"ok":        "applications can be renamed",
		"keep-name": "a new appName is not kept: it is reported, or changed through V2 where that answers",
		"":          "every update of an application is read back",
	},
	"null-unsets": {
		"on":  "null in a file puts a field back to its default",
		"off": "the server ignores null: a field keeps its value, and the run says so",
		"":    "a field declared null is read back",
	},
	"defaults": {
		"inject": "the server fills in what was not declared; idpsync leaves that alone",
		"bare":   "the server shows what was declared and nothing else",
		"":       "what is not declared is not compared",
	},
	"new-conn": {
		"disabled": "a new connection is on no login page until an application asks for it",
		"enabled":  "a new connection shows on every login page at once; an apply switches it off where no file asks for it",
		"":         "after new connections the applications are read again",
	},
	"delete-conn": {
		"cascade":  "deleting a connection takes its buttons along",
		"refuse":   "a connection that an application uses cannot be deleted: buttons go first",
		"dangling": "deleting a connection leaves dead buttons behind: buttons go first",
		"":         "buttons go before their connection",
	},
	"delete-idp": {
		"cascade": "deleting a provider takes its connections along",
		"refuse":  "a provider that has connections cannot be deleted: connections go first",
		"":        "connections go before their provider",
	},
	"allow-multiple": {
		"enforce": "a second provider of a type that allows one is refused",
		"ignore":  "a second provider of a type that allows one is taken",
		"":        "validate warns about a second provider of a type that allows one",
	},
	"template-data": {
		"string": "templateData goes as text",
		"object": "templateData goes as an object",
		"":       "templateData goes as text, and as an object if that is refused",
	},
	"integrated-id": {
		"ignored": "an integrated application gets its identifier by an update after its creation",
		"kept":    "an integrated application keeps the identifier it is created with",
		"":        "the identifier of a new integrated application is read back",
	},
}
