-- What serve knows of a fleet. A change of a target takes the next number, so
-- that replicas ask for what is new.
create sequence idpsync_change;

-- One row a source, and one with the empty name for the fleet file. version is
-- the commit or the digest that is in force, since then; picked names the targets
-- that were made of it; trusted: the servers that its targets name are known.
create table idpsync_source (
	name    text primary key,
	version text not null default '',
	since   timestamptz not null default clock_timestamp(),
	error   text not null default '',
	hint    text not null default '',
	checked timestamptz,
	git     boolean not null default false,
	next_at timestamptz not null default clock_timestamp(),
	picked  text not null default '',
	trusted boolean not null default false
);

-- Where a source may lead: "server:S" that one of its targets named when it began,
-- "target:T" where one led at its first pass. For all sources, with an empty name:
-- "key:V", the host that a variable belongs to. It outlives targets and sources.
create table idpsync_trust (
	source text not null,
	what   text not null,
	place  text not null,
	primary key (source, what)
);

-- Which versions were in force: a replica that still has one of them is late.
create table idpsync_version (
	source  text not null references idpsync_source on delete cascade,
	version text not null,
	at      timestamptz not null default clock_timestamp(),
	primary key (source, version)
);

-- holds is JSON: the version that the replica has of each source.
create table idpsync_replica (
	id      text primary key,
	host    text not null,
	pid     integer not null,
	version text not null,
	started timestamptz not null default clock_timestamp(),
	beat    timestamptz not null default clock_timestamp(),
	holds   json not null default '{}'
);

-- One row a target. wanted counts the changes that ask for a pass, done those
-- that one has seen. token is of the pass that began last: an older one stores
-- nothing. next_at is when it is due. state is what becomes of the next pass:
-- '' waiting running retrying dead. pool is the user pool that it may change; there
-- is one such target a pool. brief and whole are the status, kept what the next pass goes on from.
create table idpsync_target (
	name     text primary key,
	source   text not null references idpsync_source on delete cascade,
	wanted   bigint not null default 1,
	done     bigint not null default 0,
	token    bigint not null default 0,
	next_at  timestamptz not null default clock_timestamp(),
	state    text not null default '',
	since    timestamptz not null default clock_timestamp(),
	failures integer not null default 0,
	reason   text not null default '',
	pool     text not null default '',
	replica  text not null default '',
	brief    bytea,
	whole    bytea,
	kept     bytea,
	seq      bigint not null default nextval('idpsync_change')
);
alter table idpsync_target alter column whole set storage external;
create index idpsync_target_due on idpsync_target (next_at);
create index idpsync_target_seq on idpsync_target (seq);
create unique index idpsync_target_pool on idpsync_target (pool) where pool <> '';
create index idpsync_target_source on idpsync_target (source);
