// Package internal holds the parts of idpsync; it has no code of its own. This
// is the map of the house: what may import what, and why the walls stand. The
// test beside it, arch_test.go, holds the same map as data and fails with the
// sentence that explains the wall.
//
// Data runs one way. Two states meet in plan; one value leaves it; apply
// carries it out.
//
//	files --config--> model.State (desired) --+
//	         |asks schema                     +--> plan.New --> plan.Plan --> apply.Run --> remote.Client --> API
//	API  --remote-->  model.State (actual)  --+
//
// A package imports only from floors below its own; every allowed arrow is in
// the table.
//
//	floor  package             imports (ours)                                   library it alone may use
//	6      cmd/idpsync         cli
//	6      cmd/gendocs         cli schema model schemas                         cobra/doc (writes docs/reference, docs/cli, man)
//	6      packaging/sbom                                                          (reads a finished program)
//	5      internal/cli        any below                                        cobra, mpb, x/term
//	4      internal/web        reconcile report diagnostic model                prometheus/client_golang
//	4      internal/fleet      reconcile ledger config diagnostic               riverqueue/river (jackc's pgx with ledger)
//	3      internal/reconcile  config rules plan apply ledger secret diagnostic model
//	3      internal/report     rules plan apply diagnostic model                color, go-runewidth
//	2      internal/config     schema secret diagnostic model                   yaml.v3, goccy/go-yaml
//	2      internal/rules      plan diagnostic model
//	2      internal/apply      plan model
//	1      internal/plan       model                                            go-cmp (anyone in tests)
//	1      internal/schema     schemas model                                    jsonschema/v5
//	1      internal/remote     model                                            go-retryablehttp, x/time/rate
//	1      internal/secret     model                                            filippo.io/age
//	1      internal/ledger     model                                            gofrs/flock, jackc's pgx (pgconn) and puddle
//	1      internal/ledger/ledgertest  -                                        (a PostgreSQL for tests, no part of the program)
//	1      internal/sandbox    schemas
//	1      internal/notify     model
//	0      internal/source     -                                                (git, by its program)
//	0      internal/otlp       -                                                otel/sdk (and otel/contrib's otelhttp in remote and cli)
//	0      internal/model, internal/diagnostic, schemas, internal/watch         (watch: fsnotify)
//
// natefinch/atomic (files that appear whole or not at all) is for sandbox,
// ledger, config and cli.
//
// Kinds are known by name only in model/kind.go, config, schema, rules, remote,
// sandbox and schemas. plan, apply, report and reconcile are blind to most of
// what a kind is: a new connection type touches nothing but schemas.
package internal
