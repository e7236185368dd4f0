-- Archives of other systems that are converted here.
create table imports (
  -- Of the recording as well that becomes of it, and of the archive in it.
  id uuid primary key,
  owner_id uuid not null references users (id) on delete cascade,
  -- Of the file, as its sender calls it.
  name text not null,
  size bigint not null check (size > 0),
  -- Bytes that are on the disk.
  received bigint not null default 0 check (received between 0 and size),
  fingerprint text not null default '',
  -- Upload-Metadata as it came, by key.
  metadata jsonb not null default '{}',
  -- It becomes a recording without being asked for.
  keeps_at_once boolean not null,
  state text not null default 'receiving'
    check (state in ('receiving', 'converting', 'converted', 'keeping', 'kept', 'failed')),
  job_id uuid references jobs (id) on delete set null,
  problem text,
  created_at timestamptz not null default now(),
  -- When something came last, or was done to it.
  touched_at timestamptz not null default now()
);
create index imports_owner on imports (owner_id, id);
create index imports_state on imports (state, touched_at);
