// Package schema knows how to derive a JSON Schema from a connection template
// and how to check a JSON-shaped value against one. It does not know YAML, line
// numbers, or where templates are fetched: derivation is a pure function, so
// that what it made can be made again and compared.
//
// Three sources say what a document may hold:
//
//   - The hand-written schemas of package schemas: what the published API takes.
//   - The connection templates: what the fields of one connection type are. A
//     template that was pulled from the user's own server is the truth; a bundled
//     one may be old or wrong, so what it does not know is only warned about.
//   - connection-types.json: which keys of which type are secrets, because no
//     template says so.
//
// # Files and their strictness
//
// connection/<type>.schema.json is strict, whatever the template's origin: it
// says what the template says. Who uses it decides what a deviation means;
// Check turns unknown keys and choices of a bundled template into warnings, and
// the editor bundle lets them pass. The hand-written schemas let pass what is
// open on the server (future types, further keys of the protocol objects), and
// Check adds a warning there.
//
// Keywords are kept to what every draft 2020-12 validator knows in its strict
// mode: no own annotations, no unevaluatedProperties, no oneOf over types and
// never an empty enum, which jsonschema/v5 takes for no constraint.
//
// # Pulled templates
//
// A template that came from the user's own server carries our mark at its top:
// from where, when, and a digest of everything else in it (Stamp). One that was
// edited since is the project's word and no longer the server's: it counts as
// local, and Catalog.Edited names it. Compare tells what a template sent now
// takes that the one in use does not, and the other way round.
//
// # From errors to violations
//
// jsonschema/v5 reports a tree of English sentences. A Violation is made from
// the place of a leaf and the schema at that place, never from the sentence.
// One mistake gives one Violation: a value of the wrong type is not also judged
// by its length, and a misspelt key is not also reported as missing.
package schema
