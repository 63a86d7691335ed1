// Package serve tries idpsync serve as a company would meet it: several
// processes, hundreds of user pools behind the vendor's API, one real PostgreSQL,
// and all of them failing in turn.
//
//	torture_test.go    replicas are killed, stopped and cut off; nothing is done twice
//	scale_test.go      how many targets a replica looks after, and at what price
//	upgrade_test.go    a database of an earlier version is carried forward
//	bad_input_test.go  what the start refuses, and what must not stop the others
//	demo_test.go       examples/serve-demo tells its story
//
// The rest is the world: machine_test.go has the processes, pool_test.go the user
// pools with a record of who changed what, database_test.go the database and the
// lines to it. The module is nested, so that its proxy reaches nobody's build. It
// needs PostgreSQL 15 or newer, or TEST_DATABASE_URL (then the database is never
// restarted). IDPSYNC_TORTURE=1 makes the runs long.
package serve
