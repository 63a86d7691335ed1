// Package notify knows how to tell a webhook something; not when, and not what
// is worth telling. What one chat wants to be told like (the shape, the
// signature, the signs that have to be taken out of names, the answer that means
// yes) is data in presets/*.json and nowhere else.
//
// An endpoint is a stranger that may hang, refuse or be gone: telling it never
// waits. Every endpoint has a queue of its own with a bound; what is oldest in it
// is dropped first. Its URL is a secret: whoever has it can post. It is in no
// error and in no log, and no redirect is followed with it.
package notify
