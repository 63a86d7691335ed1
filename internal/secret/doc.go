// Package secret turns references into values at the last moment. It is the
// one place that fetches plain secrets, small enough to read in one sitting.
//
// It must not know who asked, what a secret is for, or how a complaint looks:
// what cannot be had is told as a Missing, never as a value, and no error of
// this package carries what was read.
//
// References are what model.SecretRef carries: "env:NAME", "file:path",
// "age:{...}" (AgeSource) or "exec:[...]" (ExecRef). A new source is one more
// case of fetch.
//
// A secret that was sent is remembered as a keyed fingerprint alone
// (Fingerprinter), which tells equal from different and nothing else.
package secret
