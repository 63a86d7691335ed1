// Package report knows how diagnostics, plans, results and events look as text
// and as JSON. It decides nothing: what it is given is what it shows.
//
// Everything goes through a document, a plain value in the shape of the JSON
// (spec 5, 6, 7). The text is written from the document, never from what the
// document was made of, so that a recorded one reads the same years later:
//
//	[]diagnostic.Diagnostic --NewDiagnostics--> Diagnostics --+--> JSON
//	plan.Plan, guards       --NewPlan---------> Plan        --+
//	apply.Result            --NewResult-------> Result      --+--> Text
//	plan.Drifted            --NewDrift--------> Drift       --+
//
// A plan can also be kept to be carried out later: EncodeSaved writes its
// document with the options it was made with, a digest and a seal, DecodeSaved
// believes no byte of it, and Saved.Stale compares it with the plan of today.
// Nothing of a saved plan is ever carried out: the plan of today is, if it is
// the same.
//
// A Style says for whom a text is: its language, its colours, and how wide the
// terminal is. Without a width, in a pipe or a file, no line is ever broken;
// with one, no line is wider, in cells as terminals count them.
//
// It must not know flags, streams or exit codes, and holds no secret: whatever
// is marked sensitive is written "(secret)" when the document is made. Texts
// come from servers and from files, so nothing in them may move a cursor, end a
// line or colour a terminal: clean is the only way from a string to a line.
package report
