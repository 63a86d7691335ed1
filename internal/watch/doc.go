// Package watch turns file-system noise into one quiet signal: something below
// this folder changed, and then nothing did for a moment. It does not know what
// a configuration is, and never says which file it was: whoever listens reads
// again, and only what is new is parsed.
//
// Folders are watched, not files, because an editor that saves writes a new
// file and renames it over the old one, and because Kubernetes swaps the link
// ..data under a folder of links. Hidden names (.git, .idpsync, swap files of
// editors) are noise; ..data and its like are not.
//
// What the system tells is only a hint. After a lost event, a new or a moved
// folder, the tree is walked again before the signal is given, each folder
// watched before it is listed: what changes later makes an event, what changed
// before is there to be read. The folder itself is looked at now and then by its
// name, so that one that was deleted and made again, or that a link leads to
// elsewhere now, is noticed although nobody tells. Where the system cannot watch
// (its table is full), the tree is walked and compared every few seconds.
//
// Not promised: a file that a link outside of the folder, or into a hidden
// folder, stands for; a network drive that somebody else writes to. The clock of
// the loop that listens finds those.
package watch
