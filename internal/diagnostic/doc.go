// Package diagnostic knows the shape of a complaint (code, severity, place,
// message, hint) and the catalogue of codes and sentences in English and
// Simplified Chinese.
//
// It must not know who complains, nor how a complaint is shown: it imports
// nothing of ours. One catalogue, so that a code means one thing for ever, and
// so that a test can prove that every sentence exists in both languages.
//
// A sentence is made in two steps: whoever complains names it and gives its
// arguments (T), whoever shows it chooses the language (Text.In). Arguments
// may be sentences themselves. No argument may ever be a secret value.
package diagnostic
