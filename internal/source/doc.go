// Package source knows how to have a folder at a commit: it asks the git program
// for the tip of a branch, checks who signed it, and writes its files into a
// folder of their own, which is never changed again. It does not know what is in
// the files.
//
// Whoever can write to the repository is a stranger to this package, and so is
// the host. Nothing of the repository is ever run: there is no work tree of git's,
// so no hook, no filter and no submodule; files are written one by one through an
// os.Root from objects whose hashes are checked. The host may hang, lie or be
// away: then there is an error, and the last good commit stays.
//
//	.idpsync/git/<digest of URL, branch and path>/
//	    mirror/     a bare repository, one commit deep; it can always be thrown away
//	    trees/      one folder a commit and process
//	    good        the last commit that was accepted
//
// What it does not promise: that the commit is the newest one. A host can answer
// with an old tip. Where signatures are required, one that is older than the last
// good commit is refused.
package source
