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
//	connection/<type>.schema.json  what a type adds to it; ":" is written "_"
//	connection-types.json          every known type, its provider type and secrets
//	identity-provider.schema.json  spec of an IdentityProvider
//	idpsync.schema.json            whole documents of every kind, for editors
//	metadata.schema.json           metadata of a document
//	output/<kind>.schema.json      a JSON document that a command prints
//	patch.schema.json              spec of a Patch
//	project.schema.json            idpsync.yaml, whole
//	reference.schema.json          secretFrom and fileFrom
//	templates/<provider type>.json connection templates in the API's own format
//
//go:embed *.json connection output templates
var FS embed.FS
