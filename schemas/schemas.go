// Package schemas holds, as data, the JSON Schemas of everything a project may
// contain and the connection templates they are derived from.
//
// It has no logic, so that the files can be reviewed as data and used by
// editors without our binary. Files below connection/ and idpsync.schema.json
// are generated from the rest; "go test ./internal/schema -run TestGenerated
// -update" makes them again.
package schemas

import "embed"

// FS holds the files under the names they have in this folder:
//
//	application.schema.json        spec of an Application
//	connection.schema.json         spec of a Connection, whatever its type
//	connection-types.json          every known type, its provider type and secrets
//	fleet.schema.json              fleet.yaml of serve, whole
//	identity-provider.schema.json  spec of an IdentityProvider
//	metadata.schema.json           metadata of a document
//	output/<kind>.schema.json      a JSON document that a command prints
//	patch.schema.json              spec of a Patch
//	project.schema.json            idpsync.yaml, whole
//	reference.schema.json          secretFrom and fileFrom
//	templates/<provider type>.json connection templates in the API's own format
//
// What is made from these stays out of the binary, 0.6 MB that it makes anew when
// somebody asks:
//
//	connection/<type>.schema.json  what a type adds to a connection; ":" is written "_"
//	idpsync.schema.json            whole documents of every kind, for editors
//
//go:embed application.schema.json connection-types.json connection.schema.json fleet.schema.json identity-provider.schema.json
//go:embed metadata.schema.json patch.schema.json project.schema.json reference.schema.json output templates
var FS embed.FS
