// Package web shows a running watch or serve to a browser, to Prometheus and to
// programs. It decides nothing, and what it holds can be made again from what it
// is given: each Target hands out the newest reconcile.Status, which never
// changes once it is handed out. Where targets are many these are brief, the whole
// is fetched for the targets that somebody looks at, and Fleet tells of the rest.
//
//	Status --view--> rows, plan, runs --html/template--> pages
//	                                  --JSON-----------> /api/v1/status
//	                                  --what changed---> /events
//
// Of values it shows only documents of package report, so no secret can get in.
// Names and messages come from files and servers: html/template escapes them for
// where they stand, and report.Clean takes out what would turn or hide a text.
//
// It must not know flags, files or the server of the user pool. Nothing it
// answers changes anything, but for the hook, which only wakes the watch.
package web
