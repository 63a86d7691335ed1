// Package remote is the client of the vendor's management API.
//
// It knows routes, tokens, both answer envelopes, server ids, paging and
// retries. It must not know YAML, plans or the terminal: wire names and server
// ids stop here. Outside, a resource is a model.Key whose name is the
// configuration's handle, so one configuration fits every user pool.
//
// The path of one request:
//
//	Client (what is read, what is written, what was remembered)
//	  -> generation (which route, which body, whose names; V3 or V2)
//	    -> wire (token, headers, judging an answer)
//	      -> retryablehttp (the only retry loop, with a policy of our own)
//	        -> gate (rate, time limit, 8 MiB, log line)
//
// Decisions that everything here follows:
//
//   - An answer is good only if the HTTP status, the status in the body and,
//     for a write, data.success agree (contract 3.1, 8 Q1).
//   - A write is repeated only when the server surely did nothing. If its fate
//     is not known it is settled by reading, never by hope.
//   - Secrets become model.Secret while an answer is decoded, and are unwrapped
//     only while a body is encoded. No body and no header is ever logged.
//   - A handle means the id it was created with last. An object that this client
//     deleted is meant by no reference any more, whatever a read still shows.
//   - What an update of a connection does to the secrets it leaves out is looked
//     at once a run, before another such update may start (fields_meaning.go).
//   - Trees handed out share their memory with the cache: nobody may write to them.
//
// Not promised: State shows what was read. After a write it may be old until
// Reread is called.
package remote
