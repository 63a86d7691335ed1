// Package fleet keeps many targets in line with many replicas on one PostgreSQL.
// The truth about what is to be done, and what came of it, is in the database;
// River runs the passes as jobs and elects the leader that plans them. A pass is
// one of reconcile's loop, seeded with what the last one knew. It knows no flags,
// no HTTP and no terminal; what it needs of the world stands in Options.
//
//	clock   the leader's River has a job each second: targets whose time has come
//	        get a pass, unless they have one; passes of silent replicas are freed
//	source  one job a repository asks its host for the newest commit; every replica
//	        watches the folders of its own machine. A version that is in force is in
//	        the database, and only replicas that have it work on its targets
//	pass    looks at one target, compares, carries out; its status, its next time
//	        and the end of its job are one transaction
//	view    each replica reads once a second what changed, for the page
//
// Two passes of one target at once do no harm: the ledger's lock lets one of them
// write, its epoch keeps a late one from writing, and the token of a row lets only
// the one that began last store its status. So nothing here needs to be exact:
// whatever is lost is found by the next tick of the clock.
package fleet
