-- One row a user pool. The epoch only ever grows; a write that names an older
-- one is refused. The holder is null while nobody holds the lock; backend is
-- the session that holds it, seen when it was last heard of.
create table idpsync_pool (
	id      text primary key,
	epoch   bigint not null default 0,
	holder  json,
	backend integer,
	seen    timestamptz
);

-- json and not jsonb: a number stays as it was written.
create table idpsync_object (
	pool text not null references idpsync_pool,
	key  text not null,
	body json not null,
	primary key (pool, key)
);

create table idpsync_plan (
	pool   text not null references idpsync_pool,
	digest text not null,
	run    text not null,
	primary key (pool, digest)
);

-- Without a reference to the pool: traits are learnt without its lock.
create table idpsync_trait (
	pool  text not null,
	name  text not null,
	value text not null,
	at    timestamptz not null,
	primary key (pool, name)
);

create table idpsync_run (
	pool     text not null references idpsync_pool,
	id       text not null,
	epoch    bigint not null,
	seq      bigint generated always as identity,
	head     json not null,
	summary  json,
	settled  json,
	finished boolean not null default false,
	primary key (pool, id)
);
create index idpsync_run_order on idpsync_run (pool, epoch, seq);
create index idpsync_run_unfinished on idpsync_run (pool, epoch, seq) where not finished;

-- intent is written before the request is sent, outcome after its answer.
create table idpsync_step (
	pool    text not null,
	run     text not null,
	n       integer not null,
	intent  json not null,
	outcome json,
	primary key (pool, run, n),
	foreign key (pool, run) references idpsync_run
);

create table idpsync_override (
	pool   text not null,
	run    text not null,
	seq    bigint generated always as identity primary key,
	guard  text not null,
	reason text not null,
	foreign key (pool, run) references idpsync_run
);
create index idpsync_override_run on idpsync_override (pool, run);
