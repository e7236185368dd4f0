-- Jobs: work of many tasks that goes on behind, in whichever process of the server takes it
-- (docs/decisions/0018-jobs-on-the-server.md).
create table jobs (
  id uuid primary key,
  owner_id uuid not null references users (id) on delete cascade,
  -- Names who can run it.
  kind text not null,
  title text not null,
  -- JSON: what was asked for, as that kind reads it.
  request text not null,
  priority smallint not null default 0,
  state text not null default 'waiting'
    check (state in ('waiting', 'running', 'done', 'critical', 'failed', 'cancelled')),
  cancelling boolean not null default false,
  -- Its one writer: whoever has the highest epoch, until the lease runs out by this database's clock.
  epoch bigint not null default 0,
  runner text,
  leased_until timestamptz,
  -- Since it last got on.
  starts integer not null default 0,
  -- Of the files between its tasks, on the machine that has it.
  folder text,
  -- Of the journal.
  batches integer not null default 0,
  bytes bigint not null default 0,
  -- How far it is, for those who watch: written now and then.
  standing jsonb not null default '{}',
  problem text,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  ended_at timestamptz,
  check ((ended_at is null) = (state in ('waiting', 'running')))
);
create index jobs_owner on jobs (owner_id, id);
create index jobs_open on jobs (priority desc, id) where ended_at is null;
create index jobs_ended on jobs (ended_at) where ended_at is not null;

-- What was appended at once is a row: it is there as a whole or not at all.
create table job_entries (
  job_id uuid not null references jobs (id) on delete cascade,
  number integer not null check (number > 0),
  -- JSON, as text: jsonb takes neither U+0000 nor half of a surrogate pair.
  entries text not null,
  primary key (job_id, number)
);
