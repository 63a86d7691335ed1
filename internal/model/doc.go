// Package model holds the words of the field: what kinds of things a user pool
// has, how they are named, what a state is, and what a secret may do.
//
// It knows no files, no HTTP and no schemas. Everything else stands on it, so
// it must have no reason to change but the field itself.
//
// Two names exist for everything on a server: the handle, which is the name a
// document of the configuration gives it (Key.Name), and the server's own id,
// which is opaque here (Resource.ID). Attributes are plain JSON-shaped trees in
// the configuration's own words; whoever speaks to the server translates.
package model
