// Package conformance judges what travels between idpsync and its sandbox, and
// what becomes of both when the line between them is bad.
//
//   - kin-openapi holds every V3 request that idpsync sends while a pool is made,
//     changed, renamed, switched, replaced and emptied, and every answer of the
//     sandbox, to the vendor's published OpenAPI document. So it does for the
//     walk of the vendor's own client (test/peers/walk-v3.mjs).
//   - toxiproxy stands between the two and is slow, narrow, silent or rude.
//
// Both run the program as a process. This module calls no code of the project:
// what it needs (some forty modules) stays out of the main go.mod.
//
// # The document
//
// The document is the vendor's and is not part of this project. IDPSYNC_OPENAPI
// names the file (the vendor serves it at https://api.authing.cn/openapi-json).
// Without it the judge is skipped, and fails where CI=true.
//
// It is read more strictly than it was written: an object that lists its
// properties has no others, and a query has no parameters but the declared. An
// answer whose statusCode is not 200 is held to CommonResponseDto, which is how
// the document's chapter on errors describes it.
//
// testdata/additions.json holds what the document lacks, written by us, each
// with its source in "x-source". A path there that no request asks for, or that
// a newer document has itself, fails.
//
// # Exceptions
//
// Where the traffic differs from the document on purpose, exceptions_test.go has
// a row with the operation, the keyword and the source that says so. A row that
// nothing needs fails.
package conformance
